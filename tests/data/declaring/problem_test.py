import gzip
from pathlib import Path
from typing import ClassVar

import pytest

from t2t_mm import Categorical, Image, Language, Problem, UserError, registry


@registry.register_problem("forward_for_tests")
class Forward(Problem):
    modalities = {"inputs": Language("a"), "targets": Language("b")}  # noqa: RUF012
    command = "to_b"
    reverse_command = "to_a"


@registry.register_problem("backward_for_tests")
class Backward(Forward):
    reverse_of = "forward_for_tests"


def test_the_default_name_is_the_class_in_snake_case() -> None:
    class ReverseWords(Problem):
        pass

    assert ReverseWords().name == "reverse_words"


def test_classes_are_scored_as_classes_unless_the_problem_says_otherwise() -> None:
    class Shapes(Problem):
        modalities: ClassVar = {"inputs": Image(8, 8), "targets": Categorical(num_classes=3)}

    class Words(Shapes):
        modalities: ClassVar = {"inputs": Image(8, 8), "targets": Language()}
        metrics = ("wer",)

    class Named(Problem):
        modalities: ClassVar = {"inputs": Language(), "targets": Categorical(num_classes=3)}
        metrics = ("bleu",)

    class Captions(Shapes):
        modalities: ClassVar = {"inputs": Image(8, 8), "targets": Language()}

    class ShapesAgain(Captions):
        modalities: ClassVar = {"inputs": Image(8, 8), "targets": Categorical(num_classes=3)}

    shown = [Shapes.metrics, Words.metrics, Named.metrics, Problem.metrics]
    assert shown == [("top_k",), ("wer",), ("bleu",), ("bleu", "chrf")]
    assert (Captions.metrics, ShapesAgain.metrics) == (("bleu", "chrf"), ("top_k",))


def test_a_problem_says_what_it_is() -> None:
    assert repr(registry.problem("mini_image")) == "<MiniImage mini_image: image to categorical>"
    assert repr(registry.problem("forward_for_tests_rev")).endswith("_rev: language to language>")


def test_a_problem_as_written_reads_its_own_data() -> None:
    problem = registry.problem("forward_for_tests")
    assert (problem.data_name, problem.exchanged) == ("forward_for_tests", False)
    assert problem.features == {"inputs": Language("a"), "targets": Language("b")}
    assert problem.command_name == "to_b"


@pytest.mark.parametrize("name", ["backward_for_tests", "forward_for_tests_rev"])
def test_a_reversed_problem_exchanges_the_features_of_its_base(name: str) -> None:
    problem = registry.problem(name)
    assert (problem.data_name, problem.exchanged) == ("forward_for_tests", True)
    assert problem.features == {"inputs": Language("b"), "targets": Language("a")}
    assert problem.stored_name("inputs") == "targets"
    assert problem.command_name == "to_a"


def test_reversed_twice_is_the_problem_itself() -> None:
    problem = registry.problem("backward_for_tests_rev")
    assert not problem.exchanged
    assert problem.features == {"inputs": Language("a"), "targets": Language("b")}
    assert problem.command_name == "to_b"


def test_a_problem_without_a_command_has_its_name() -> None:
    class Plain(Problem):
        pass

    assert Plain().command_name == "plain"


def test_a_raw_file_is_found_plain_or_compressed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"x"))
    problem = Problem(tmp_dir=tmp_path)
    assert problem.raw_file("a.txt") == tmp_path / "a.txt"
    assert problem.raw_file("b.txt") == tmp_path / "b.txt.gz"
    assert problem.raw_files_read == [tmp_path / "a.txt", tmp_path / "b.txt.gz"]


def test_a_missing_raw_file_names_path_and_flag(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.txt.*--tmp_dir="):
        Problem(tmp_dir=tmp_path).raw_file("train.txt")
    with pytest.raises(UserError, match="--tmp_dir"):
        Problem().raw_file("train.txt")


def test_a_checklist_says_whether_all_or_one_of_the_paths_is_needed(tmp_path: Path) -> None:
    class Fetched(Problem):
        licence = "free"

    problem = Fetched(tmp_dir=tmp_path)
    assert str(problem.missing(all_of=["a", Path("b")], one_of=["c", "d"])).splitlines() == [
        "The raw data of problem fetched is not there. Checklist:",
        "  [ ] licence: free",
        "  [ ] expected: all of",
        "        a",
        "        b",
        "  [ ] expected: one of",
        "        c",
        "        d",
        f"  Received: --tmp_dir={tmp_path}.",
    ]
    assert "  [ ] expected: a\n" in str(problem.missing(all_of=["a"]))


def test_text_is_opened_by_path_or_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress("été\r\nb".encode()))
    for path in (tmp_path / "a.txt.gz", f"{tmp_path}/a.txt.gz"):
        assert list(Problem().open_text(path)) == ["été", "b"]


def test_parts_are_the_whole_split_unless_a_subclass_says_otherwise() -> None:
    class Counting(Problem):
        def generate(self, split: str) -> list[dict[str, str]]:
            return [{"inputs": split}]

    assert Counting().num_parts("train") == 1
    assert list(Counting().generate_part("test", 0)) == [{"inputs": "test"}]
