"""What had another name in 0.1.0 is still understood wherever a name is read."""

import json
import tarfile
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.hparams_json import from_json, to_json
from t2t_mm.settings.overrides import parse_overrides, resolve_field_name
from t2t_mm.settings.renamed_fields import RENAMED_FIELDS
from t2t_mm.settings.sections import FIELD_TYPES

RUN = Path(__file__).parents[1] / "fixtures" / "run_of_0_1_0.tar.xz"


def test_old_names_are_free_and_new_ones_exist() -> None:
    assert set(RENAMED_FIELDS.values()) <= set(FIELD_TYPES)
    assert not set(FIELD_TYPES) & set(RENAMED_FIELDS)


@pytest.mark.parametrize("old", RENAMED_FIELDS)
def test_a_name_is_resolved_old_new_and_alone(old: str) -> None:
    new = RENAMED_FIELDS[old]
    for name in (old, new, old.partition(".")[2], new.partition(".")[2]):
        assert resolve_field_name(name) == new


def test_overrides_and_flags() -> None:
    text = "model.num_experts=8,model.gate=problem,model.width=64"
    assert parse_overrides(text) == {
        "experts.num_experts": 8,
        "experts.gate": "problem",
        "model.width": 64,
    }
    hparams = load_hparams("multimodel_tiny", fields={"model.expert_width": 32})
    assert hparams.experts.expert_width == 32


def test_a_value_is_checked_by_the_new_name() -> None:
    with pytest.raises(UserError, match=r"experts\.num_experts has the wrong type"):
        parse_overrides("model.num_experts=many")
    with pytest.raises(UserError, match=r"experts\.capacity_factor is out of range"):
        load_hparams("multimodel_tiny", gin_params=["model.capacity_factor=0"])


def test_gin_files_and_parameters(tmp_path: Path) -> None:
    file = tmp_path / "old.gin"
    file.write_text("model.num_experts = 8\nmodel.width = 64\nmodel.balancing = 'bias'\n")
    hparams = load_hparams("multimodel_tiny", gin_files=[file], gin_params=["model.num_experts=6"])
    assert (hparams.model.width, hparams.experts.num_experts) == (64, 6)
    assert hparams.experts.balancing == "bias"
    stronger = load_hparams("multimodel_tiny", gin_files=[file], overrides="experts.num_experts=4")
    assert stronger.experts.num_experts == 4


@pytest.mark.parametrize("names", [("model", "experts"), ("experts", "model")])
def test_old_and_new_name_of_one_field_are_twice_the_same(names: tuple[str, str]) -> None:
    one, other = (f"{name}.num_experts=8" for name in names)
    with pytest.raises(UserError, match=r"experts\.num_experts is given twice in --hparams"):
        parse_overrides(f"{one},{other}")
    with pytest.raises(UserError, match=r"experts\.num_experts is given twice in the gin settings"):
        load_hparams("multimodel_tiny", gin_params=[one, other])
    with pytest.raises(UserError, match=r"experts\.num_experts is given twice in the settings"):
        from_json(json.dumps({name: {"num_experts": 8} for name in names}))


def test_settings_of_a_run_of_0_1_0_are_read() -> None:
    with tarfile.open(RUN) as archive:
        file = archive.extractfile("run/hparams.json")
        assert file is not None
        text = file.read().decode("utf-8")
    old, hparams = json.loads(text), from_json(text)
    assert len(old["model"]) == 24 and "experts" not in old
    now = {**vars(hparams.model), **vars(hparams.experts)}
    assert {name: now[name] for name in old["model"]} == old["model"]
    assert from_json(to_json(hparams)) == hparams
    renamed = {"max_pieces": "max_length", "vocab_size": "vocabulary_size"}
    renamed |= {"vocab_bytes": "vocabulary_bytes"}
    old["data"] |= {new: old["data"].pop(name) for new, name in renamed.items()}
    old["data"] |= {"max_seconds": 30.0}
    old["decode"] = vars(DecodeHParams()) | old["decode"]
    for section in set(old) - {"model"}:
        written = json.loads(to_json(hparams))[section]
        assert {name: written[name] for name in old[section]} == old[section]
