"""What problems of files and their classes share; image_folder has more of it."""

from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical

KINDS = {"image_folder": ".png", "audio_folder": ".wav", "text_classification": ".txt"}


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a text")
    return root


def count(problem: Problem) -> dict[str, int]:
    return {split: len(list(problem.generate(split))) for split in problem.splits}


@pytest.mark.parametrize("name", KINDS)
def test_class_folders_are_read_and_a_tenth_is_held_out(name: str, tmp_path: Path) -> None:
    names = [f"pets/{label}/{n}{KINDS[name]}" for label in ("cat", "dog") for n in range(10)]
    problem: Problem = registry.problem(f"{name}/pets", tmp_dir=make(tmp_path, *names))
    assert count(problem) == {"train": 16, "validation": 2, "test": 2}
    assert problem.held_out_splits == ["validation", "test"]
    assert problem.class_names("targets") == ["cat", "dog"]
    assert problem.features["targets"] == Categorical(vocabulary=f"{name}_pets_classes")
    assert problem.metrics == ("top_k",)


@pytest.mark.parametrize("name", KINDS)
def test_folders_named_as_splits_are_the_splits(name: str, tmp_path: Path) -> None:
    names = [f"{split}/{label}/1{KINDS[name]}" for split in ("train", "dev") for label in "ab"]
    problem: Problem = registry.problem(name, tmp_dir=make(tmp_path, *names))
    assert count(problem) == {"train": 2, "validation": 2}
    assert not problem.held_out_splits


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("image_folder", "pictures of one class only"),
        ("audio_folder", "sounds of one class only"),
        ("text_classification", "texts of one class only"),
    ],
)
def test_one_class_is_an_error_that_names_the_kind(name: str, said: str, tmp_path: Path) -> None:
    problem: Problem = registry.problem(name, tmp_dir=make(tmp_path, f"a/1{KINDS[name]}"))
    with pytest.raises(UserError, match=said):
        next(iter(problem.generate("train")))
