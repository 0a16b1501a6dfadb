"""How a run decodes: what `decode` may be told beside what and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from t2t_mm.errors import check_count


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """What `decode` may be told; `t2t-decoder` has a flag for each.

    Args:
        checkpoint_path: One checkpoint; the best, else the newest, by default.
        decode_hparams: How outputs are decoded, as "beam_size=4,alpha=0.8"; otherwise as the run
            says (see `DecodeHParams`).
        limit: Examples; 0 for all.
        eval_batch_tokens: Padded positions of a batch of a split; 0: as the run says.
        inputs_of: Instead of a problem: the one whose inputs are read,
        command_of: and the one as whose targets the outputs are written, see `pair_tasks`.
        output_format: "plain", or "brackets" for trees with their words, `(S (NP (DT The) ...))`.
        t2t_usr_dir: Where user problems are; the run's own by default.

    Example:
        >>> DecodingOptions(limit=10).checkpoint_path
        ''
    """

    checkpoint_path: str | Path = ""
    decode_hparams: str = ""
    limit: int = 0
    eval_batch_tokens: int = 0
    inputs_of: str = ""
    command_of: str = ""
    output_format: str = "plain"
    t2t_usr_dir: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        check_count("limit", self.limit)
        check_count("eval_batch_tokens", self.eval_batch_tokens)
