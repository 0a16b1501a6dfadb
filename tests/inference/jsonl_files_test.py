"""JSON objects in, the same with outputs out: many problems in one file, bad lines by number."""

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_run import TinyRun

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.features import Image, Language
from t2t_mm.inference import jsonl_files
from t2t_mm.inference.batch_decoder import Alternative, Output
from t2t_mm.inference.decode import decode
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.input_lines import LeftOutError
from t2t_mm.inference.jsonl_files import (
    JsonLines,
    LineReader,
    is_jsonl,
    list_outputs,
    write_record,
)
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.inference.predictor import Predictor
from t2t_mm.run.run_directory import open_run
from t2t_mm.settings.decode_section import DecodeHParams

COPY, REVERSE = "algorithmic_copy", "algorithmic_reverse"


@pytest.fixture(scope="module")
def loaded(tiny_run: TinyRun) -> LoadedRun:
    return t2t_mm.load(tiny_run.output_dir, decode_hparams="batch_size=2")


def decode_objects(loaded: LoadedRun, lines: list[str], **names: str) -> list[Any]:
    inputs = JsonLines("a.jsonl", lines, loaded.run, names, lambda _: None)
    return [json.loads(line) if line else None for line in inputs.decode(loaded)]


@pytest.mark.slow
def test_lines_of_many_problems_come_out_in_order_with_what_else_they_had(
    loaded: LoadedRun,
) -> None:
    texts = [f"{number} {number * 7 % 10}" for number in range(40)]  # more than one window
    problems = [(COPY, REVERSE)[number % 3 == 0] for number in range(40)]
    records = [
        {"problem": problem, "inputs": text, "n": number}
        for number, (problem, text) in enumerate(zip(problems, texts, strict=True))
    ]
    found = decode_objects(loaded, [json.dumps(record) for record in records])
    assert [{key: one[key] for key in ("problem", "inputs", "n")} for one in found] == records
    for problem, text, one in zip(problems, texts, found, strict=True):
        assert one["outputs"] == loaded[problem](text)


def test_a_line_without_a_problem_is_of_the_one_that_is_given_and_pairs_are_named(
    loaded: LoadedRun,
) -> None:
    pair = json.dumps({"inputs_of": COPY, "command_of": COPY, "inputs": "7"})
    lines = ['{"inputs": "1 2"}', "", pair]
    first, empty, last = decode_objects(loaded, lines, problem=REVERSE)
    assert empty is None
    assert first["outputs"] == loaded[REVERSE]("1 2") and last["outputs"] == loaded[COPY]("7")


def test_what_is_drawn_depends_on_the_number_of_the_line(
    loaded: LoadedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, list[int]] = {}

    def note(self: Any, inputs: Any, skip: Any, places: Any) -> Any:
        told.setdefault(self.task.name, []).extend(places)
        return [Output(text) for text in inputs]

    monkeypatch.setattr(Predictor, "output_each", note)
    problems = [(COPY, REVERSE)[number % 3 == 0] for number in range(40)]
    lines = [json.dumps({"problem": name, "inputs": "1"}) for name in problems]
    decode_objects(loaded, lines)
    assert told == {name: [n for n in range(40) if problems[n] == name] for name in (COPY, REVERSE)}


BAD = {
    "not json": "no JSON object",
    "[1, 2]": "no JSON object",
    "[" * 50_000: "no JSON object",
    '{"problem": "algorithmic_copi", "inputs": "1"}': "Did you mean 'algorithmic_copy'",
    '{"problem": "algorithmic_copy"}': '"inputs", a text',
    '{"problem": "algorithmic_copy", "inputs": 3}': '"inputs", a text',
    '{"problem": "algorithmic_copy", "inputs": "\\ud800"}': '"inputs", a text',
    '{"problem": 3, "inputs": "1"}': "by their names",
    '{"inputs_of": "algorithmic_copy", "inputs": "1"}': "both inputs_of and command_of",
    '{"inputs": "1"}': "The run has 2 problems",
}


@pytest.mark.slow
def test_bad_lines_are_told_by_number_and_the_others_are_decoded(
    loaded: LoadedRun, tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = '{"problem": "algorithmic_copy", "inputs": "1 2", "error": "an older one"}'
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress("\n".join([*BAD, good]).encode()))
    with pytest.raises(LeftOutError, match=r"10 of 11 inputs.*in\.jsonl\.gz, line 1, 2, 3"):
        decode(
            tiny_run.output_dir, from_file=tmp_path / "in.jsonl.gz", to_file=tmp_path / "out.jsonl"
        )
    *bad, decoded = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    told = capsys.readouterr().err.splitlines()
    for number, (message, one) in enumerate(zip(BAD.values(), bad, strict=True)):
        assert message in one["error"] and one["outputs"] == ""
        assert f"line {number + 1}: {one['error'][:20]}" in told[number]
    assert decoded["outputs"] == loaded[COPY]("1 2") and "error" not in decoded
    with pytest.raises(UserError, match=r"a\.jsonl, line 1: The line is no JSON object"):
        JsonLines("a.jsonl", list(BAD), loaded.run, {}, print)


