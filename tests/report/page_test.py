"""The whole page: well-formed, self-contained, and without empty parts."""

import hashlib
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fake_run import make_fake_run

from t2t_mm.errors import UserError
from t2t_mm.report import find_newest_results, report, write_report

LINES = "decoded/test-1000/mini_ende.outputs.jsonl"


class Checker(HTMLParser):
    """Follows the tags: each closes the one that was opened last, and each id is there once."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []
        if tag not in ("meta", "img", "br"):
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened and self.opened.pop() == tag, f"</{tag}> closes what is not open"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert not checker.opened
    assert len(set(checker.ids)) == len(checker.ids)
    assert {link for link in checker.links if link.startswith("#")} == {
        f"#{name}" for name in checker.ids
    }
    assert not re.search(r"https?:|//|<script|<link|@import|url\(", page)
    return checker


def written(run: Path, results: dict[str, Any]) -> str:
    path = run / "pages" / "report.html"
    assert write_report(run, results, path, "test") == path
    return path.read_text(encoding="utf-8")


def without_data(page: str) -> str:
    """The page without pictures and sounds, whose letters are chance."""
    return re.sub(r"data:[a-z]+/[a-z]+;base64,[A-Za-z0-9+/=]+", "data:", page)


def test_every_part_is_there_and_the_page_needs_nothing_else(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    page = written(run, results)
    assert len(page) < 3_000_000
    checker = checked(without_data(page))
    parts = ["Scores", "Learning", *results, "Experts", "Prediction"]
    assert [name for name in checker.ids if "-" not in name] == parts
    assert checker.ids[3:6] == ["mini_ende-first", "mini_ende-worst", "mini_ende-best"]
    assert "../decoded/test-1000/mini_ende.outputs.jsonl" in checker.links
    assert page.count("<audio") == 1 and page.count('src="data:audio/wav;base64,') == 1
    assert page.count('src="data:image/png;base64,') == 4
    assert page.count('<svg class="tree"') == 4  # two trees, one where they agree, one malformed
    assert page.count('<svg class="curve"') == 5
    assert "malformed" in page
    assert "1,234" in page and "One model, five problems" in page
    assert "English to German" in page  # the problem's own words
    text = "".join(checker.text)
    for figure in (
        "71.2 model",
        "8.9 chance",
        "31.0 model",
        "98.0 chance",
        "49.0 baseline",
        "BLEU 4.5, example 17",
        "81%",
        "CIDEr 180.0",
    ):
        assert figure in text


def test_a_page_of_some_problems_counts_those_of_the_run(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    page = written(run, {"mini_ende": results["mini_ende"]})
    assert page.count("One model, five problems") == 2  # the title, and its heading


def test_texts_of_data_stay_texts(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    evil = '<script>alert("x")</script> & </p>'
    one = {"input": evil, "decoded": evil, "reference": "a", "references": ["a"]}
    results["mini_ende"]["worst"] = [{**one, "index": 0, "score": 1.0}]
    results["my_captions"]["samples"] = [{**one, "references": [evil, "b"]}]
    results["my_parses"]["samples"] = [one]
    results["my_pictures"]["samples"] = [{**one, "ranking": [evil, "b"]}]
    page = written(run, results)
    checked(without_data(page))
    assert "<script" not in page and "&lt;script&gt;" in page


def test_missing_pieces_leave_no_empty_parts(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    for name in (
        "log.jsonl",
        "hparams.json",
        "environment.json",
        "decoded/test-1000/sound.wav",
        LINES,
    ):
        (run / name).unlink()
    for result in results.values():
        del result["experts"]
        result.pop("worst", None)
        result.pop("best", None)
        del result["shuffled_inputs"]
        del result["baseline"]
    del results["my_captions"]["samples"]
    page = written(run, results)
    checker = checked(without_data(page))
    named = [name for name in results if name != "my_captions"]
    assert checker.ids == ["Scores", *named, "Prediction"]
    assert "<audio" not in page and "The file of the sound is not there" in page
    assert 'class="model"' in page
    assert 'class="chance"' not in page and 'class="baseline"' not in page
    assert not re.search(r"<(section|article|ul|div class=\"cards[^\"]*\")></", page)


def test_without_decoded_outputs_there_are_curves_and_predictions(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    forced = {name: {"teacher_forced": one["teacher_forced"]} for name, one in results.items()}
    assert checked(written(run, forced)).ids == ["Learning", "Prediction"]


def test_the_newest_results_of_the_split_are_read(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    for folder, seconds in (("test-500", 2_000_000_000), ("validation-500", 2_100_000_000)):
        path = run / "decoded" / folder / "results.json"
        path.parent.mkdir()
        path.write_text('{"' + folder + '": {}}')
        os.utime(path, (seconds, seconds))
    assert find_newest_results(run, "test") == ({"test-500": {}}, "test")
    assert find_newest_results(run) == ({"validation-500": {}}, "validation")
    (run / "decoded/test-500/results.json").unlink()
    assert find_newest_results(run, "test") == (results, "test")


def test_the_step_that_was_scored_stands_beside_those_that_were_made(tmp_path: Path) -> None:
    run, _ = make_fake_run(tmp_path)
    (run / "decoded/test-1000").rename(run / "decoded/test-600")
    text = "".join(checked(without_data(report(run).read_text(encoding="utf-8"))).text)
    assert "training1,000 steps" in text and "scored atstep 600" in text


def test_results_of_the_first_examples_only_are_not_those_of_the_split(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    path = run / "decoded/test-1000-first10/results.json"
    path.parent.mkdir()
    path.write_text('{"a": {}}')
    os.utime(path, (2_100_000_000, 2_100_000_000))
    assert find_newest_results(run) == (results, "test")
    (run / "decoded/test-1000/results.json").unlink()
    assert find_newest_results(run) == ({"a": {}}, "first 10 of the test")


def test_scores_of_training_examples_are_shown_where_there_are_no_others(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    path = run / "decoded/train-1000/results.json"
    path.parent.mkdir()
    path.write_text('{"mini_ende": {"bleu": 99.0}}')
    os.utime(path, (2_100_000_000, 2_100_000_000))
    assert find_newest_results(run) == (results, "test")
    assert "On held-out examples" in report(run).read_text(encoding="utf-8")
    assert "On training examples" in report(run, split="train").read_text(encoding="utf-8")
    (run / "decoded/test-1000/results.json").unlink()
    assert find_newest_results(run) == ({"mini_ende": {"bleu": 99.0}}, "train")


def test_results_beside_the_outputs_of_another_run_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, _ = make_fake_run(tmp_path)
    path = run / "decoded/test-1000/a_b.outputs.jsonl"
    path.write_text("{}\n")
    for content, count in ((b"{}\n", 0), (b"[]\n", 1)):
        result = {"outputs_sha256": hashlib.sha256(content).hexdigest()}
        path.with_name("results.json").write_text(json.dumps({"a/b": result, "gone": result}))
        assert find_newest_results(run, "test") == ({"a/b": result, "gone": result}, "test")
        assert caplog.text.count("a_b.outputs.jsonl holds other outputs") == count


def test_no_results_and_damaged_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="First run t2t-eval"):
        find_newest_results(tmp_path, "test")
    run, _ = make_fake_run(tmp_path)
    (run / "decoded/test-1000/results.json").write_text("{")
    with pytest.raises(UserError, match=r"results\.json are damaged"):
        find_newest_results(run, "test")


def test_a_report_that_cannot_be_written_is_the_users_to_know(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    with pytest.raises(UserError, match="could not be written"):
        write_report(run, results, run / "log.jsonl" / "report.html", "test")


@pytest.mark.parametrize(
    "result",
    [
        7,
        {"samples": [3]},
        {"bleu": 5.0, "intervals": [1]},
        {"experts": {"encoder": "x"}},
        {"bleu": 10**400},
    ],
    ids=["number", "samples", "intervals", "experts", "bleu"],
)
def test_results_that_are_none_of_ours_are_told(result: object, tmp_path: Path) -> None:
    run, _ = make_fake_run(tmp_path)
    results: Any = {"mini_ende": result}
    with pytest.raises(UserError, match=r"damaged or of another version.*t2t-eval again"):
        write_report(run, results, run / "report.html", "test")
