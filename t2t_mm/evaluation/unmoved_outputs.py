"""Whether two models give the same outputs on held-out examples, to the bit or nearly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from t2t_mm import registry
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.data.records.stored import open_data
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.inference.batch_decoder import BatchDecoder
from t2t_mm.inference.teacher_forcing import collect_arguments
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.device_memory import DeviceMemoryError, tell_exhaustion
from t2t_mm.run.task import GraphKey, Task
from t2t_mm.search.forward import compile_forward
from t2t_mm.settings import DataHParams
from t2t_mm.settings.decode_section import DecodeHParams

NUM_EXAMPLES = 16
CLOSE = 1e-5
"""How far logits may differ where more experts change the order in which numbers are added."""


class OutputChange(NamedTuple):
    """How far the outputs for one batch of a problem are apart.

    Attributes:
        examples: How many were compared; 0: none, see `reason`.
        split: Of which split they are.
        largest_difference: Of all logits; 0 where they are equal to the last bit.
        decoded_equal: Whether all decoded outputs are equal; None: they were not decoded.
        reason: Why nothing was compared.
    """

    examples: int = 0
    split: str = ""
    largest_difference: float = 0.0
    decoded_equal: bool | None = None
    reason: str = ""

    @property
    def is_unmoved(self) -> bool:
        """Whether logits are equal to the bit; where decoded: nearly, and all outputs are equal."""
        if self.decoded_equal is None:
            return self.largest_difference == 0.0
        return self.decoded_equal and self.largest_difference <= CLOSE

    def describe(self) -> str:
        """Say it in a few words."""
        if not self.examples:
            return f"not compared: {self.reason}"
        equal = "equal to the last bit"
        if self.largest_difference:
            equal = f"apart by up to {self.largest_difference:.1e}"
        said = f"logits of {self.examples} examples of {self.split} {equal}"
        if self.decoded_equal is not None:
            said += f", decoded outputs {'equal' if self.decoded_equal else 'NOT equal'}"
        return said if self.is_unmoved else f"{said}: NOT as before"


class OutputReader:
    """Reads what one model answers to batches of its tasks; those of one signature share a trace.

    Args:
        model: Built.
        vocabularies: By name.
        decode: How it decodes.
    """

    def __init__(
        self, model: MultiModel, vocabularies: Mapping[str, Vocabulary], decode: DecodeHParams
    ) -> None:
        self.model = model
        self.decoder = BatchDecoder(model, vocabularies, decode)
        self._compiled: dict[GraphKey, Any] = {}

    def compute_logits(self, task: Task, batch: Mapping[str, Any]) -> np.ndarray[Any, Any]:
        """Return the logits on given targets of the examples of a batch, float32."""
        arguments, key = collect_arguments(task, batch), task.make_graph_key(batch)

        def run(batch: Mapping[str, Any]) -> Any:
            source, target = task.signature
            return self.model(batch, input_modality=source, target_modality=target).logits

        if key not in self._compiled:
            self._compiled[key] = compile_forward(self.model, run, [arguments])
        logits = self._compiled[key](arguments)[: len(batch["targets"])]
        return np.asarray(logits).astype("float32")

    def decode(self, task: Task, batch: Mapping[str, Any]) -> list[str]:
        """Return the decoded outputs of a batch."""
        return [output.text for output in self.decoder(task, batch)]


def compare_outputs(
    before: tuple[OutputReader, Task],
    after: tuple[OutputReader, Task],
    data_dir: Path,
    *,
    data: DataHParams | None = None,
    decodes: bool = False,
) -> OutputChange:
    """Run the first held-out examples of a problem through two models.

    Args:
        before: A model, and its task.
        after: Another, and its task of the same problem.
        data_dir: Where the problem's data is.
        data: Settings that say how long examples may be; None: as long as they are.
        decodes: Whether decoded outputs are compared, too.
    """
    name = before[1].name
    try:
        problem = registry.problem(name, data_dir=data_dir)
        info = open_data(problem, data_dir)
    except UserError as error:
        return OutputChange(reason=str(error).partition(".")[0])
    split = next((one for one in ("validation", "test") if one in info.lengths), "")
    if not split:
        return OutputChange(reason="there is no held-out split")
    spec = BatchSpec(examples=NUM_EXAMPLES)
    limits = choose_limits(problem, data) if data else None
    batches = make_evaluation_dataset(
        problem, split, data_dir=data_dir, batch=spec, limit=NUM_EXAMPLES, limits=limits
    )
    batch = next(iter(batches), None)
    if batch is None:
        return OutputChange(reason=f"no example of {split} is within the limits")
    try:
        with tell_exhaustion():
            one, other = (reader.compute_logits(task, batch) for reader, task in (before, after))
            outputs = [reader.decode(task, batch) for reader, task in (before, after) if decodes]
    except DeviceMemoryError as error:  # what was to be compared is as it was
        return OutputChange(reason=f"the {error.place} has too little memory")
    return OutputChange(
        examples=len(batch["targets"]),
        split=split,
        largest_difference=float(np.abs(one - other).max()),
        decoded_equal=outputs[0] == outputs[1] if decodes else None,
    )
