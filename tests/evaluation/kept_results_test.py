"""What evaluations kept is found and read back as it was."""

import math
import os
from pathlib import Path

import pytest
from kept_outputs import TRUE, keep_outputs, make_outputs

from t2t_mm.data.records.shards import hash_file
from t2t_mm.errors import UserError
from t2t_mm.evaluation.decoded_files import keep_results
from t2t_mm.evaluation.kept_results import find_results, list_results
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import METRICS


def test_the_folders_of_a_run_are_listed_by_age_and_told_apart(tmp_path: Path) -> None:
    for age, name in enumerate(["test-20-first8", "validation-5", "test-100", "notes"]):
        keep_outputs(tmp_path / "decoded" / name, {})
        path = tmp_path / "decoded" / name / "results.json"
        os.utime(path, (2_000_000_000 - age, 2_000_000_000 - age))
    found = [(kept.split, kept.limit, kept.step) for kept in list_results(tmp_path)]
    assert found == [("test", 0, 100), ("validation", 0, 5), ("test", 8, 20)]
    (alone,) = list_results(tmp_path / "decoded" / "test-20-first8")
    assert (alone.split, alone.limit) == ("test", 8)
    assert list_results(tmp_path / "nowhere") == []


def test_results_of_first_examples_are_those_of_a_split_that_has_no_more(tmp_path: Path) -> None:
    two = {"small": make_outputs(1, TRUE[:5]), "large": make_outputs(1)}
    keep_outputs(tmp_path / "decoded/test-5", two, is_counted=True)
    for limit, names in ((5, ["small"]), (4, []), (12, ["small", "large"]), (0, [*two])):
        assert list(find_results(tmp_path, "test", limit, 5)) == names
    assert not find_results(tmp_path, "test", 5, 6) and not find_results(tmp_path, "dev", 5, 5)
    keep_outputs(tmp_path / "decoded/test-5-first5", {"large": make_outputs(0, TRUE[:5])})
    kept, result = find_results(tmp_path, "test", 5, 5)["large"]
    assert kept.limit == 5 and result["wer"] == 0.0


def test_a_file_of_scores_in_a_run_hides_no_results(tmp_path: Path) -> None:
    for name in ("run", "run-5"):
        keep_outputs(tmp_path / name / "decoded" / "test-5", {})
        (tmp_path / name / "results.json").write_text("{}")
        (kept,) = list_results(tmp_path / name)
        assert (kept.split, kept.step) == ("test", 5)


def test_an_evaluation_is_found_from_within_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("test-5", "test-9"):
        keep_outputs(tmp_path / "decoded" / name, {})
    monkeypatch.chdir(tmp_path / "decoded" / "test-5")
    steps = [[kept.step for kept in list_results(Path(at))] for at in (".", "../test-9", "../..")]
    assert steps[:2] == [[5], [9]] and sorted(steps[2]) == [5, 9]


def test_a_loss_that_is_not_finite_is_null_in_the_file_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "decoded" / "test-5" / "results.json"
    path.parent.mkdir(parents=True)
    keep_results(path, {"a": {"teacher_forced": {"log_perplexity": math.inf}}}, ["a"])
    assert '"log_perplexity": null' in path.read_text()
    (kept,) = list_results(tmp_path)
    assert math.isnan(kept.read()["a"]["teacher_forced"]["log_perplexity"])


@pytest.mark.parametrize("num_classes", [6, 5])
def test_what_was_decoded_comes_back_and_has_its_scores(tmp_path: Path, num_classes: int) -> None:
    names = ["cat", "dog", "owl", "hen", "fox"]
    decoded = Decoded(
        ["cat", "owl"],
        [["dog"], ["owl", "bird"]],
        rankings=[names, names[::-1]],
        num_classes=num_classes,
        probabilities=[0.5, 0.75],
    )
    run = keep_outputs(tmp_path / "decoded" / "test-5", {"my/pets": decoded}, ("top_k",))
    (kept,) = list_results(run)
    result = kept.read()["my/pets"]
    read = kept.read_outputs("my/pets", result)
    assert (read.hypotheses, read.references) == (decoded.hypotheses, decoded.references)
    assert METRICS["top_k"].count(read).score_all().items() <= result.items()
    assert ("top_5" in result) is (num_classes > 5)


def test_texts_are_read_as_they_were_whatever_ends_a_line(tmp_path: Path) -> None:
    odd = make_outputs(1, ["a\u2028b c", "d\x85e f", "g\r\nh\ti"], source="j\u2029k")
    run = keep_outputs(tmp_path / "decoded" / "test-5", {"copy": odd})
    (kept,) = list_results(run)
    read = kept.read_outputs("copy", {})
    assert (read.hypotheses, read.references) == (odd.hypotheses, odd.references)
    assert read.inputs == odd.inputs


def test_what_is_missing_or_damaged_names_the_command_that_makes_it(tmp_path: Path) -> None:
    run = keep_outputs(tmp_path / "decoded" / "test-5-first12", {"copy": make_outputs(2)})
    (kept,) = list_results(run)
    path = kept.folder / "copy.outputs.jsonl"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(UserError, match=r"damaged.*t2t-eval .*--split=test --limit=12"):
        kept.read_outputs("copy", {})
    path.unlink()
    with pytest.raises(UserError, match=r"are missing or damaged: .*No such file"):
        kept.read_outputs("copy", {})
    (kept.folder / "results.json").write_text("{")
    with pytest.raises(UserError, match=r"results in .* are damaged.*t2t-eval again"):
        kept.read()


def test_a_changed_score_and_a_changed_output_are_told(tmp_path: Path) -> None:
    run = keep_outputs(tmp_path / "decoded" / "test-5", {"copy": make_outputs(2)})
    (kept,) = list_results(run)
    path = kept.folder / "copy.outputs.jsonl"
    result = {"wer": 12.5, "outputs_sha256": hash_file(path)}
    keep_results(kept.folder / "results.json", {"copy": result}, ["copy"])
    assert kept.read() == {"copy": result}
    assert len(kept.read_outputs("copy", result).hypotheses) == len(TRUE)
    path.write_text(path.read_text().replace("red", "rad", 1))
    with pytest.raises(UserError, match="not the file that was written"):
        kept.read_outputs("copy", result)
    results = kept.folder / "results.json"
    results.write_text(results.read_text().replace("12.5", "12.4"))
    with pytest.raises(UserError, match=r"damaged.*checksum"):
        kept.read()


@pytest.mark.parametrize("line", [b"7", b'{"output": "a"}', b"\xff{}", b"[" * 100_000])
def test_lines_that_are_no_outputs_are_told(line: bytes, tmp_path: Path) -> None:
    run = keep_outputs(tmp_path / "decoded" / "test-5", {"copy": make_outputs(2)})
    (kept,) = list_results(run)
    (kept.folder / "copy.outputs.jsonl").write_bytes(line + b"\n")
    with pytest.raises(UserError, match=r"damaged.*t2t-eval"):
        kept.read_outputs("copy", {})


@pytest.mark.parametrize("content", [b"\xff{}", b"[]", b'{"copy": 7}', b"[" * 100_000])
def test_results_of_another_shape_are_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "decoded" / "test-5" / "results.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    (kept,) = list_results(tmp_path)
    with pytest.raises(UserError, match="t2t-eval again"):
        kept.read()
