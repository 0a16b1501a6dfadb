"""What replaces data and vocabularies comes whole or not at all, whatever happens meanwhile."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from file_hashes import hash_files

from t2t_mm import Categorical, Language, Problem, UserError, registry
from t2t_mm.data.generation import overwriting
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.overwriting import finish_overwriting, replace_together
from t2t_mm.data.records.stored import open_data
from t2t_mm.data.vocabulary.labels import load_labels
from t2t_mm.files.disk import claim_folder

NAMES = ("first_for_tests", "second_for_tests")


@registry.register_problem("first_for_tests")
class First(Problem):
    """Words and their classes, and what happens when the last one has been read."""

    modalities: ClassVar = {
        "inputs": Language("words"),
        "targets": Categorical(vocabulary="kinds"),
    }
    splits = ("train",)
    names: ClassVar[Sequence[str]] = ("noun", "verb")
    at_the_end: ClassVar[Callable[[], None]] = lambda: None

    def class_names(self, feature: str) -> Sequence[str]:
        return self.names

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        for number in range(50):
            yield {"inputs": f"{len(self.names)} go {number * 7}", "targets": self.names[-1]}
        type(self).at_the_end()


@registry.register_problem("second_for_tests")
class Second(First):
    """The same again, with the same classes and the same vocabulary."""


def generate(data_dir: Path, names: Sequence[str] = NAMES, **changes: Any) -> None:
    options = GenerationOptions(vocab_size=280, progress=False, **changes)
    generate_data(names, data_dir=data_dir, options=options)


def check_readable(data_dir: Path, names: Sequence[str]) -> None:
    for name in NAMES:
        info = open_data(registry.problem(name), data_dir)
        assert info.vocabularies["targets"].size == len(names)
    assert load_labels(data_dir, "kinds").names == names


def fail() -> None:
    raise UserError("The raw data ends here")


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", ["overwrite", "overwrite_vocab"])
@pytest.mark.parametrize("stop", [fail, interrupt])
def test_a_failed_overwrite_leaves_data_classes_and_vocabularies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, stop: Callable[[], None]
) -> None:
    generate(tmp_path)
    before = hash_files(tmp_path)
    monkeypatch.setattr(First, "names", ("noun", "verb", "adverb"))
    monkeypatch.setattr(Second, "at_the_end", stop)
    with pytest.raises((UserError, KeyboardInterrupt)):
        generate(tmp_path, **{how: True})
    assert hash_files(tmp_path) == before
    monkeypatch.undo()
    check_readable(tmp_path, ("noun", "verb"))


def test_old_data_can_be_read_until_all_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path)
    before, seen = hash_files(tmp_path), []

    def look() -> None:
        there = hash_files(tmp_path)
        seen.append(all(there.get(path) == digest for path, digest in before.items()))

    monkeypatch.setattr(First, "names", ("noun", "verb", "adverb"))
    monkeypatch.setattr(Second, "at_the_end", look)
    generate(tmp_path, overwrite_vocab=True)
    assert seen and all(seen)
    check_readable(tmp_path, ("noun", "verb", "adverb"))
    assert hash_files(tmp_path).keys() == before.keys()


def test_each_problem_whose_vocabularies_stay_is_replaced_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path, max_cases=5)
    monkeypatch.setattr(Second, "at_the_end", fail)
    with pytest.raises(UserError, match="ends here"):
        generate(tmp_path, overwrite=True)
    counts = [sum(open_data(registry.problem(name), tmp_path).sizes.values()) for name in NAMES]
    assert counts == [50, 5]


def test_new_vocabularies_alone_make_data_stale(tmp_path: Path) -> None:
    generate(tmp_path, max_cases=5)
    generate(tmp_path, overwrite_vocab=True, vocab_only=True)
    with pytest.raises(UserError, match="is stale: its vocabulary changed"):
        open_data(registry.problem("first_for_tests"), tmp_path)


def test_what_a_kill_leaves_whole_is_moved_in_and_the_rest_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path)
    before = hash_files(tmp_path)
    monkeypatch.setattr(First, "names", ("noun", "verb", "adverb"))
    with monkeypatch.context() as killed:
        killed.setattr(overwriting, "copy_vocabulary", lambda *_: interrupt())
        with pytest.raises(KeyboardInterrupt):
            generate(tmp_path, overwrite=True)
    half = tmp_path / "overwriting.half"
    (half / "first_for_tests/1.0.0").mkdir(parents=True)
    (half / "first_for_tests/1.0.0/t2t_mm.json").write_text("{}")
    generate(tmp_path)
    check_readable(tmp_path, ("noun", "verb", "adverb"))
    assert hash_files(tmp_path).keys() == before.keys()


def test_what_another_process_makes_is_left_to_it(tmp_path: Path) -> None:
    own = tmp_path / "overwriting.own"
    with claim_folder(own, "new data"):
        (own / "half").touch()
        finish_overwriting(tmp_path)
        assert (own / "half").exists()
    finish_overwriting(tmp_path)
    assert not own.exists()


def test_folders_on_another_file_system_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path)
    before, rename = hash_files(tmp_path), Path.rename

    def rename_in_place(self: Path, to: Path) -> Path:
        if self.is_dir() and self.parent != Path(to).parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", rename_in_place)
    generate(tmp_path, overwrite=True)
    assert hash_files(tmp_path) == before
    check_readable(tmp_path, ("noun", "verb"))


def test_data_behind_a_link_is_replaced_and_what_the_link_points_to_stays(tmp_path: Path) -> None:
    generate(tmp_path)
    folder, elsewhere = tmp_path / "first_for_tests", tmp_path / "elsewhere"
    (folder / "1.0.0").rename(elsewhere)
    for name in ("1.0.0", "incomplete.ABCDEF_1.0.0"):
        (folder / name).symlink_to(elsewhere)
    before = hash_files(elsewhere)
    generate(tmp_path, ["first_for_tests"], overwrite=True)
    assert [path.name for path in folder.iterdir()] == ["1.0.0"]
    assert not (folder / "1.0.0").is_symlink()
    assert hash_files(elsewhere) == before


def test_an_error_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(UserError), replace_together(tmp_path) as new_dir:
        (new_dir / "half").touch()
        fail()
    assert list(tmp_path.iterdir()) == []
