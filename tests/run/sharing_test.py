"""Which problems share a net: as they declare, and in older runs as 0.1.0 made it."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from changed_settings import change_settings
from seals import change_sealed
from small_model import HPARAMS
from tiny_run import TINY

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Categorical, Feature, Image, Language
from t2t_mm.registry import load_hparams
from t2t_mm.run.named_variables import name_variables
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import Run, keep_nets, open_run, write_run
from t2t_mm.run.sharing import name_net
from t2t_mm.run.task import Task, build_model, differ_in_sharing, load_task_vocabularies, make_tasks
from t2t_mm.run.written_arrays import write_arrays
from t2t_mm.training import trainer
from t2t_mm.training.train import train
from t2t_mm.training.training_options import TrainingOptions

TEXT, DIGITS = Language("bytes"), Categorical(num_classes=10, share="digits")


def make_task_pair(first: Categorical, second: Categorical, inputs: Feature = TEXT) -> list[Task]:
    """The tasks of two problems that read the same and name classes."""
    problems = []
    for name, targets in (("odd", first), ("even", second)):
        modalities = {"inputs": inputs, "targets": targets}
        problems.append(type("Sorted", (Problem,), {"modalities": modalities})(name=name))
    return make_tasks(problems)


def list_class_nets(tasks: list[Task]) -> list[str]:
    model = build_model(tasks, load_task_vocabularies(tasks, Path()), HPARAMS)
    return [key for key in model.modalities if key.startswith("categorical")]


def test_as_many_classes_are_not_the_same_classes() -> None:
    tasks = make_task_pair(Categorical(num_classes=10), Categorical(num_classes=10))
    assert list_class_nets(tasks) == ["categorical:even/targets", "categorical:odd/targets"]


def test_problems_that_declare_one_name_share_a_net() -> None:
    assert list_class_nets(make_task_pair(DIGITS, DIGITS)) == ["categorical:digits"]


def test_one_name_for_other_classes_is_refused() -> None:
    tasks = make_task_pair(DIGITS, Categorical(num_classes=9, share="digits"))
    message = (
        r"odd and even share the net 'categorical:digits', but not its classes\. Expected: the 10 "
        r"classes of 'classes_10', in the same order\. Received: classes=.the 9 of 'classes_9'.\. "
        r"Declare another share="
    )
    with pytest.raises(UserError, match=message):
        build_model(tasks, load_task_vocabularies(tasks, Path()), HPARAMS)


def test_pictures_of_all_sizes_of_imagenet_have_one_output_layer() -> None:
    names = {
        name_net(registry.problem(f"imagenet{size}"), "targets") for size in ("", "_224", "_64")
    }
    assert names == {"categorical:imagenet"}


def test_sounds_of_two_rates_have_a_net_each() -> None:
    nets = [
        make_task_pair(DIGITS, DIGITS, Audio(sample_rate_hz=rate))[0].nets[0] for rate in (8, 9)
    ]
    assert nets == ["audio:8:80", "audio:9:80"]


def test_an_exchanged_problem_has_the_nets_of_its_base() -> None:
    @registry.register_problem("drawn_for_tests")
    class Drawn(Problem):
        modalities: ClassVar = {"inputs": Image(), "targets": Categorical(num_classes=3)}

    class Back(Problem):
        reverse_of = "drawn_for_tests"

    net = "categorical:drawn_for_tests/targets"
    assert name_net(Back(), "inputs") == name_net(Drawn(name="drawn_for_tests"), "targets") == net


@pytest.mark.parametrize(
    ("feature", "key"),
    [
        (Language("bytes"), "language:bytes"),
        (Image(channels=1), "image:1"),
        (Audio(sample_rate_hz=8000, num_bands=40), "audio:40"),
        (Audio(representation="waveform"), "audio:waveform"),
        (Categorical(num_classes=10), "categorical:10"),
        (Categorical(vocabulary="pets"), "categorical:pets"),
    ],
)
def test_nets_of_0_1_0(feature: Feature, key: str) -> None:
    assert choose_kind(feature).share_key_of_0_1_0 == key


def make_run(directory: Path, tasks: list[Task]) -> Run:
    return Run(
        directory=directory,
        hparams=HPARAMS,
        tasks=tuple(tasks),
        data_dir="",
        user_modules=(),
        vocabulary_hashes={},
        data_digests={},
    )


@pytest.fixture
def tasks() -> list[Task]:
    """Two problems of ten classes, which 0.1.0 took for the same ten."""
    return make_task_pair(Categorical(num_classes=10), Categorical(num_classes=10))


@pytest.fixture
def old_run(tasks: list[Task], tmp_path: Path) -> Run:
    """A run of them whose run.json names no nets, and a checkpoint of it."""
    records = [task.to_json() for task in tasks]
    for record in records:
        del record["nets"]
    run = make_run(tmp_path, [Task.from_json(record) for record in records])
    vocabularies = load_task_vocabularies(run.tasks, tmp_path)
    write_run(run, vocabularies, tmp_path)
    change_sealed(tmp_path / "run.json", lambda described: described.update(tasks=records))
    folder = tmp_path / "checkpoints" / "00000001"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}", encoding="utf-8")
    model = build_model(run.tasks, vocabularies, HPARAMS)
    write_arrays(folder / "weights.npz", name_variables(model.variables, model.row_names))
    return run


def test_a_run_that_names_no_nets_shares_as_it_was_trained(old_run: Run) -> None:
    run = open_run(old_run.directory)
    assert [task.nets for task in run.tasks] == [("language:bytes", "categorical:10")] * 2
    restored = restore_model(run)
    assert {"language:bytes", "categorical:10"} == set(restored.model.modalities)
    with np.load(run.directory / "checkpoints" / "00000001" / "weights.npz") as arrays:
        assert {variable.path for variable in restored.model.variables} == set(arrays.files)


def test_a_run_that_goes_on_writes_down_the_nets_it_has(old_run: Run, tasks: list[Task]) -> None:
    run = open_run(old_run.directory)
    assert run.tasks == tuple(tasks)
    assert differ_in_sharing(run.tasks, tasks)
    write_run(keep_nets(make_run(run.directory, tasks), run), {}, run.directory)
    again = open_run(run.directory)
    assert [task.nets for task in again.tasks] == [task.nets for task in run.tasks]


class Parity(Problem):
    """Text to one of two classes."""

    modalities: ClassVar = {"inputs": TEXT, "targets": Categorical(num_classes=2, share="parity")}
    splits = ("train",)
    metrics = ("top_k",)

    def generate(self, split: str) -> Iterator[dict[str, object]]:
        for number in range(9):
            yield {"inputs": str(number), "targets": number % 2}


@pytest.mark.slow
def test_a_run_goes_on_with_its_net_after_the_declaration_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["parity_for_tests", "parity_too_for_tests"]
    for name in names:
        registry.register_problem(name)(type("Own", (Parity,), {}))

    def train_on(steps: int, warmup_steps: int) -> set[str]:
        options = TrainingOptions(generate=True, evaluate=False)
        hparams = load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps={steps}")
        hparams = change_settings(hparams, warmup_steps=warmup_steps)
        folders = {"data_dir": tmp_path / "data", "output_dir": tmp_path / "run"}
        run = train(names, hparams=hparams, options=options, **folders)
        assert open_run(tmp_path / "run").tasks == run.tasks
        return {task.nets[1] for task in run.tasks}

    assert train_on(1, warmup_steps=3) == {"categorical:parity"}
    assert "the run keeps" not in capsys.readouterr().err
    own = {"inputs": TEXT, "targets": Categorical(num_classes=2)}
    monkeypatch.setattr(Parity, "modalities", own)
    assert train_on(2, warmup_steps=9) == {"categorical:parity"}
    told = capsys.readouterr().err
    assert "resumed at step 1" in told and "the run keeps the nets that it was trained with" in told
    assert "the run keeps its warm-up: optimizer.warmup_steps=3, not 9" in told
    train_on(3, warmup_steps=1)  # as many as a set would have
    assert "warm-up: optimizer.warmup_steps=3, not 1" in capsys.readouterr().err


def test_other_names_for_the_same_sharing_are_no_difference() -> None:
    declared = make_task_pair(DIGITS, DIGITS)
    older = [Task.from_json({**task.to_json(), "nets": None}) for task in declared]
    assert older[0].nets != declared[0].nets
    assert not differ_in_sharing(older, declared)


def test_problems_can_have_nets_of_their_own() -> None:
    names = ("mini_caption", "mini_ende", "mini_deen", "mini_image")
    problems = [registry.problem(name) for name in names]
    nets = [task.nets for task in make_tasks(problems, share=False)]
    assert nets == [
        ("image/mini_caption", "language:shared/mini_caption"),
        ("language:shared/mini_ende", "language:shared/mini_ende"),
        ("language:shared/mini_deen", "language:shared/mini_deen"),
        ("image/mini_image", "categorical:mini_image/targets"),
    ]


def test_a_run_is_made_and_read_with_the_nets_of_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(trainer, "make_tasks", lambda problems, share: asked.append(share) or [])
    inputs = SimpleNamespace(problems=[], data_dir=tmp_path, compute_digests=dict, rates={"a": 1.0})
    for share in (True, False):
        hparams = change_settings(HPARAMS, share=share)
        assert not trainer._describe(inputs, hparams, tmp_path, ()).tasks  # type: ignore[arg-type]
    assert asked == [True, False]
