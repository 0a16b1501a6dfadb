"""N lines in, N lines out; files, data sets and prompts."""

import gzip
import io
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seals import replace_sealed
from tiny_run import TinyRun

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.files.text_files import LONGEST_LINE
from t2t_mm.inference import decode as module
from t2t_mm.inference.batch_decoder import Alternative, Output
from t2t_mm.inference.decode import decode, decode_interactively
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.input_lines import LeftOutError, read_lines
from t2t_mm.inference.predictor import Predictor

LINES = ["3 1 4 1 5", "", "9 2 6", "   ", "5 3 5 8 9 7 9"]


@pytest.mark.slow
def test_n_lines_in_n_lines_out_with_empty_ones(tiny_run: TinyRun, tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out" / "out.txt"
    source.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    outputs = decode(tiny_run.output_dir, "algorithmic_copy", from_file=source, to_file=target)
    assert len(outputs) == len(LINES)
    assert outputs[1] == outputs[3] == ""
    assert target.read_text(encoding="utf-8").count("\n") == len(LINES)


@pytest.mark.parametrize("given", [{"split": "test"}, {"eval_batch_tokens": 512}], ids=str)
def test_what_is_for_splits_is_refused_beside_a_file(
    tiny_run: TinyRun, given: dict[str, Any]
) -> None:
    (name,) = given
    arguments = given if name == "split" else {"options": DecodingOptions(**given)}
    with pytest.raises(UserError, match=f"{name} would count for nothing beside a file"):
        decode(tiny_run.output_dir, "algorithmic_copy", from_file="in.txt", **arguments)


def test_outputs_are_written_as_they_come_and_kept_after_an_error(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("1 2\n" * 5, encoding="utf-8")
    seen: list[int] = []

    def output_each(_: Predictor, inputs: list[str], *__: object) -> Iterator[Output]:
        for number, line in enumerate(inputs):
            if number == 3:
                raise RuntimeError("the power fails")
            yield Output(f"{line}\n{number}")
            seen.append(len((tmp_path / "out.txt.incomplete").read_text().splitlines()))

    monkeypatch.setattr(Predictor, "output_each", output_each)
    with pytest.raises(RuntimeError, match="the power fails"):
        decode(tiny_run.output_dir, "algorithmic_copy", from_file=source, to_file=target)
    assert seen == [1, 2, 3] and not target.exists()
    assert (tmp_path / "out.txt.incomplete").read_text() == "1 2 0\n1 2 1\n1 2 2\n"


@pytest.mark.slow
def test_a_compressed_file_decodes_the_same(tiny_run: TinyRun, tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.txt", tmp_path / "a.txt.gz"
    plain.write_text("1 2 3\n", encoding="utf-8")
    packed.write_bytes(gzip.compress(b"1 2 3\n"))
    arguments = (tiny_run.output_dir, "algorithmic_copy")
    assert decode(*arguments, from_file=plain) == decode(*arguments, from_file=packed)


def test_lines_come_from_a_pipe_too(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("1 2\n\n3\n",))
    writer.start()
    assert read_lines(pipe) == (["1 2", "", "3"], {})
    writer.join()
    with pytest.raises(UserError, match="no such file of inputs"):
        read_lines(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["in.txt", "in.jsonl"])
def test_a_line_above_a_megabyte_is_one_bad_line(
    tiny_run: TinyRun, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / name, tmp_path / name.replace("in", "out")
    lines = ["1 2", "3" * (LONGEST_LINE + 1), "", "4"]
    if name == "in.jsonl":
        lines = [json.dumps({"inputs": line}) if line else "" for line in lines]
    source.write_text("\n".join(lines) + "\n")
    with pytest.raises(LeftOutError, match=r"1 of 4 inputs.*line 2\."):
        decode(tiny_run.output_dir, "algorithmic_copy", from_file=source, to_file=target)
    assert f"{name}, line 2: The line is longer than 1,048,576 bytes" in capsys.readouterr().err
    first, bad, blank, last = target.read_text().split("\n")[:-1]
    assert first and last and blank == ""
    if name == "in.jsonl":
        told = json.loads(bad)
        assert told.pop("error").startswith("The line is longer") and told == {"outputs": ""}
    else:
        assert bad == ""


@pytest.mark.slow
def test_a_data_set_is_decoded_in_stored_order(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, make = [], module.make_evaluation_dataset

    def keep_batch(*given: Any, batch: BatchSpec, **more: Any) -> Any:
        batches.append(batch.tokens)
        return make(*given, batch=batch, **more)

    monkeypatch.setattr(module, "make_evaluation_dataset", keep_batch)
    whole = decode(tiny_run.output_dir, "algorithmic_reverse", split="validation")
    smaller = DecodingOptions(eval_batch_tokens=64)
    assert whole == decode(
        tiny_run.output_dir, "algorithmic_reverse", split="validation", options=smaller
    )
    assert batches == [4096, 64]
    first = decode(
        tiny_run.output_dir,
        "algorithmic_reverse",
        split="validation",
        options=DecodingOptions(limit=3),
    )
    assert len(whole) > 3 and whole[:3] == first


def test_empty_outputs_are_told_and_shown_to_whom_types(
    tiny_run: TinyRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "in.txt"
    source.write_text("1 2\n\n3\n4\n", encoding="utf-8")
    outputs = [Output(text) for text in ("", "", "3", " ")]
    monkeypatch.setattr(Predictor, "output_each", lambda *_: iter(outputs))
    decode(tiny_run.output_dir, "algorithmic_copy", from_file=source)
    assert "2 of 3 outputs are empty" in capsys.readouterr().err
    output = io.StringIO()
    decode_interactively(lambda _: "", ["1 2\n"], output)
    assert output.getvalue() == "> (nothing)\n> \n"


@pytest.mark.parametrize("of_split", [False, True])
def test_an_empty_output_with_its_score_is_empty(
    of_split: bool,
    tiny_run: TinyRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "in.txt"
    source.write_text("1 2\n3\n", encoding="utf-8")
    outputs = [Output(text, alternatives=(Alternative(text, -1.0, -0.5),)) for text in ("", "3")]
    monkeypatch.setattr(Predictor, "output_each", lambda *_: iter(outputs))
    monkeypatch.setattr(module, "_decode_batches", lambda *_: zip("ab", outputs, strict=True))
    options = DecodingOptions(decode_hparams="write_beam_scores=true")
    from_file = "" if of_split else source
    found = decode(tiny_run.output_dir, "algorithmic_copy", from_file=from_file, options=options)
    assert found == ["\t-0.5000", "3\t-0.5000"]
    assert "1 of 2 outputs are empty" in capsys.readouterr().err


@pytest.mark.slow
def test_the_prompt_answers_until_an_empty_line(tiny_run: TinyRun) -> None:
    predictor = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    output = io.StringIO()
    decode_interactively(predictor, ["1 2\n", "3 4\n", "\n", "5 6\n"], output)
    assert output.getvalue() == f"> {predictor('1 2')}\n> {predictor('3 4')}\n> \n"


def test_a_missing_file_and_text_that_is_not_utf8_are_named(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="decode_from_file"):
        decode(tiny_run.output_dir, "algorithmic_copy", from_file=tmp_path / "none.txt")
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"1 2\n\xff\xfe\n")
    with pytest.raises(UserError, match=r"bad\.txt, line 2"):
        decode(tiny_run.output_dir, "algorithmic_copy", from_file=bad)


@pytest.mark.slow
def test_trees_of_a_file_and_of_a_data_set_come_with_their_words(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    shutil.copytree(tiny_run.output_dir, tmp_path / "run")
    replace_sealed(tmp_path / "run" / "run.json", '"bleu"', '"brackets"')
    source = tmp_path / "in.txt"
    source.write_text("1 2\n\n3\n")
    options = DecodingOptions(output_format="brackets", limit=3)
    trees = decode(tmp_path / "run", "algorithmic_copy", from_file=source, options=options)
    assert [re.findall(r"(\d)\)", tree) for tree in trees] == [["1", "2"], [], ["3"]]
    trees = decode(tmp_path / "run", "algorithmic_copy", options=options)
    assert len(trees) == 3 and all(tree.count("(") == tree.count(")") > 0 for tree in trees)
    with pytest.raises(UserError, match="Objects have their outputs as they are decoded"):
        decode(tmp_path / "run", "algorithmic_copy", to_file=tmp_path / "a.jsonl", options=options)


@pytest.mark.parametrize("bad", [b"caf\xe9\n", b"missing\n", b"\xff\xfe\n"])
def test_a_bad_line_is_told_and_the_next_one_answered(
    bad: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(text: str) -> str:
        if text == "missing":
            raise UserError("There is no such input file")
        return text.upper()

    output = io.StringIO()
    decode_interactively(answer, [b"one\n", bad, b"two\n"], output)
    assert output.getvalue() == "> ONE\n> > TWO\n> \n"
    told = capsys.readouterr().err
    assert "no such input file" in told or "line 2: the text is not UTF-8" in told
