"""Runs so small that several of them fit into a test: mixtures of two problems."""

import json
from pathlib import Path

from tiny_run import PROBLEMS

from t2t_mm.registry import load_hparams
from t2t_mm.training.train import train
from t2t_mm.training.training_options import TrainingOptions

STEPS = 12
SMALL = (
    "model.width=8,model.num_heads=2,experts.use_experts=false,model.encoder_blocks=1,"
    "model.mixer_blocks=0,model.decoder_blocks=1,data.batch_tokens=64,train.log_every=4,"
    f"train.checkpoint_every=4,train.steps={STEPS},optimizer.warmup_steps=2"
)
COPY, REVERSE = PROBLEMS


def run_small(data_dir: Path, output_dir: Path, settings: str) -> None:
    train(
        list(PROBLEMS),
        hparams=load_hparams("multimodel_tiny", overrides=f"{SMALL},{settings}"),
        data_dir=data_dir,
        output_dir=output_dir,
        options=TrainingOptions(evaluate=False),
    )


def drawn(output_dir: Path) -> list[str]:
    """The problem of every batch, as the log has it."""
    records = map(json.loads, (output_dir / "log.jsonl").read_text().splitlines())
    return [PROBLEMS[index] for record in records for index in record.get("drawn", [])]
