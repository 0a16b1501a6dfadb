"""What a model answers to one value, and how it came to that: no page, no Gradio."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.errors import UserError
from t2t_mm.inference.batch_decoder import Alternative
from t2t_mm.inference.inner_view import Inspection
from t2t_mm.inference.predictor import Predictor
from t2t_mm.playground.given_values import check_given

NUM_ALTERNATIVES = 4
"""How many texts a beam keeps, or classes are named."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What the model says, and what happened inside of it.

    Args:
        alternatives: The best first; it is what the model says.
        inspection: Of the best.
        seconds: That all took.
    """

    alternatives: tuple[Alternative, ...]
    inspection: Inspection
    seconds: float

    @property
    def text(self) -> str:
        """What the model says."""
        return self.alternatives[0].text


def answer_value(predictor: Predictor, value: Any) -> Answer:
    """Ask a problem of a run.

    Args:
        predictor: The problem.
        value: A text, the name of a class, or the path of a file.

    Raises:
        UserError: There is no value, or it cannot be read, or is too large for a page; or the model
            finds no output.

    Example:
        >>> import t2t_mm
        >>> answer = answer_value(t2t_mm.load("demo/run")["mini_ende"], "A red boat.")
        >>> len(answer.alternatives), list(answer.inspection.experts)
        (4, ['encoder', 'decoder'])
    """
    check_given(choose_kind(predictor.task.inputs).given_as, value)
    start = time.perf_counter()
    alternatives = tuple(predictor.n_best(value, NUM_ALTERNATIVES))
    if not any(one.text for one in alternatives):
        raise UserError("The model finds no output for this")
    (inspection,) = predictor.inspect_each([(value, alternatives[0].text)])
    return Answer(alternatives, inspection, time.perf_counter() - start)
