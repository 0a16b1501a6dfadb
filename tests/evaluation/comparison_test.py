"""Two runs side by side: who is better, and what cannot be compared."""

import dataclasses
import os
from pathlib import Path

import pytest
from kept_outputs import TRUE, keep_outputs, make_outputs

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded


def test_every_problem_that_both_have_is_compared(tmp_path: Path) -> None:
    a = keep_outputs(
        tmp_path / "a/decoded/test-5",
        {"one": make_outputs(9), "only_a": make_outputs(0), "my/two": make_outputs(3)},
    )
    b = keep_outputs(
        tmp_path / "b/decoded/test-70", {"my/two": make_outputs(3), "one": make_outputs(1)}
    )
    compared = t2t_mm.compare(a, b)
    assert list(compared) == ["one", "my/two"]
    one = compared["one"]
    assert (one["split"], one["examples"], one["better"]) == ("test", 12, "b")
    assert one["folders"] == ["test-5", "test-70"]
    assert one["verdict"].startswith("B is better (p = 0.0")
    wer = one["scores"]["wer"]
    assert wer["a"] == pytest.approx(100 * 9 / 72, abs=1e-3)
    assert wer["b"] - wer["a"] == pytest.approx(wer["difference"]) and wer["difference"] < 0
    assert wer["interval"][0] < wer["difference"] < wer["interval"][1] < 0
    assert list(one["scores"]) == ["wer", "cer"]
    assert compared["my/two"]["verdict"] == "no difference shown (p = 1)"
    assert t2t_mm.compare(b, a)["one"]["better"] == "a"


def test_two_checkpoints_of_one_run_are_named_by_their_folders(tmp_path: Path) -> None:
    early, late = tmp_path / "decoded/test-5", tmp_path / "decoded/test-10"
    keep_outputs(early, {"one": make_outputs(12)})
    keep_outputs(late, {"one": make_outputs(0)})
    assert t2t_mm.compare(early, late)["one"]["better"] == "b"
    assert t2t_mm.compare(tmp_path, late)["one"]["better"] == ""  # the run's last is this one


def test_what_both_have_is_chosen_whole_splits_first(tmp_path: Path) -> None:
    few = make_outputs(1, TRUE[:4])
    for name in ("test-5", "validation-5"):
        run_a = keep_outputs(tmp_path / "a/decoded" / name, {"one": make_outputs(3)})
    run_a = keep_outputs(tmp_path / "a/decoded/test-5-first4", {"one": few})
    run_b = keep_outputs(tmp_path / "b/decoded/test-9-first4", {"one": few})
    assert t2t_mm.compare(run_a, run_b)["one"]["examples"] == 4
    keep_outputs(tmp_path / "b/decoded/validation-9", {"one": make_outputs(3)})
    assert t2t_mm.compare(run_a, run_b)["one"]["split"] == "validation"
    assert t2t_mm.compare(run_a, run_b, split="test")["one"]["examples"] == 4


def test_the_split_that_the_first_has_decoded_last_is_chosen(tmp_path: Path) -> None:
    runs = {}
    for age, name in enumerate(["test-9", "validation-5", "test-5"]):
        for run in "ab":
            folder = tmp_path / run / "decoded" / name
            runs[run] = keep_outputs(folder, {"one": make_outputs(3)})
            os.utime(folder / "results.json", (2_000_000_000 - age, 2_000_000_000 - age))
    assert t2t_mm.compare(runs["a"], runs["b"])["one"]["split"] == "test"


def test_other_examples_are_refused_and_the_first_is_shown(tmp_path: Path) -> None:
    a = keep_outputs(tmp_path / "a/decoded/test-5", {"one": make_outputs(3)})
    others = {
        "fewer": (make_outputs(3, TRUE[:5]), "5 examples; number 5 is none"),
        "reference": (make_outputs(3, [*TRUE[:7], "other", *TRUE[8:]]), r"number 7 is \['other'\]"),
        "inputs": (make_outputs(3, source="another"), "number 0 is 'another'"),
    }
    for name, (decoded, shown) in others.items():
        b = keep_outputs(tmp_path / name / "decoded/test-5", {"one": decoded})
        with pytest.raises(UserError, match=f"other examples of one: .*{shown}"):
            t2t_mm.compare(a, b)


