import pytest

from t2t_mm.errors import UserError
from t2t_mm.training.training_options import TrainingOptions


def test_batches_of_no_evaluation_are_refused() -> None:
    assert TrainingOptions(eval_steps=3).evaluate
    with pytest.raises(UserError, match=r"Received: eval_steps=3, evaluate=False"):
        TrainingOptions(eval_steps=3, evaluate=False)


def test_programs_are_compiled_ahead_only_if_they_are_kept() -> None:
    assert TrainingOptions(compile_only=True, compile_cache="folder").compile_only
    with pytest.raises(UserError, match="compiled for nothing"):
        TrainingOptions(compile_only=True, compile_cache="none")
