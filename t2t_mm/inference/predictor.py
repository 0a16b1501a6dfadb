"""One problem of a trained run as Python functions, as `t2t_mm.load(...)["mini_ende"]("...")`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.errors import UserError
from t2t_mm.inference.asked_numbers import change_numbers
from t2t_mm.inference.batch_decoder import Alternative, BatchDecoder, Output
from t2t_mm.inference.inner_view import NOTHING, Inspection
from t2t_mm.inference.teacher_forcing import TeacherForcing
from t2t_mm.inference.user_inputs import batch_inputs, batch_pairs, check_files
from t2t_mm.inference.windows import Batches, Out, Places, Skip, run_in_windows
from t2t_mm.run.restore import RestoredModel
from t2t_mm.run.task import Task
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.sections import DataHParams

RunBatch = Callable[[Task, Mapping[str, Any], Sequence[int]], Sequence[Out]]


class Predictor:
    """One problem of a loaded run: text, a picture or a sound in; text or a class out.

    Args:
        task: The problem.
        restored: Model and vocabularies, shared by all predictors of a run.
        decoder: Shared too, so that problems of one signature share its trace.
        forcing: Shared as well.
        batch_size: Examples decoded at once.
        data: Says how long an input may be.
    """

    def __init__(
        self,
        task: Task,
        restored: RestoredModel,
        decoder: BatchDecoder,
        forcing: TeacherForcing,
        *,
        batch_size: int,
        data: DataHParams,
    ) -> None:
        self.task = task
        self.batch_size = batch_size
        self._data = data
        self._restored = restored
        self._decoder = decoder
        self._forcing = forcing

    def __call__(self, inputs: Any) -> Any:
        """Decode one input, or a list (or tuple) of them in order.

        Args:
            inputs: A text; a picture as path, bytes of a file or uint8[height, width, channels];
                a sound as path, samples, or `(samples, rate in Hz)`; or a list of such.

        Returns:
            str, or list[str]; an empty text gives an empty text.
        """
        if self._is_list(inputs):
            return list(self.decode_each(inputs))
        return next(self.decode_each([inputs]))

    def rank(self, inputs: Any) -> tuple[str, ...]:
        """Return the names of the most probable classes of one input, best first.

        Nothing where the problem's targets are text.
        """
        return next(self.output_each([inputs])).ranking

    def n_best(self, inputs: Any, number: int = 4, *, alpha: float | None = None) -> Any:
        """Return the best outputs for one input, or for each of a list, the best first.

        Args:
            inputs: As `__call__` takes them.
            number: How many, found by a beam of as many hypotheses; of classes there are not more
                than a few.
            alpha: Of the length penalty, see `BeamSearch`; by default the run's own.

        Returns:
            list[Alternative], or a list of such; nothing for an empty text.
        """
        own = self._decoder.decode
        preferred = own.alpha if alpha is None else alpha
        asked = change_numbers(own, beam_size=("number", number), alpha=("alpha", preferred))
        settings = replace(
            asked, return_beams=True, write_beam_scores=True, sampling_method="argmax"
        )
        return self._find_alternatives(inputs, settings)

    def samples(
        self,
        inputs: Any,
        number: int = 1,
        *,
        temperature: float = 1.0,
        top_k: int = -1,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> Any:
        """Return outputs drawn by their probability for one input, or for each of a list.

        Args:
            inputs: As `__call__` takes them.
            number: How many for each input; they may be equal.
            temperature: See `SamplingOptions`; so are the others.
            top_k: -1 for all symbols.
            top_p: Share of the probability.
            seed: Of what is drawn; the same seed draws the same for the same place in a list.

        Returns:
            list[Alternative], or a list of such; nothing for an empty text.

        Raises:
            UserError: The problem's targets are classes, whose probabilities `n_best` gives; or a
                number is out of range.
        """
        if self._restored.model.modalities[self.task.nets[1]].reads_encoder:
            raise UserError(
                f"The outputs of {self.task.name} are classes, of which no samples are drawn",
                fix="n_best gives their probabilities.",
            )
        asked = change_numbers(
            self._decoder.decode,
            beam_size=("number", number),
            sampling_temp=("temperature", temperature),
            sampling_keep_top_k=("top_k", top_k),
            sampling_keep_top_p=("top_p", top_p),
            sampling_seed=("seed", seed),
        )
        return self._find_alternatives(inputs, replace(asked, sampling_method="random"))

    def score(self, inputs: Any, targets: Any) -> Any:
        """Return the log-probability of the target of one input, or of each of a list.

        Args:
            inputs: As `__call__` takes them.
            targets: A text, or the name or id of a class; as many as inputs.

        Returns:
            float, or list[float], in nats: of a text the sum over its symbols, the end of the
            sequence included, each with those before it given; nan for an empty input, which is
            not decoded either.

        Raises:
            UserError: A class or a file is not there, or the lists differ in length.
        """
        return self._of_pairs(inputs, targets, self.score_each)

    def attention(self, inputs: Any, targets: Any = None) -> Any:
        """Return how much each symbol of a target looks at each position of its input.

        Args:
            inputs: As `__call__` takes them.
            targets: As `score` takes them; by default what the model makes of the inputs.

        Returns:
            An `Attention`, or a list of them.
        """
        return self._of_pairs(
            inputs, targets, lambda pairs: (one.attention for one in self.inspect_each(pairs))
        )

    def experts(self, inputs: Any, targets: Any = None) -> Any:
        """Return which experts serve each position, and with which gates.

        Args:
            inputs: As `__call__` takes them.
            targets: As `attention` takes them.

        Returns:
            A mapping from the mixtures, "encoder" and "decoder", to `ExpertChoices`; or a list of
            such.
        """
        return self._of_pairs(
            inputs, targets, lambda pairs: (one.experts for one in self.inspect_each(pairs))
        )

    def __repr__(self) -> str:
        return f"<predictor of {self.task.name}: {self.task.describe()}>"

    def decode_each(self, inputs: Iterable[Any], skip: Skip | None = None) -> Iterator[str]:
        """Decode inputs and yield the texts in their order, each as soon as it is there.

        No more inputs are looked at, prepared and in memory than those of a few batches, however
        many there are.

        Args:
            inputs: As `__call__` takes them; an empty one gives an empty output.
            skip: Is given the place of an input that cannot be read, counted from 0, and why; its
                output is empty. Without it that is raised.
        """
        return (output.text for output in self.output_each(inputs, skip))

    def output_each(
        self, inputs: Iterable[Any], skip: Skip | None = None, places: Places = None
    ) -> Iterator[Output]:
        """Do what `decode_each` does, and yield all that is known; `places` seed what is drawn."""
        return self._decode_inputs(inputs, self._decoder, skip, places)

    def score_each(
        self, pairs: Iterable[tuple[Any, Any]], skip: Skip | None = None
    ) -> Iterator[float]:
        """Score pairs of an input and a target, and yield in their order as `decode_each` does."""
        sides = (self.task.inputs, self.task.targets)
        return self._run_each(
            pairs, batch_pairs, sides, _leave_places(self._forcing.score), math.nan, skip
        )

    def inspect_each(self, pairs: Iterable[tuple[Any, Any]]) -> Iterator[Inspection]:
        """Look at attention and experts of pairs of an input and a target in one pass."""
        sides = (self.task.inputs, self.task.targets)
        batch = functools.partial(batch_pairs, checks_targets=False)  # they may be its own outputs
        return self._run_each(pairs, batch, sides, _leave_places(self._forcing.inspect), NOTHING)

    def _is_list(self, inputs: Any) -> bool:
        """Return whether there are several inputs; their files are looked for."""
        is_one = choose_kind(self.task.inputs).is_one_input(inputs)
        if is_one or not isinstance(inputs, list | tuple):
            return False
        check_files(inputs, self.task.inputs)
        return True

    def _of_pairs(
        self, inputs: Any, targets: Any, run: Callable[[Iterable[tuple[Any, Any]]], Iterator[Any]]
    ) -> Any:
        targets = self(inputs) if targets is None else targets
        if not self._is_list(inputs):
            return next(run([(inputs, targets)]))
        if not isinstance(targets, list | tuple) or len(targets) != len(inputs):
            raise UserError(
                "There are not as many targets as inputs",
                expected=f"a list of {len(inputs)}",
                received={"targets": targets},
            )
        return list(run(zip(inputs, targets, strict=True)))

    def _find_alternatives(self, inputs: Any, settings: DecodeHParams) -> Any:
        decoder = self._decoder.change(settings)
        is_list = self._is_list(inputs)
        outputs = self._decode_inputs(inputs if is_list else [inputs], decoder)
        most = settings.beam_size
        found: list[list[Alternative]] = [list(one.alternatives[:most]) for one in outputs]
        return found if is_list else found[0]

    def _decode_inputs(
        self,
        inputs: Iterable[Any],
        decoder: BatchDecoder,
        skip: Skip | None = None,
        places: Places = None,
    ) -> Iterator[Output]:
        side, empty = self.task.inputs, Output("")
        return self._run_each(inputs, batch_inputs, side, decoder, empty, skip, places)

    def _run_each(
        self,
        values: Iterable[Any],
        batch_values: Callable[..., Batches],
        features: Any,
        run: RunBatch[Out],
        empty: Out,
        skip: Skip | None = None,
        places: Places = None,
    ) -> Iterator[Out]:
        """Run batches of values: of all threads together as many at once as may be."""

        def make_batches(window: Sequence[Any], size: int, skip: Skip) -> Batches:
            vocabularies = self._restored.vocabularies
            return batch_values(window, features, vocabularies, size, skip, self._data)

        def run_in_turn(batch: Mapping[str, Any], places: Sequence[int]) -> Sequence[Out]:
            with self._restored.turns:
                return run(self.task, batch, places)

        return run_in_windows(
            values,
            make_batches,
            run_in_turn,
            batch_size=self.batch_size,
            empty=empty,
            skip=skip,
            places=places,
        )


def _leave_places(run: Callable[[Task, Mapping[str, Any]], Sequence[Out]]) -> RunBatch[Out]:
    """Return a function of places, too, which it does not look at."""
    return lambda task, batch, places: run(task, batch)
