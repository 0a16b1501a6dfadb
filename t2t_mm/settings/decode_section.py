"""The settings of decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from t2t_mm.settings.section import Section, declare_field


@dataclass(frozen=True, kw_only=True)
class SamplingFields(Section):
    """How symbols are drawn, in Tensor2Tensor's words.

    Args:
        sampling_method: "random" draws symbols by their probabilities.
        sampling_temp: What logits are divided by before a symbol is drawn.
        sampling_keep_top_k: Only so many most probable symbols are drawn from; -1 for all.
        sampling_keep_top_p: Only the fewest most probable symbols that have this probability are.
        sampling_seed: Of what is drawn.
    """

    section = "decode"

    sampling_method: Literal["argmax", "random"] = "argmax"
    sampling_temp: float = declare_field(1.0, at_least=1e-3)
    sampling_keep_top_k: int = declare_field(-1, at_least=-1)
    sampling_keep_top_p: float = declare_field(1.0, at_least=0, at_most=1)
    sampling_seed: int = declare_field(0, at_least=0)


@dataclass(frozen=True, kw_only=True)
class DecodeHParams(SamplingFields):
    """How outputs are decoded: of which examples, by which search, under which rules.

    Args:
        extra_length: Pieces that an output may have beyond its input's length.
        batch_size: Examples of a file or a prompt that are decoded together.
        num_samples: Examples of a file or a split that are decoded; -1 for all.
        beam_size: Hypotheses of an input: 1 for the most probable symbol at every step, more for a
            beam search, or samples drawn where the method is random.
        alpha: Of a beam's length penalty; with 0 there is none, the larger the longer outputs are.
        return_beams: Whether all hypotheses of an input are written, the best first.
        write_beam_scores: Whether their scores are written, too.
        no_repeat: No sequence of so many symbols is written twice in an output; 0 allows it.
        constrain: "trees" writes well-formed trees over the words of their inputs alone, with the
            symbols and the depth of the training split.
        answers_file: A file with an answer a line: every output is one of them.
        jit_compile: Whether XLA compiles the search on TensorFlow, too, once more for each shape:
            for GPUs, on a CPU it gains nothing.
    """

    section = "decode"

    extra_length: int = declare_field(50, at_least=0, at_most=1_000_000_000)
    batch_size: int = declare_field(32, at_least=1)
    num_samples: int = declare_field(-1, at_least=-1)
    beam_size: int = declare_field(1, at_least=1)
    alpha: float = declare_field(0.6, at_least=0)
    return_beams: bool = False
    write_beam_scores: bool = False
    no_repeat: int = declare_field(0, at_least=0)
    constrain: Literal["nothing", "trees"] = "nothing"
    answers_file: str = ""
    jit_compile: bool = False

    def choose_limit(self, limit: int = 0) -> int:
        """Return how many examples are decoded: a limit that is given, else `num_samples`; 0: all.

        Example:
            >>> DecodeHParams(num_samples=9).choose_limit(), DecodeHParams().choose_limit()
            (9, 0)
        """
        return limit or max(self.num_samples, 0)
