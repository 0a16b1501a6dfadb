"""A run as one SavedModel: it answers as the run does where this package is not at hand."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from tiny_run import PROBLEMS, TinyRun

import t2t_mm
from t2t_mm import UserError
from t2t_mm.inference import export as export_module
from t2t_mm.inference.export import Export, choose_version, export

LINES = ["1 2 3", "", "4 4 4 4 4 4 4", "5", " ", "6 7 8 9 1 2", "déjà vu 9"]
WITHOUT_US = """
import json, sys
sys.modules["t2t_mm"] = None  # any import of it now fails
import tensorflow as tf
import tensorflow_text  # brings the operations of the tokenizer
loaded = tf.saved_model.load(sys.argv[1])
lines, answers = json.loads(sys.argv[2]), {}
for name, signature in loaded.signatures.items():
    found = [signature(inputs=tf.constant(rows))["outputs"] for rows in (lines, lines[:1])]
    answers[name] = [[text.decode() for text in one.numpy()] for one in found]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def exported(tiny_run: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Export:
    return export(tiny_run.output_dir, tmp_path_factory.mktemp("served"))


@pytest.mark.slow
def test_it_answers_as_the_run_does_without_this_package(
    exported: Export, tiny_run: TinyRun
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_US, exported.path, json.dumps(LINES)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(exported.path).parent,
    )
    run = t2t_mm.load(tiny_run.output_dir)
    expected = {name: [run[name](LINES), run[name](LINES[:1])] for name in PROBLEMS}
    assert json.loads(done.stdout) == expected
    assert any(text for text in expected[PROBLEMS[0]][0])


def test_an_input_that_the_run_refuses_as_too_long_is_refused(
    exported: Export, tiny_run: TinyRun
) -> None:
    text = "1 2 3 " * 200
    with pytest.raises(UserError, match="positions long"):
        t2t_mm.load(tiny_run.output_dir)[PROBLEMS[0]](text)
    signature = tf.saved_model.load(exported.path).signatures[PROBLEMS[0]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 256 positions long"):
        signature(inputs=tf.constant(["1", text]))


def test_what_was_written_is_described_beside_it(exported: Export, tiny_run: TinyRun) -> None:
    path = Path(exported.path)
    assert path.name == "1" and [one.name for one in path.parent.iterdir()] == ["1"]
    assert list(exported.signatures) == list(PROBLEMS)
    described = exported.signatures[PROBLEMS[0]]
    assert described["inputs"] == {"inputs": "string[any]"}
    assert described["outputs"] == {"outputs": "string[any]"}
    assert described["feature"]["modality"] == "language"
    beside = json.loads((path / "assets.extra" / "t2t_mm.json").read_text())
    assert beside == {"step": exported.step, "signatures": exported.signatures}
    sizes = [one.stat().st_size for one in path.rglob("*") if one.is_file()]
    assert exported.num_bytes == sum(sizes) and exported.seconds > 0
    assert exported.step == t2t_mm.load(tiny_run.output_dir).restored.step


@pytest.mark.slow
def test_of_one_problem_the_signature_is_the_default_and_the_next_version_is_taken(
    exported: Export, tiny_run: TinyRun, tmp_path: Path
) -> None:
    parent = Path(shutil.copytree(Path(exported.path).parent, tmp_path / "served"))
    (parent / "7.incomplete").mkdir()
    alone = export(tiny_run.output_dir, parent, problems=PROBLEMS[1], version=7)
    assert Path(alone.path).name == "7" and list(alone.signatures) == [PROBLEMS[1]]
    assert sorted(one.name for one in parent.iterdir()) == ["1", "7"]
    signatures = tf.saved_model.load(alone.path).signatures
    assert set(signatures) == {PROBLEMS[1], "serving_default"}
    assert choose_version(parent).name == "8"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 1}, "1 is there already. Expected: .* such as "),
        ({"version": -1}, "a number from 1 on. Received: version=-1"),
        ({"problems": "algorithmic_cop"}, "Did you mean 'algorithmic_copy'"),
        ({"checkpoint_path": "nowhere"}, "nowhere"),
    ],
)
def test_what_cannot_be_written_is_refused(
    changes: dict[str, object], message: str, exported: Export, tiny_run: TinyRun
) -> None:
    with pytest.raises(UserError, match=message):
        export(tiny_run.output_dir, Path(exported.path).parent, **changes)  # type: ignore[arg-type]


def test_another_backend_is_told_to_start_anew(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "is_on_tensorflow", lambda: False)
    with pytest.raises(UserError, match="KERAS_BACKEND=tensorflow"):
        export(tiny_run.output_dir)
