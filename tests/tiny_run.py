"""What tests know of the tiny trained run that `conftest.py` makes once."""

from dataclasses import dataclass
from pathlib import Path

from seals import change_sealed

TINY = (
    "model.width=32,model.num_heads=4,experts.expert_width=32,experts.num_experts=4,"
    "model.encoder_blocks=1,model.mixer_blocks=1,model.decoder_blocks=1,model.dropout=0.0,"
    "data.batch_tokens=256,data.max_pieces=64,train.log_every=5,train.checkpoint_every=5,"
    "train.eval_every=10,optimizer.warmup_steps=5,decode.extra_length=4"
)
PROBLEMS = ("algorithmic_copy", "algorithmic_reverse")
STEPS = 20


@dataclass(frozen=True)
class TinyRun:
    """Where the run and its data are; no test changes either."""

    output_dir: Path
    data_dir: Path


def drop_split(data_dir: Path, problem: str, split: str) -> None:
    """Take a split out of what is known of a problem's data, as if there had never been one."""
    (path,) = (data_dir / problem).glob("*/t2t_mm.json")
    change_sealed(path, lambda metadata: metadata["lengths"].pop(split))
