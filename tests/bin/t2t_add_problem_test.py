"""A user's problem is grafted onto a run by one command, and trained by the line that it prints."""

import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_hashes import hash_files
from seals import change_sealed
from tiny_run import PROBLEMS, STEPS, TinyRun

from t2t_mm.bin import command, t2t_add_problem, t2t_trainer
from t2t_mm.bin.t2t_add_problem import compose_command
from t2t_mm.data.vocabulary.labels import LabelVocabulary, save_labels
from t2t_mm.errors import UserError
from t2t_mm.run import keras_backend
from t2t_mm.run.run_directory import open_run
from t2t_mm.training import warm_start

SWAPPED = """
from t2t_mm import Language, Problem, registry

@registry.register_problem
class SwappedWords(Problem):
    text = Language(vocabulary="swapped")
    modalities = {"inputs": text, "targets": text}

    def generate(self, split):
        for number in range(40):
            first, second = f"word{number % 7}", f"other{number % 5}"
            yield {"inputs": f"{first} {second}", "targets": f"{second} {first}"}
"""


@dataclass(frozen=True)
class Grafted:
    """The new run, and what the command said of it."""

    output_dir: Path
    report: dict[str, Any]
    old_files_are_the_same: bool


def cut_off_by_hand(*given: Any) -> Any:
    """Is interrupted, as a comparison that lasts too long for its user."""
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def grafted(tiny_run: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Grafted:
    root = tmp_path_factory.mktemp("grafted")
    (root / "mine").mkdir()
    (root / "mine" / "swapped.py").write_text(SWAPPED)
    before = hash_files(tiny_run.output_dir)
    argv = [
        f"--warm_start_from={tiny_run.output_dir}",
        "--problems=swapped_words",
        f"--output_dir={root / 'run'}",
        f"--data_dir={root / 'data'}",
        f"--t2t_usr_dir={root / 'mine'}",
        "--generate_data",
        "--num_experts=6",
        "--hparams=experts.entry_steps=4,train.steps=6",
        "--json",
    ]
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: printed.append(" ".join(words)))
        (root / "data").mkdir()
        for name in PROBLEMS[:1]:
            (root / "data" / name).symlink_to(tiny_run.data_dir / name)
        with patch.context() as cut_off:
            cut_off.setattr(warm_start, "_compare", cut_off_by_hand)
            assert t2t_add_problem.main(argv) == 130
        assert t2t_add_problem.main(argv) == 0  # again from the start, comparison and all
    report = json.loads(printed[-1])
    return Grafted(root / "run", report, hash_files(tiny_run.output_dir) == before)


@pytest.mark.slow
def test_the_old_run_is_left_alone(grafted: Grafted) -> None:
    assert grafted.old_files_are_the_same


@pytest.mark.slow
def test_nets_commands_and_gates_are_grafted_and_all_else_is_loaded(grafted: Grafted) -> None:
    variables = grafted.report["variables"]
    assert not variables["mismatched"] and not variables["unused"]
    new = {name for name in variables["new"] if ".4" not in name and ".5" not in name}
    nets = {"input_embedding", "target_embedding", "softmax"}
    gates = {f"multimodel/{part}/experts/gate/entry" for part in ("encoder", "decoder")}
    assert new == gates | {
        "multimodel/command.swapped_words",
        *(f"multimodel/language_swapped/{net}" for net in nets),
    }
    assert [name.rpartition("/")[2] for name in variables["grown"]] == ["choice", "spread"] * 2


@pytest.mark.slow
def test_old_outputs_are_compared_where_their_data_is(grafted: Grafted) -> None:
    there, missing = (grafted.report["outputs"][name] for name in PROBLEMS)
    assert there["unmoved"] and there["decoded_equal"] and there["largest_difference"] <= 1e-5
    assert there["examples"] == 16 and missing["examples"] == 0
    assert "algorithmic_reverse has not been generated" in missing["reason"]


@pytest.mark.slow
def test_new_experts_have_no_entry_yet(grafted: Grafted) -> None:
    with np.load(grafted.output_dir / "checkpoints" / "00000000" / "weights.npz") as weights:
        entry = weights["multimodel/encoder/experts/gate/entry"]
    assert entry.tolist() == [1, 1, 1, 1, 0, 0]


