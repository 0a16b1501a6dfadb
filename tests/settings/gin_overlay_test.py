from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gin
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


@pytest.fixture
def of_a_caller() -> Iterator[Any]:
    """A caller's own function that is named as one of our sections, known to gin and bound."""

    def train(steps: int = 0) -> int:
        return steps

    bound = gin.external_configurable(train, name="train", module="own")
    gin.parse_config("train.steps = 7\nOWN = 3\n")
    yield bound
    gin.clear_config()
    gin.config._REGISTRY.pop("own.train")


@pytest.mark.parametrize("is_locked", [False, True])
def test_what_a_caller_has_told_gin_stays_and_counts_for_nothing_here(
    is_locked: bool, of_a_caller: Any
) -> None:
    if is_locked:
        gin.finalize()
    assert read_gin([], ["train.steps=5"]) == {"train.steps": 5}
    with pytest.raises(UserError, match="OWN"):
        read_gin([], ["train.steps=%OWN"])
    assert gin.config_is_locked() is is_locked
    assert gin.query_parameter("train.steps") == of_a_caller() == 7
    with gin.unlock_config():
        gin.parse_config("train.steps = 8")  # still the name of one thing
    assert of_a_caller() == 8


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