def test_what_cannot_be_compared_says_which_command_is_missing(tmp_path: Path) -> None:
    a = keep_outputs(tmp_path / "a/decoded/test-5", {"one": make_outputs(3)})
    with pytest.raises(UserError, match=r"No decoded outputs in .*--output_dir=\S*empty --split=t"):
        t2t_mm.compare(a, tmp_path / "empty")
    with pytest.raises(UserError, match=r"outputs of the dev split in .*/a.*--split=dev\."):
        t2t_mm.compare(a, a, split="dev")
    limited = keep_outputs(tmp_path / "b/decoded/test-5-first4", {"one": make_outputs(3, TRUE[:4])})
    with pytest.raises(UserError, match=r"a='test-5', b='test-5-first4'.*/b --split=test\."):
        t2t_mm.compare(a, limited)
    for given in (a, a / "decoded/test-5"):
        with pytest.raises(UserError, match=r"/a --split=test --limit=4\."):
            t2t_mm.compare(limited, given)
    other = keep_outputs(tmp_path / "c/decoded/test-5", {"two": make_outputs(3)})
    with pytest.raises(UserError, match=r"share no problem .*a='one', b='two'\. Score one"):
        t2t_mm.compare(a, other)
    (a / "decoded/test-5/one.outputs.jsonl").unlink()
    with pytest.raises(UserError, match=r"outputs of one in .* are missing"):
        t2t_mm.compare(a, a)


def test_scores_of_two_tokenizers_are_refused(tmp_path: Path) -> None:
    decoded = make_outputs(3)
    a = keep_outputs(tmp_path / "a/decoded/test-5", {"one": decoded}, ("bleu",))
    other = dataclasses.replace(decoded, tokenizer="char")
    b = keep_outputs(tmp_path / "b/decoded/test-5", {"one": other}, ("bleu",))
    with pytest.raises(UserError, match=r"BLEU of one .*a='13a', b='char'.*on one machine"):
        t2t_mm.compare(a, b)
    assert list(t2t_mm.compare(b, b)["one"]["scores"]) == ["bleu"]


def test_only_what_both_were_scored_by_is_compared(tmp_path: Path) -> None:
    runs = {}
    for name in ("chrf", "wer", "bleu"):
        folder = tmp_path / name / "decoded/test-5"
        runs[name] = keep_outputs(folder, {"one": make_outputs(3)}, (name,))
    many = keep_outputs(tmp_path / "b/decoded/test-5", {"one": make_outputs(0)}, ("chrf", "wer"))
    assert list(t2t_mm.compare(many, runs["wer"])["one"]["scores"]) == ["wer", "cer"]
    assert list(t2t_mm.compare(runs["chrf"], many)["one"]["scores"]) == ["chrf"]
    with pytest.raises(UserError, match=r"scored one by other metrics.*a='chrf, wer', b='bleu'"):
        t2t_mm.compare(many, runs["bleu"])


def test_the_best_five_are_compared_where_both_were_scored_by_them(tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    runs = []
    for num_classes in (6, 5):
        decoded = Decoded(names, [[name] for name in names], (), [names[:5]] * 6, num_classes)
        folder = tmp_path / str(num_classes) / "decoded/test-5"
        runs.append(keep_outputs(folder, {"one": decoded}, ("top_k",)))
    for a, b in (runs, runs[::-1]):
        assert list(t2t_mm.compare(a, b)["one"]["scores"]) == ["top_1"]
    assert list(t2t_mm.compare(runs[0], runs[0])["one"]["scores"]) == ["top_1", "top_5"]


def test_a_problem_with_one_example_is_told_and_the_others_are_compared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outputs = {"one": make_outputs(3), "single": make_outputs(1, TRUE[:1])}
    a = keep_outputs(tmp_path / "a/decoded/test-5", outputs)
    b = keep_outputs(tmp_path / "b/decoded/test-5", outputs)
    assert list(t2t_mm.compare(a, b)) == ["one"]
    assert "single is not compared: fewer than two examples" in caplog.text
    for folder in ("a", "b"):
        keep_outputs(tmp_path / folder / "decoded/test-6", {"single": outputs["single"]})
    newest = [tmp_path / folder / "decoded/test-6" for folder in ("a", "b")]
    with pytest.raises(UserError, match=r"Fewer than two examples.*single.*Score both again"):
        t2t_mm.compare(*newest)
