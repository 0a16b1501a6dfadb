"""What may be asked of an evaluation together."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluation_options import EvaluationOptions


@pytest.mark.parametrize("name", ["shuffled_inputs", "baseline"])
def test_only_decoded_outputs_are_compared(name: str) -> None:
    assert getattr(EvaluationOptions(**{name: True}), name)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=rf"Only decoded outputs.*decode=False.*{name}=True"):
        EvaluationOptions(decode=False, **{name: True})  # type: ignore[arg-type]
