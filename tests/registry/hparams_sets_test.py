from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.registry.hparams_sets import check_changed_names


def test_authority_set_then_file_then_parameter_then_override(tmp_path: Path) -> None:
    file = tmp_path / "mine.gin"
    file.write_text("model.width = 96\nmodel.num_heads = 4\ntrain.steps = 5\ntrain.seed = 9\n")
    hparams = load_hparams(
        "multimodel_tiny",
        gin_files=[file],
        gin_params=["model.num_heads=2", "train.steps=6"],
        overrides="train.steps=7",
    )
    assert hparams.experts.expert_width == 512  # the set
    assert hparams.model.width == 96  # the file
    assert hparams.model.num_heads == 2  # the parameter
    assert hparams.train.steps == 7  # the override
    assert hparams.train.seed == 9


def test_the_settings_of_a_run_are_a_base_as_a_set_is() -> None:
    base = load_hparams("multimodel_tiny", overrides="model.width=96")
    assert load_hparams(base, overrides="steps=7").model.width == 96


def test_what_a_flag_sets_is_strongest() -> None:
    hparams = load_hparams("multimodel_tiny", overrides="steps=7", fields={"train.steps": 8})
    assert hparams.train.steps == 8


@pytest.mark.parametrize("way", ["gin_params", "overrides"])
def test_ranges_are_checked_whichever_way_a_value_comes(way: str) -> None:
    given = {"gin_params": ["model.dropout=1.5"], "overrides": "model.dropout=1.5"}[way]
    message = r"model\.dropout is out of range. Expected: at least 0 and below 1"
    with pytest.raises(UserError, match=message):
        load_hparams("multimodel_tiny", **{way: given})  # type: ignore[arg-type]


def test_an_unknown_set_names_the_closest() -> None:
    with pytest.raises(UserError, match="Did you mean 'multimodel_tiny'"):
        load_hparams("multimodel_tyni")


def test_a_set_that_returns_something_else_is_an_error() -> None:
    registry.register_hparams("wrong_set")(lambda: {"width": 8})  # type: ignore[arg-type,return-value]
    with pytest.raises(UserError, match="'wrong_set' does not return an HParams"):
        registry.hparams("wrong_set")


PAIRS = ["text2text_files/deu-eng", "tree_files/bank"]


@pytest.mark.parametrize("field", ["data.batches", "data.rates", "mixture.loss_weights"])
def test_the_command_names_only_problems_that_are_trained(field: str) -> None:
    value = "{text2text_files/deu-eng: 512, tree_files/bank: 512}"
    for given in ({"overrides": f"{field}={value}"}, {"overrides": f"{field}={{}}"}):
        assert load_hparams("multimodel_tiny", problems=PAIRS, **given)
    said = "'text2text_files/deu-engg', which is none of.*Did you mean 'text2text_files/deu-eng'"
    misspelt = "{'text2text_files/deu-engg': 512}"
    for given in ({"overrides": f"{field}={misspelt}"}, {"gin_params": [f"{field} = {misspelt}"]}):
        with pytest.raises(UserError, match=f"{field} names {said}"):
            load_hparams("multimodel_tiny", problems=PAIRS, **given)
        assert load_hparams("multimodel_tiny", **given)  # it is not known yet what is trained


@pytest.mark.parametrize(
    "overrides",
    ["data.rates={texts:{mini_endee:1},mini_ende:2}", "schedules={mini_endee:{step:{0:1}}}"],
)
def test_a_problem_within_a_group_or_a_schedule_is_known_too(overrides: str) -> None:
    with pytest.raises(UserError, match=r"names 'mini_endee', which is none.*Did you mean 'mini_e"):
        load_hparams("multimodel_tiny", overrides=overrides, problems=["mini_ende"])


def test_sets_and_files_may_know_more_problems_than_are_trained() -> None:
    assert load_hparams("multimodel_demo", problems=["mini_ende"]).data.batches
    assert load_hparams("multimodel_tiny", gin_files=["eight_corpora.gin"], problems=PAIRS)


def test_what_a_run_has_named_before_is_not_judged_again() -> None:
    before = load_hparams("multimodel_tiny", overrides="data.shares={mini_deen: 0.5}")
    check_changed_names(before, before, ["mini_ende"])
    changed = load_hparams(before, overrides="data.batches={mini_edne: 9}")
    with pytest.raises(UserError, match=r"data\.batches names 'mini_edne'.*'mini_ende'"):
        check_changed_names(changed, before, ["mini_ende"])
