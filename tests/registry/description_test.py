"""What is registered, told from Python."""

import json

import pytest

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.problems import BUILTIN
from t2t_mm.registry.description import list_registered_names


@pytest.mark.parametrize("name", BUILTIN)
def test_every_problem_describes_itself(name: str) -> None:
    facts = t2t_mm.describe(name)
    assert facts["doc"]
    assert facts["command"]
    json.dumps(facts)


def test_a_group_lists_its_problems() -> None:
    facts = t2t_mm.describe("mini_text")
    assert facts["problems"] == ["mini_ende", "mini_deen", "mini_enfr", "mini_fren"]
    assert facts["doc"]


def test_a_setting_is_explained_with_its_default() -> None:
    facts = t2t_mm.describe("data.eval_batch_tokens")
    assert (facts["kind"], facts["default"]) == ("setting", 4096)
    assert "evaluation" in facts["doc"]
    with pytest.raises(UserError, match=r"Did you mean 'model\.width'"):
        t2t_mm.describe("model.widht")


def test_names_are_by_kind() -> None:
    names = list_registered_names()
    assert "wmt_ende" in names["problem"] and "mini_text" in names["group"]
    assert "multimodel_paper" in names["hparams"] and "language" in names["modality"]


def test_an_unknown_name_answers_with_the_closest() -> None:
    with pytest.raises(UserError, match="Did you mean 'wmt_ende'"):
        t2t_mm.describe("wmt_edne")
