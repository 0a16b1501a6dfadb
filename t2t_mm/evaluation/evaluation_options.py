"""How a run is scored: what `evaluate` may be told beside what and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from t2t_mm.errors import UserError, check_count


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions:
    """What `evaluate` may be told; `t2t-eval` has a flag for each.

    Args:
        checkpoint_path: One checkpoint; the best, else the newest, by default.
        decode: Also decode and score the outputs.
        shuffled_inputs: Also score each output against the reference of *another* input: what a
            model reaches that does not read its input.
        baseline: Also score the most frequent target of the training split as every output.
        decode_hparams: How outputs are decoded, as "beam_size=4,alpha=0.8"; otherwise as the run
            says. They are kept in a folder of their own.
        limit: Examples of each problem; 0 for all.
        eval_batch_tokens: Padded positions of a batch; 0: as the run says.
        samples: First examples of each problem that are returned and kept with picture and sound,
            and half as many of the worst and of the best.
        t2t_usr_dir: Where user problems are; the run's own by default.

    Raises:
        UserError: What is decoded is to be compared, but nothing is decoded.

    Example:
        >>> EvaluationOptions(shuffled_inputs=True, limit=100).samples
        6
    """

    checkpoint_path: str | Path = ""
    decode: bool = True
    shuffled_inputs: bool = False
    baseline: bool = False
    decode_hparams: str = ""
    limit: int = 0
    eval_batch_tokens: int = 0
    samples: int = 6
    t2t_usr_dir: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        check_count("limit", self.limit)
        check_count("samples", self.samples)
        check_count("eval_batch_tokens", self.eval_batch_tokens)
        if not self.decode and (self.shuffled_inputs or self.baseline):
            raise UserError(
                "Only decoded outputs can be scored with shuffled inputs or beside a baseline",
                received={
                    "decode": False,
                    "shuffled_inputs": self.shuffled_inputs,
                    "baseline": self.baseline,
                },
            )
        if not self.decode and self.decode_hparams:
            raise UserError(
                "Nothing is decoded, so how counts for nothing",
                received={"decode": False, "decode_hparams": self.decode_hparams},
                fix="Leave one of both out; limit scores the first examples only.",
            )