@pytest.mark.slow
def test_an_untrained_run_is_made_anew_by_the_same_command_only(
    grafted: Grafted, tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    before = hash_files(grafted.output_dir)
    flags = [f"--warm_start_from={tiny_run.output_dir}", f"--output_dir={grafted.output_dir}"]
    for more in (["--problems=mini_ende"], ["--problems=swapped_words", "--num_experts=7"]):
        assert t2t_add_problem.main([*flags, *more]) == 2
        error = capsys.readouterr().err
        assert "holds a run already. Expected: a new folder, or the same graft" in error
    assert hash_files(grafted.output_dir) == before


@pytest.mark.slow
def test_the_line_that_is_printed_trains_it_and_the_end_says_what_changed(
    grafted: Grafted, tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(grafted.output_dir)
    (Path(run.data_dir) / PROBLEMS[1]).symlink_to(tiny_run.data_dir / PROBLEMS[1])
    argv = shlex.split(compose_command(run))[1:]
    # Data of an old problem that was generated anew: nothing was trained on the former here.
    old = {"data_digests": {**run.data_digests, PROBLEMS[0]: "another"}}
    change_sealed(grafted.output_dir / "run.json", lambda record: record.update(old))
    assert t2t_trainer.main([*argv, "--train_steps=6", "--eval_steps=1"]) == 0
    said = capsys.readouterr().err.splitlines()
    start = next(i for i, line in enumerate(said) if "accuracy before, after" in line)
    assert [line.split()[0] for line in said[start + 1 : start + 4]] == [*PROBLEMS, "swapped_words"]
    assert said[start + 3].endswith("new")
    trained = open_run(grafted.output_dir)
    assert trained.warm_start["step"] == STEPS and trained.hparams.train.steps == 6
    with np.load(grafted.output_dir / "checkpoints" / "00000006" / "weights.npz") as weights:
        assert weights["multimodel/encoder/experts/gate/entry"].tolist() == [1] * 6


NAMED = """
from t2t_mm import Categorical, Language, Problem, registry

@registry.register_problem
class NamedThings(Problem):
    kind = Categorical(vocabulary="things_for_tests")
    modalities = {"inputs": Language("bytes"), "targets": kind}
    classes = ("disc", "square")

    def generate(self, split):
        raise AssertionError("data is generated that no run can be trained on")
"""


@pytest.fixture(scope="module")
def named_things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = tmp_path_factory.mktemp("named") / "named_things.py"
    module.write_text(NAMED)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(
    ("main", "flags"),
    [
        (t2t_add_problem.main, ["--warm_start_from=OLD", "--output_dir=NEW"]),
        (t2t_trainer.main, ["--warm_start_from=OLD", "--output_dir=NEW"]),
        (t2t_trainer.main, ["--output_dir=OLD"]),
    ],
    ids=["add-problem", "warm start", "resume"],
)
def test_another_vocabulary_is_told_before_data_is_generated_with_it(
    main: Callable[[list[str]], int],
    flags: list[str],
    named_things: Path,
    tiny_run: TinyRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, data = tmp_path / "old", tmp_path / "data"
    shutil.copytree(tiny_run.output_dir, old)
    change_sealed(
        old / "run.json",
        lambda record: record["vocabulary_hashes"].update(things_for_tests="1" * 64),
    )
    save_labels(data, LabelVocabulary("things_for_tests", ["disc", "square"]))
    paths = {"OLD": str(old), "NEW": str(tmp_path / "new")}
    for word, path in paths.items():
        flags = [flag.replace(word, path) for flag in flags]
    more = ["--problems=named_things", f"--data_dir={data}", f"--t2t_usr_dir={named_things}"]
    assert main([*flags, *more, "--generate_data"]) == 2
    assert "'things_for_tests' in" in (error := capsys.readouterr().err)
    assert "is not the one that the checkpoints of" in error


def test_the_backend_is_chosen_before_anything_of_a_user_is_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(keras_backend, "choose_backend", lambda *by: chosen.append(by))

    def stop(entries: object) -> None:
        raise UserError("a user's module")

    monkeypatch.setattr(command, "import_user_modules", stop)
    flags = ["--warm_start_from=run/checkpoints/00000002", "--problems=x", "--output_dir=new"]
    assert t2t_add_problem.main(flags) == 2
    assert chosen == [("", Path("run"))]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--warm_start_from and --problems must be given"),
        (["--warm_start_from=NOWHERE", "--problems=mini_ende"], "no run to begin with"),
        (["--warm_start_from=RUN", "--problems=algorithmic_copy"], "has learned algorithmic_copy"),
        (["--warm_start_from=RUN", "--problems=mini_endee"], "Did you mean 'mini_ende'"),
        (["--warm_start_from=RUN", "--problems=mini_ende"], "t2t-datagen --problems=mini_ende"),
        (
            [
                "--warm_start_from=RUN",
                "--problems=mini_ende",
                "--hparams=data.rates={algorithmic_copy:1,algorithmic_reverse:1}",
            ],
            "data.rates has no rate for mini_ende",
        ),
        (
            [
                "--warm_start_from=RUN",
                "--problems=mini_ende",
                "--hparams=mixture.loss_weights={mini_enfr:2}",
            ],
            "mixture.loss_weights names 'mini_enfr', which is none of the problems",
        ),
        (
            ["--warm_start_from=RUN", "--problems=mini_ende", "--hparams=model.widht=3"],
            "'model.width'",
        ),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    tiny_run: TinyRun,
    flags: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = {"RUN": str(tiny_run.output_dir), "NOWHERE": str(tmp_path / "nowhere")}
    for word, path in paths.items():
        flags = [flag.replace(word, path) for flag in flags]
    assert t2t_add_problem.main([*flags, f"--output_dir={tmp_path / 'new'}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-add-problem: error: ") and message in error
    assert not (tmp_path / "new").exists()