@pytest.mark.slow
def test_lines_of_text_and_a_split_become_objects(tiny_run: TinyRun, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("1 2\n\n")
    target, options = tmp_path / "out.jsonl", DecodingOptions(limit=2)
    decode(
        tiny_run.output_dir, COPY, from_file=tmp_path / "in.txt", to_file=target, options=options
    )
    text, empty = map(json.loads, target.read_text().splitlines())
    assert text["problem"] == empty["problem"] == COPY and empty["outputs"] == ""
    assert text["inputs"] == "1 2" and text["outputs"]
    decode(tiny_run.output_dir, COPY, split="validation", to_file=target, options=options)
    found = [json.loads(line) for line in target.read_text().splitlines()]
    assert [one["problem"] for one in found] == [COPY, COPY] and all(one["inputs"] for one in found)


def test_scores_alternatives_and_classes_are_written_where_there_are_any() -> None:
    two = (Alternative("a", -1.0, -0.5), Alternative("b", -2.0, -1.0))
    assert json.loads(write_record({}, Output("a", alternatives=two))) == {
        "outputs": "a",
        "log_probability": -1.0,
        "score": -0.5,
        "alternatives": [
            {"outputs": "a", "log_probability": -1.0, "score": -0.5},
            {"outputs": "b", "log_probability": -2.0, "score": -1.0},
        ],
    }
    assert "alternatives" not in write_record({}, Output("a", alternatives=two[:1]))
    classes = Output("cat", ("cat", "dog"), 0.75, two)
    assert json.loads(write_record({}, classes)) == {
        "outputs": "cat",
        "probability": 0.75,
        "ranking": ["cat", "dog"],
    }


def test_alternatives_are_written_where_all_of_a_beam_or_samples_are_asked_for() -> None:
    two = (Alternative("a", -1.0, -0.5), Alternative("b", -2.0, -1.0))
    for how, is_written in (
        (DecodeHParams(beam_size=2), False),
        (DecodeHParams(beam_size=2, write_beam_scores=True), False),
        (DecodeHParams(beam_size=2, return_beams=True), True),
        (DecodeHParams(beam_size=2, sampling_method="random"), True),
    ):
        record = json.loads(write_record({}, Output("a", alternatives=two), decode=how))
        assert ("alternatives" in record) is is_written and record["score"] == -0.5


@pytest.mark.slow
def test_a_file_has_alternatives_only_where_its_settings_ask_for_them(tiny_run: TinyRun) -> None:
    line = json.dumps({"problem": COPY, "inputs": "1 2"})
    for how, is_written in (("", False), (",return_beams=true", True)):
        run = t2t_mm.load(tiny_run.output_dir, decode_hparams=f"beam_size=3{how}")
        (found,) = decode_objects(run, [line])
        assert ("alternatives" in found) is is_written and "score" in found


def test_what_is_nested_too_deeply_is_left_out_and_nothing_else(loaded: LoadedRun) -> None:
    good = json.dumps({"problem": COPY, "inputs": "1 2"})
    deep = f'{good[:-1]}, "a": {"[" * 500}NaN{"]" * 500}}}'
    too_deep = f'{good[:-1]}, "a": {"[" * 50_000}NaN{"]" * 50_000}}}'
    told: list[str] = []
    inputs = JsonLines("a.jsonl", [good, too_deep, deep], loaded.run, {}, told.append)
    first, left_out, last = map(json.loads, inputs.decode(loaded))
    assert first["outputs"] == last["outputs"] == loaded[COPY]("1 2")
    assert "nested too deeply" in left_out["error"] and list(inputs.errors) == [1]
    assert len(told) == 1 and told[0].startswith("a.jsonl, line 2: ")


def test_outputs_and_scores_of_before_are_not_kept_beside_others() -> None:
    two = (Alternative("a", -1.0, -0.5), Alternative("b", -2.0, -1.0))
    older = [Output("a", alternatives=two), Output("cat", ("cat", "dog"), 0.75)]
    for output in older:
        record = json.loads(write_record({"n": 1}, output, UserError("Bad")))
        assert json.loads(write_record(record, Output("new"))) == {"n": 1, "outputs": "new"}


def test_outputs_are_listed_of_what_is_to_be_decoded() -> None:
    lines = [
        write_record({"inputs": "1"}, Output("a")),
        "",
        write_record({"inputs": "2"}, Output(""), UserError("Bad")),
        write_record({"inputs": " "}, Output("")),
        write_record({"inputs": "4"}, Output("")),
        write_record({}, Output("b")),
    ]
    assert list(list_outputs(lines)) == ["a", "", "b"]


def test_a_format_of_lines_is_none_of_objects(tiny_run: TinyRun, tmp_path: Path) -> None:
    assert is_jsonl("a.jsonl") and is_jsonl(tmp_path / "a.jsonl.gz") and not is_jsonl("a.json")
    options = DecodingOptions(output_format="brackets")
    with pytest.raises(UserError, match="Leave --output_format out"):
        decode(open_run(tiny_run.output_dir).directory, from_file="a.jsonl", options=options)


def test_only_inputs_that_are_read_as_files_are_listed_as_such(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = {"pictures": Image(), "": Language("bytes")}
    monkeypatch.setattr(
        jsonl_files, "choose_task", lambda _, name, *__: SimpleNamespace(inputs=features[name])
    )
    lines = ['{"problem": "pictures", "inputs": "a.png"}', '{"inputs": "b.png"}', "", "{", "[1]"]
    reader = LineReader(open_run(tiny_run.output_dir), {})
    assert list(reader.list_files(lines)) == ["a.png", "", "", "", ""]
