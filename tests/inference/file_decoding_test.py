"""A file through a run: after a kill it is gone on with, and the result is the same."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from seals import change_sealed, replace_sealed
from tiny_run import TinyRun

from t2t_mm.bin import t2t_decoder
from t2t_mm.errors import UserError
from t2t_mm.inference import file_decoding as module
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.file_decoding import FileDecoding
from t2t_mm.inference.resumed_file import ResumedFile
from t2t_mm.run.checkpoint import find_checkpoint
from t2t_mm.run.run_directory import open_run
from t2t_mm.settings.decode_section import DecodeHParams

KILLED = """
import os, signal, sys
from t2t_mm.bin import t2t_decoder
from t2t_mm.inference.predictor import Predictor

whole = Predictor.output_each

def output_each(self, *arguments):
    for number, output in enumerate(whole(self, *arguments)):
        if number == 21:
            os.kill(os.getpid(), signal.SIGKILL)
        yield output

Predictor.output_each = output_each
t2t_decoder.main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_killed_process_is_gone_on_with_and_nothing_differs(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, whole, killed = (tmp_path / name for name in ("in.txt", "whole.txt", "killed.txt"))
    source.write_text("\n".join(f"{number} {number * 7}" for number in range(30)))
    flags = [
        f"--output_dir={tiny_run.output_dir}",
        "--problem=algorithmic_copy",
        f"--decode_from_file={source}",
        "--decode_hparams=batch_size=1,sampling_method=random,sampling_seed=3",
    ]
    assert t2t_decoder.main([*flags, f"--decode_to_file={whole}"]) == 0
    flags.append(f"--decode_to_file={killed}")
    done = subprocess.run([sys.executable, "-c", KILLED, *flags], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (tmp_path / "killed.txt.incomplete").read_bytes().count(b"\n") == 21
    capsys.readouterr()
    assert t2t_decoder.main(flags) == 0
    assert "killed.txt: went on behind 16 of 30" in capsys.readouterr().err
    assert killed.read_bytes() == whole.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"in.txt", "whole.txt", "killed.txt"}


@pytest.mark.slow
def test_inputs_from_standard_input_are_not_gone_on_with(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.txt"
    older = tmp_path / "out.txt.incomplete"
    older.write_text("an older one\n")
    reader = type("Reader", (), {"buffer": [b"1 2\n"]})
    monkeypatch.setattr("sys.stdin", reader)
    flags = ["--problem=algorithmic_copy", "--decode_from_file=-", f"--decode_to_file={target}"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    assert target.read_text().count("\n") == 1
    assert older.read_text() == "an older one\n"  # of other inputs: theirs to go on with
    assert sorted(tmp_path.iterdir()) == [target, older]


def test_other_answers_in_a_file_of_the_same_name_are_other_facts(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.txt"
    how = DecodeHParams(answers_file=str(answers))
    decoding = FileDecoding(open_run(tiny_run.output_dir), how, {}, "in", "out", DecodingOptions())
    facts = []
    for text in ("1\n", "2\n", "2\n"):
        answers.write_text(text)
        facts.append(decoding._list_facts([]))
    assert facts[0] != facts[1] == facts[2]


def test_a_checkpoint_that_is_saved_meanwhile_is_not_taken(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_run.output_dir, tmp_path / "run")
    run, taken = open_run(tmp_path / "run"), list[object]()
    monkeypatch.setattr(module, "load_tasks", lambda *given: taken.append(given[2]))
    decoding = FileDecoding(run, DecodeHParams(), {}, "in", "out", DecodingOptions())
    recorded = decoding._list_facts([])["checkpoint"]
    before = find_checkpoint(run.directory)
    later = shutil.copytree(before.path, before.path.with_name("00000099"))
    change_sealed(later / "state.json", lambda state: state.update(step=99, best_step=99))
    assert find_checkpoint(run.directory).step == 99
    decoding._load([])
    assert taken == [before.path]
    assert decoding._list_facts([])["checkpoint"] == recorded


def test_trees_of_other_data_are_other_facts(tiny_run: TinyRun) -> None:
    facts = {}
    for constrain in ("trees", "nothing"):
        how = DecodeHParams(constrain=constrain)
        for folder in ("", "other"):
            arguments = ({}, "in", "out", DecodingOptions(), folder)
            decoding = FileDecoding(open_run(tiny_run.output_dir), how, *arguments)
            facts[constrain, folder] = decoding._list_facts([])
    assert facts["trees", ""]["data"] == str(tiny_run.data_dir.resolve())
    assert facts["trees", ""] != facts["trees", "other"]
    assert facts["nothing", ""] == facts["nothing", "other"]


def test_trees_that_are_generated_anew_are_other_facts(tiny_run: TinyRun, tmp_path: Path) -> None:
    shutil.copytree(tiny_run.output_dir, tmp_path / "run")
    shutil.copytree(tiny_run.data_dir, tmp_path / "data")
    replace_sealed(tmp_path / "run" / "run.json", '"bleu"', '"brackets"')
    (metadata,) = (tmp_path / "data" / "algorithmic_copy").glob("*/t2t_mm.json")
    run, facts = open_run(tmp_path / "run"), []
    how = DecodeHParams(constrain="trees")
    for seed in (0, 7, 7):
        change_sealed(metadata, lambda told, seed=seed: told.update(random_seed=seed))
        decoding = FileDecoding(run, how, {}, "in", "out", DecodingOptions(), tmp_path / "data")
        facts.append(decoding._list_facts([]))
    assert facts[0] != facts[1] == facts[2]
    metadata.unlink()  # that it is missing is told when trees are read
    assert facts[0]["data"] == decoding._list_facts([])["data"]


def test_data_of_a_run_from_elsewhere_is_no_fact_unless_it_is_named(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run, how = (
        replace(open_run(tiny_run.output_dir), signature=""),
        DecodeHParams(constrain="trees"),
    )
    for folder in ("", tmp_path):
        decoding = FileDecoding(run, how, {}, "in", "out", DecodingOptions(), folder)
        assert ("data" in decoding._list_facts([])) is bool(folder)


def test_a_file_that_is_mended_begins_anew_and_a_text_names_none(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    for of_files, other, number in ((True, True, 0), (True, False, 256), (False, True, 256)):
        source, target = tmp_path / "a.png", tmp_path / "out.txt"
        source.write_bytes(b"broken")
        lines = [str(source)] * 300
        options = DecodingOptions()
        run = open_run(tiny_run.output_dir)
        decoding = FileDecoding(run, DecodeHParams(), {}, "in.txt", target, options)
        file, start, _ = decoding._go_on(lines, lines if of_files else [])
        assert isinstance(file, ResumedFile) and start == 0
        with pytest.raises(RuntimeError), file.open({0: UserError("It is broken")}) as written:
            written.write("\n" * 299)
            raise RuntimeError
        if other:
            source.write_bytes(b"a whole picture")
        _, start, errors = decoding._go_on(lines, lines if of_files else [])
        assert start == number and len(errors) == bool(number)
        (tmp_path / "out.txt.incomplete").unlink()


def test_relative_paths_begin_anew_in_another_folder_and_others_go_on(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for path, number in (("a.png", 0), (str(tmp_path / "a.png"), 256), ("", 256)):
        monkeypatch.chdir(tmp_path)
        lines, target = [path] * 300, tmp_path / "out.txt"
        run = open_run(tiny_run.output_dir)
        decoding = FileDecoding(run, DecodeHParams(), {}, "in.txt", target, DecodingOptions())
        file, _, _ = decoding._go_on(lines, lines)
        assert isinstance(file, ResumedFile)
        with pytest.raises(RuntimeError), file.open({}) as written:
            written.write("\n" * 299)
            raise RuntimeError
        assert decoding._go_on(lines, lines)[1] == 256
        monkeypatch.chdir("elsewhere")
        assert decoding._go_on(lines, lines)[1] == number
        (tmp_path / "out.txt.incomplete").unlink()


def test_weights_that_are_gone_are_told(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, source = tmp_path / "run", tmp_path / "in.txt"
    shutil.copytree(tiny_run.output_dir, run)
    for path in run.glob("checkpoints/*/weights.npz"):
        path.unlink()
    source.write_text("1 2\n")
    files = (f"--decode_from_file={source}", f"--decode_to_file={tmp_path / 'out.txt'}")
    assert t2t_decoder.main([f"--output_dir={run}", "--problem=algorithmic_copy", *files]) == 2
    assert "weights.npz is damaged or missing" in capsys.readouterr().err
