from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings.gin_overlay import read_gin


def test_a_later_gin_file_is_stronger_parameters_are_strongest_and_none_leaves_traces(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "a.gin", tmp_path / "b.gin"
    first.write_text("model.width = 32\nmodel.num_heads = 2\ntrain.seed = 9\n")
    second.write_text("model.width = 64\nmodel.num_heads = 4\n")
    assert read_gin([first, second], ["model.num_heads=8"]) == {
        "model.width": 64,
        "model.num_heads": 8,
        "train.seed": 9,
    }
    assert read_gin([], ["train.steps=3"]) == {"train.steps": 3}
    assert read_gin([], []) == {}


def test_macros_containers_and_whole_numbers(tmp_path: Path) -> None:
    file = tmp_path / "macro.gin"
    file.write_text("WIDTH = 96\nmodel.width = %WIDTH\n")
    found = read_gin([file], ["data.rates={'mini_ende': 2}", "model.dropout=0"])
    assert found == {"model.width": 96, "data.rates": {"mini_ende": 2.0}, "model.dropout": 0.0}
    assert isinstance(found["model.dropout"], float)


def test_the_overlay_beside_the_sets_is_found_by_its_name() -> None:
    assert read_gin(["multimodel_laptop.gin"], [])["data.max_pieces"] == 64


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("model.widht=1", "Did you mean 'width'"),
        ("modle.width=1", "Did you mean 'model'"),
        ("model.width='64'", "model.width has the wrong type. Expected: int"),
        ("model.width=64.0", "Expected: int"),
        ("model.dropout=True", "Expected: float"),
        ("data.rates={'a': 'b'}", "Expected: a mapping from str to float"),
        ("scope/model.width=64", "without a scope"),
        ("model.width==", "cannot be read"),
        ("model.width=@train()", "model.width has the wrong type"),
    ],
)
def test_a_bad_gin_binding_is_an_error(binding: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_gin([], [binding])
    assert message in str(caught.value)


def test_a_missing_gin_file_is_an_error() -> None:
    with pytest.raises(UserError, match=r"gin_file='nowhere\.gin'"):
        read_gin(["nowhere.gin"], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os\n", "imports no modules.*import='os', in='.*bad.gin'"),
        ("include 'nowhere.gin'\n", "nowhere.gin.*gin_file='.*bad.gin'"),
        ("model.width = (\n", "gin_file='.*bad.gin'"),
        ("include 'bad.gin'\n", "gin_file='.*bad.gin'"),
    ],
)
def test_a_bad_gin_file_is_named(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.gin").write_text(text)
    with pytest.raises(UserError, match=message):
        read_gin([tmp_path / "bad.gin"], [])
