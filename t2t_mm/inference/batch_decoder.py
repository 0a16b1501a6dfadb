"""From batches to what a person reads: decoded text, or the names of classes."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from t2t_mm.data.kinds.kind_table import choose_kind, name_vocabulary
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.side_by_side import count_at_once, run_side_by_side
from t2t_mm.run.task import GraphKey, Task
from t2t_mm.search.choose_search import make_search
from t2t_mm.search.class_ranking import TopClasses
from t2t_mm.search.constraint import Constraint
from t2t_mm.search.few_shapes import list_open_axes
from t2t_mm.search.search import Search
from t2t_mm.search.search_state import Hypotheses
from t2t_mm.settings.decode_section import DecodeHParams

_SMALLEST = 1e-38  # a probability whose logarithm float32 has
_MOST_SETTINGS = 8  # whose searches are kept


class Alternative(NamedTuple):
    """One of several outputs for an example.

    Attributes:
        text: As decoded, or the name of a class.
        log_probability: In nats, of all its symbols and the end of the sequence.
        score: What the search prefers by; of classes and samples the log-probability.
    """

    text: str
    log_probability: float
    score: float


class Output(NamedTuple):
    """What the model makes of one example.

    Attributes:
        text: The decoded text, or the name of the most probable class.
        ranking: Names of the most probable classes, best first; empty where the output is text.
        probability: Of the best class; None where the output is text.
        alternatives: All that was found, best first, samples as they were drawn; empty after a
            greedy search.
    """

    text: str
    ranking: tuple[str, ...] = ()
    probability: float | None = None
    alternatives: tuple[Alternative, ...] = ()


class BatchDecoder:
    """Decodes batches of any task of one model, in several threads too.

    Tasks of one signature share a trace.

    Args:
        model: Built; its weights may change between two calls.
        vocabularies: By name.
        decode: How.
        constraints: What outputs may be, by name of the task.

    Attributes:
        num_symbols: Of the best texts decoded so far, the ends of sequences included.
    """

    def __init__(
        self,
        model: MultiModel,
        vocabularies: Mapping[str, Vocabulary],
        decode: DecodeHParams,
        constraints: Mapping[str, Constraint] | None = None,
    ) -> None:
        self.model = model
        self.vocabularies = vocabularies
        self.decode = decode
        self.num_symbols = 0
        self.constraints = dict(constraints or {})
        self._searches: dict[Any, Search] = {}
        self._rankings: dict[GraphKey, TopClasses] = {}
        self._kept = {_leave_seed_out(decode): self._searches}
        self._counting = threading.Lock()

    def change(self, decode: DecodeHParams) -> BatchDecoder:
        """Return a decoder of the same model with other settings.

        Searches are kept of the last few settings; those that differ in their seed share them.
        """
        other = copy(self)
        other.decode, other.num_symbols = decode, 0
        key = _leave_seed_out(decode)
        other._searches = self._kept[key] = self._kept.pop(key, {})
        if len(self._kept) > _MOST_SETTINGS:
            oldest, *_ = list(self._kept)  # at once: other threads may change it
            self._kept.pop(oldest, None)
        return other

    @tell_exhaustion(
        "Lower decode.batch_size (of a split --eval_batch_tokens), or decode on the CPU: "
        "CUDA_VISIBLE_DEVICES=-1."
    )
    def __call__(
        self, task: Task, batch: Mapping[str, Any], places: Sequence[int] | None = None
    ) -> list[Output]:
        """Return an output for each example of a batch, in order.

        Args:
            task: One of the model's.
            batch: "inputs", and "inputs_size" where there is one.
            places: Of the examples among all, which seed what is drawn for them.

        Example:
            >>> import numpy as np
            >>> import t2t_mm
            >>> loaded = t2t_mm.load("demo/run")
            >>> task = loaded.run.task("mini_ende")
            >>> batch = {"inputs": np.array([[7, 9, 1], [12, 1, 0]], np.int32)}
            >>> len(loaded.decoder(task, batch))
            2
        """
        vocabulary = self.vocabularies[name_vocabulary(task.targets)]
        if self.model.modalities[task.nets[1]].reads_encoder:
            return self._rank(task, batch, vocabulary)
        constraint = self.constraints.get(task.name)
        key = (task.make_graph_key(batch), id(constraint))
        search = self._searches.get(key)  # as it holds its rule, the id stays that of this rule
        if search is None:
            self._forget_old_rules()
            made = make_search(self.model, task.signature, self.decode, constraint)
            search = self._searches.setdefault(key, made)  # another thread may have been first
        found = search(
            batch,
            command_index=task.command_index,
            extra_length=self.decode.extra_length,
            problem_index=task.problem_index,
            places=places,
            seed=self.decode.sampling_seed,
            open_axes=list_open_axes(choose_kind(task.inputs)),
        )
        with self._counting:
            self.num_symbols += int(np.count_nonzero(found.ids[:, 0]))  # 0 pads
        return _read_outputs(found, vocabulary)

    def decode_split(
        self, task: Task, batches: Iterable[Mapping[str, Any]]
    ) -> Iterator[tuple[Mapping[str, Any], list[Output]]]:
        """Yield the batches of a split in order, each with its outputs; some are decoded ahead."""

        def decode(numbered: tuple[int, Mapping[str, Any]]) -> list[Output]:
            start, batch = numbered
            return self(task, batch, range(start, start + len(batch["inputs"])))

        found = run_side_by_side(decode, _number_examples(batches), count_at_once())
        return ((batch, outputs) for (_, batch), outputs in found)

    def _forget_old_rules(self) -> None:
        """Let go of searches by rules that no task has any more, and of what was traced for them.

        Other threads may change what is looked at: it is listed at once.
        """
        in_use = {id(None), *(id(rule) for rule in list(self.constraints.values()))}
        for searches in (self._searches, *list(self._kept.values())):
            for key in list(searches):
                if key[1] not in in_use:
                    searches.pop(key, None)

    def _rank(self, task: Task, batch: Mapping[str, Any], vocabulary: Vocabulary) -> list[Output]:
        key = task.make_graph_key(batch)
        if key not in self._rankings:
            self._rankings.setdefault(key, TopClasses(self.model, *task.signature))
        ranked = self._rankings[key](
            batch,
            problem_index=task.problem_index,
            open_axes=list_open_axes(choose_kind(task.inputs)),
        )
        outputs = []
        for ids, probabilities in zip(
            ranked.ids.tolist(), ranked.probabilities.tolist(), strict=True
        ):
            names = [vocabulary.decode([index]) for index in ids]
            logs = [math.log(max(probability, _SMALLEST)) for probability in probabilities]
            alternatives = tuple(map(Alternative, names, logs, logs))
            outputs.append(Output(names[0], tuple(names), round(probabilities[0], 6), alternatives))
        return outputs


def _number_examples(
    batches: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    start = 0
    for batch in batches:
        yield start, batch
        start += len(batch["inputs"])


def _leave_seed_out(decode: DecodeHParams) -> DecodeHParams:
    return replace(decode, sampling_seed=0)


def _read_outputs(found: Hypotheses, vocabulary: Vocabulary) -> list[Output]:
    texts = [[vocabulary.decode(ids) for ids in rows] for rows in found.ids.tolist()]
    if found.log_probabilities is None or found.scores is None:
        return [Output(row[0]) for row in texts]
    columns = zip(texts, found.log_probabilities.tolist(), found.scores.tolist(), strict=True)
    outputs = []
    for row, logs, scores in columns:
        alternatives = [
            Alternative(*one)
            for one in zip(row, logs, scores, strict=True)
            if math.isfinite(one[1])
        ]
        text = alternatives[0].text if alternatives else ""
        outputs.append(Output(text, alternatives=tuple(alternatives)))
    return outputs
