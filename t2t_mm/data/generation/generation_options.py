"""How problems are written: what `generate_data` may be told beside what and where."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from t2t_mm.data.declaring.problem import RAW_OPTIONS
from t2t_mm.errors import UserError


@dataclass(frozen=True, kw_only=True)
class GenerationOptions:
    """What `generate_data` may be told; `t2t-datagen` has a flag for most.

    Args:
        num_shards: Files per split of data that is written now; 0 chooses by size. Data that is
            there keeps its files.
        max_cases: Largest number of examples per split; 0 means all.
        random_seed: Seed for problems that draw from Python's or NumPy's global generator.
        raw_options: What problems are told of their raw data, by the names of `RAW_OPTIONS`:
            `validation_share` and `test_share` say how much of the training data is held out where
            the raw data has no such split (0: mostly a tenth for validation and no test split);
            for `label_pattern`, `columns` and `max_bad_share` see `Problem`.
        num_processes: Processes that read a problem of several parts.
        overwrite: Generate again what is there.
        only_missing: Keep data that is there and up to date even if it was generated with another
            `max_cases` or `random_seed`, instead of raising.
        only_list: Do nothing but tell which problems would be generated and which are there.
        vocab_only: Stop after the vocabularies.
        overwrite_vocab: Make again the vocabularies that are there; the data of the problems is
            then generated again, that of others becomes stale.
        vocab_size: Wanted number of ids of a vocabulary that is trained.
        vocab_bytes: Bytes of text to train a vocabulary on.
        beam: Generate by Apache Beam, part by part.
        beam_options: Beam pipeline options, as for its own command line.
        progress: Whether to tell on the standard error stream what is being done.

    Raises:
        UserError: A number is too small, or an option counts for nothing beside another.

    Example:
        >>> GenerationOptions(max_cases=100).num_processes
        1
    """

    num_shards: int = 0
    max_cases: int = 0
    random_seed: int = 0
    raw_options: Mapping[str, Any] = field(default_factory=dict)
    num_processes: int = 1
    overwrite: bool = False
    only_missing: bool = False
    only_list: bool = False
    vocab_only: bool = False
    overwrite_vocab: bool = False
    vocab_size: int = 8192
    vocab_bytes: int = 10_000_000
    beam: bool = False
    beam_options: Sequence[str] = ()
    progress: bool = True

    def __post_init__(self) -> None:
        for name, smallest in (("num_shards", 0), ("max_cases", 0), ("num_processes", 1)):
            value = getattr(self, name)
            if value < smallest:
                raise UserError(
                    f"{name} is too small", expected=f"at least {smallest}", received={name: value}
                )
        self._check_raw_options()
        for name, beside, is_idle in (
            ("num_processes", "beam", self.num_processes > 1 and self.beam),
            ("beam_options", "beam", bool(self.beam_options) and not self.beam),
            ("beam", "vocab_only", self.beam and self.vocab_only),
            ("num_shards", "vocab_only", self.num_shards > 0 and self.vocab_only),
            ("overwrite", "vocab_only", self.overwrite and self.vocab_only),
            ("only_missing", "overwrite", self.only_missing and self.overwrite),
        ):
            if is_idle:
                received = {one: getattr(self, one) for one in (name, beside)}
                raise UserError(
                    f"{name} counts for nothing beside this {beside}", received=received
                )

    def _check_raw_options(self) -> None:
        if unknown := self.raw_options.keys() - {*RAW_OPTIONS}:
            raise UserError(
                "A problem cannot be told that of its raw data",
                expected=", ".join(RAW_OPTIONS),
                received={"raw_options": ", ".join(sorted(unknown))},
            )
        if not 0 <= (share := self.raw_options.get("max_bad_share", 0)) <= 1:
            raise UserError(
                "The share of bad examples cannot be",
                expected="0 (none at all) to 1",
                received={"max_bad_share": share},
            )
        names = self.raw_options.keys() & {"validation_share", "test_share"}
        shares = {name: self.raw_options[name] for name in sorted(names)}
        if not (min(shares.values(), default=0) >= 0 and sum(shares.values()) < 1):  # nor NaN
            raise UserError(
                "The held-out shares cannot be",
                expected="shares of validation and test of at least 0, something left for training",
                received=shares,
            )

    @property
    def replaces_data(self) -> bool:
        """Whether data that is there is generated again: new vocabularies need new ids."""
        return self.overwrite or self.overwrite_vocab

    def tell(self, what: str) -> None:
        """Print one line for the person who waits, if there is one."""
        if self.progress:
            print(f"t2t-datagen: {what}", file=sys.stderr, flush=True)
