import pytest
from tiny_run import TinyRun

from t2t_mm.errors import UserError
from t2t_mm.run.run_directory import open_run
from t2t_mm.settings import TrainHParams
from t2t_mm.training import trainer
from t2t_mm.training.early_stopping import EarlyStopping
from t2t_mm.training.on_tensorflow.tensorflow_backend import TensorFlowBackend
from t2t_mm.training.training_options import TrainingOptions


def test_batches_of_no_evaluation_are_refused() -> None:
    assert TrainingOptions(eval_steps=3).evaluate
    with pytest.raises(UserError, match=r"Received: eval_steps=3, evaluate=False"):
        TrainingOptions(eval_steps=3, evaluate=False)


def test_programs_are_compiled_ahead_only_if_they_are_kept() -> None:
    assert TrainingOptions(compile_only=True, compile_cache="folder").compile_only
    with pytest.raises(UserError, match="compiled for nothing"):
        TrainingOptions(compile_only=True, compile_cache="none")
    with pytest.raises(UserError, match=r"A warm start begins a run.*without warm_start_from"):
        TrainingOptions(compile_only=True, warm_start_from="run")


def test_numbers_of_batches_and_steps_are_not_negative() -> None:
    with pytest.raises(UserError, match="eval_steps cannot be negative"):
        TrainingOptions(eval_steps=-1)
    with pytest.raises(UserError, match="early_stopping_steps cannot be negative"):
        EarlyStopping(steps=-1)


@pytest.mark.parametrize(
    "options",
    [
        TrainingOptions(save_in_background=True),
        TrainingOptions(compile_only=True, compile_cache="cache"),
    ],
)
def test_what_only_jax_does_is_refused_on_tensorflow(options: TrainingOptions) -> None:
    with pytest.raises(UserError, match=r"TensorFlow.*--backend=jax"):
        TensorFlowBackend.prepare_process(TrainHParams(), options, [])


def test_how_checkpoints_are_written_reaches_who_writes_them(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, object]] = []

    def open_store(*_: object, **options: object) -> None:
        given.append(options)
        raise UserError("that is all")

    monkeypatch.setattr(trainer, "CheckpointStore", open_store)
    for name in ("verify_checkpoints", "save_in_background"):
        with pytest.raises(UserError, match="that is all"):
            trainer._open_store(open_run(tiny_run.output_dir), TrainingOptions(**{name: True}))
    assert given == [
        {"verifies": True, "in_background": False},
        {"verifies": False, "in_background": True},
    ]
