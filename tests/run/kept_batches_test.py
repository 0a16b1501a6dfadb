"""A batch that training kept: its folder, and what a person is shown of it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from own_problems import MY_PROBLEM, write_file
from tiny_run import PROBLEMS, TinyRun

from t2t_mm import registry
from t2t_mm.bin import t2t_datagen
from t2t_mm.errors import UserError
from t2t_mm.features import Audio
from t2t_mm.run.kept_batches import MOST_KEPT, describe_kept_batch, keep_batch, show_command
from t2t_mm.run.run_directory import open_run, write_run
from t2t_mm.run.task import load_task_vocabularies


@pytest.fixture
def run_dir(tiny_run: TinyRun, tmp_path: Path) -> Path:
    """The description of the tiny run alone, in a folder of its own."""
    run = open_run(tiny_run.output_dir)
    vocabularies = load_task_vocabularies(run.tasks, tiny_run.output_dir)
    object.__setattr__(run, "directory", tmp_path / "run")
    write_run(run, vocabularies, tiny_run.output_dir)
    return tmp_path / "run"


def test_a_text_is_shown_with_its_ids(
    run_dir: Path, tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(run_dir)
    (vocabulary,) = load_task_vocabularies(run.tasks, run_dir).values()
    ids = [7, 3, 4]
    text = vocabulary.decode(ids)
    batch = {"inputs": np.array([ids, [0] * len(ids)]), "targets": np.array([ids, ids[::-1]])}
    facts = {"problem": PROBLEMS[0], "step": 3, "loss": "nan"}
    path = keep_batch(run_dir, "00000003-0", batch, facts)
    assert path is not None
    found, examples = describe_kept_batch(path)
    assert found == facts and len(examples) == 2
    assert examples[0]["inputs"] == {"decoded": text, "ids": ids}
    assert examples[1]["inputs"] == {"decoded": "", "ids": []}
    command, *flags = show_command(path).split()
    assert (command, t2t_datagen.main(flags)) == ("t2t-datagen", 0)
    printed = capsys.readouterr().out
    assert "loss: nan" in printed and f"decoded  {text}" in printed


def test_modules_that_the_command_names_are_imported(run_dir: Path, tmp_path: Path) -> None:
    batch = {"inputs": np.array([[7]]), "targets": np.array([[7]])}
    path = keep_batch(run_dir, "00000003-0", batch, {"problem": PROBLEMS[0], "step": 3})
    assert path is not None
    text = MY_PROBLEM.format(name="BesideKeptBatch")
    file = write_file(tmp_path / "mine_beside_kept_batch.py", text)
    _, *flags = show_command(path).split()
    assert t2t_datagen.main([*flags, f"--t2t_usr_dir={file}"]) == 0
    assert "beside_kept_batch" in registry.problem_names()


def test_of_other_arrays_the_range_and_what_is_not_finite_is_shown(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(run_dir)
    task = dataclasses.replace(run.tasks[0], inputs=Audio())
    monkeypatch.setattr(
        "t2t_mm.run.kept_batches.open_run", lambda _: dataclasses.replace(run, tasks=(task,))
    )
    sound = np.zeros((1, 4, 80), "float32")
    sound[0, 1, :3], sound[0, 2, 0] = np.nan, -2.5
    batch = {"inputs": sound, "inputs_size": np.array([[3]]), "targets": np.array([[5]])}
    path = keep_batch(run_dir, "00000004-0", batch, {"problem": task.name, "step": 4})
    assert path is not None
    (example,) = describe_kept_batch(path)[1]
    expected = {"shape": "3 x 80", "least": "-2.5", "greatest": "0", "not finite": "3"}
    assert example["inputs"] == expected


def test_no_more_than_a_few_are_kept_and_a_step_made_again_keeps_its_own(tmp_path: Path) -> None:
    batch = {"targets": np.zeros(1)}
    for step in range(MOST_KEPT):
        assert keep_batch(tmp_path, f"{step:08d}-0", batch, {"step": step})
    assert keep_batch(tmp_path, "00000099-0", batch, {}) is None
    again = keep_batch(tmp_path, "00000003-0", {"targets": np.ones(1)}, {})
    assert again is not None
    with np.load(again / "batch.npz") as arrays:
        assert arrays["targets"] == [1.0]
    assert len(list((tmp_path / "faults").iterdir())) == MOST_KEPT


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("fault.json", b'{"problem": "algo', "Unterminated string"),
        ("fault.json", b"3", "not iterable"),
        ("fault.json", b'{"problem": "mini_ende"}', "there is no step"),
        ("batch.npz", b"", "No data left in file"),
        ("batch.npz", b"PK\x03\x04 cut", "not a zip file"),
        ("batch.npz", None, "there is no inputs"),
    ],
)
def test_a_damaged_batch_is_told(
    file: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    batch = {"targets": np.zeros((1, 1))} | ({"inputs": np.zeros((1, 1))} if content else {})
    path = keep_batch(tmp_path, "00000003-0", batch, {"problem": "mini_ende", "step": 3})
    assert path is not None
    if content is not None:
        (path / file).write_bytes(content)
    with pytest.raises(UserError, match=rf"kept batch is damaged: .*{message}.*kept_batch="):
        describe_kept_batch(path)


def test_a_folder_without_a_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No kept batch.*RUN/faults"):
        describe_kept_batch(tmp_path)
