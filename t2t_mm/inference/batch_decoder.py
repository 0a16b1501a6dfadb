"""From batches to what a person reads: decoded text, or the names of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from t2t_mm.data.kinds.kind_table import name_vocabulary
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.inference.class_ranking import TopClasses
from t2t_mm.inference.search import GreedySearch
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.task import Task


class Output(NamedTuple):
    """What the model makes of one example.

    Attributes:
        text: The decoded text, or the name of the most probable class.
        ranking: Names of the most probable classes, best first; empty where the output is text.
        probability: Of the best class; None where the output is text.
    """

    text: str
    ranking: tuple[str, ...] = ()
    probability: float | None = None


class BatchDecoder:
    """Decodes batches of any task of one model; tasks of one signature share a trace.

    Args:
        model: Built; its weights may change between two calls.
        vocabularies: By name.
        extra_length: How much longer than its input an output may be, in symbols.
    """

    def __init__(
        self, model: MultiModel, vocabularies: Mapping[str, Vocabulary], extra_length: int
    ) -> None:
        self.model = model
        self.vocabularies = vocabularies
        self.extra_length = extra_length
        self._searches: dict[tuple[str, str], GreedySearch] = {}
        self._rankings: dict[tuple[str, str], TopClasses] = {}

    @tell_exhaustion("Lower decode.batch_size, or decode on the CPU: JAX_PLATFORMS=cpu.")
    def __call__(self, task: Task, batch: Mapping[str, Any]) -> list[Output]:
        """Return an output for each example of a batch, in order.

        Args:
            task: One of the model's.
            batch: "inputs", and "inputs_size" where there is one.

        Example:
            >>> import numpy as np
            >>> import t2t_mm
            >>> loaded = t2t_mm.load("demo/run")
            >>> task = loaded.run.task("mini_ende")
            >>> batch = {"inputs": np.array([[7, 9, 1], [12, 1, 0]], np.int32)}
            >>> len(loaded.decoder(task, batch))
            2
        """
        signature = task.signature
        if self.model.modalities[task.nets[1]].reads_encoder:
            if signature not in self._rankings:
                self._rankings[signature] = TopClasses(self.model, *signature)
            ranked = self._rankings[signature](batch, problem_index=task.problem_index)
            vocabulary = self.vocabularies[name_vocabulary(task.targets)]
            names = [[vocabulary.decode([index]) for index in row] for row in ranked.ids.tolist()]
            best = ranked.probabilities[:, 0].tolist()
            return [
                Output(ranking[0], tuple(ranking), round(probability, 6))
                for ranking, probability in zip(names, best, strict=True)
            ]
        if signature not in self._searches:
            self._searches[signature] = GreedySearch(self.model, *signature)
        found = self._searches[signature](
            batch,
            command_index=task.command_index,
            extra_length=self.extra_length,
            problem_index=task.problem_index,
        )
        vocabulary = self.vocabularies[name_vocabulary(task.targets)]
        return [Output(vocabulary.decode(row)) for row in found.ids[:, 0].tolist()]
