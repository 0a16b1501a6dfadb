"""What is damaged: a study of two tiny runs that read texts and name classes, and their data.

FOLDER/whole/                         stays as it is
    raw/ data/                        texts of two classes, of two problems; the vocabularies
    study/cells/one/seed_1            the run
    study/cells/two/seed_1            another
FOLDER/work/                          a copy, for one attempt; the run was made there
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROBLEM, OTHER = "text_classification/boats", "text_classification/houses"
STEPS = 4
HPARAMS = (
    "model.width=8,model.num_heads=2,model.encoder_blocks=1,model.mixer_blocks=0,"
    "model.decoder_blocks=1,experts.use_experts=False,data.batch_tokens=64,data.max_pieces=64,"
    "train.checkpoint_every=2,train.log_every=1,train.eval_every=100,optimizer.warmup_steps=5,"
    "train.deterministic=True"
)
LINES = ("the red boat sails\n", "a green boat sinks\n")


@dataclass(frozen=True)
class Specimen:
    """Where all lies.

    Args:
        folder: Holds `whole` and `work`.
    """

    folder: Path

    @property
    def whole(self) -> Path:
        """What is never damaged."""
        return self.folder / "whole"

    @property
    def work(self) -> Path:
        """The copy for one attempt."""
        return self.folder / "work"

    def run(self, cell: str = "one") -> Path:
        """The run of a cell, in the copy."""
        return self.work / "study" / "cells" / cell / "seed_1"

    def renew(self) -> None:
        """Make the copy anew."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.whole, self.work)


def make_specimen(folder: Path, backend: str) -> Specimen:
    """Make the data, train and score the runs: a minute; what lies there already is taken.

    Args:
        folder: Where to.
        backend: On which the runs are trained.
    """
    specimen = Specimen(folder)
    if specimen.whole.is_dir():
        return specimen
    shutil.rmtree(specimen.work, ignore_errors=True)
    _write_raw(specimen.work / "raw")
    row = {"problem": PROBLEM, "cells": {"one": "one", "two": "two"}}
    claims = [{"text": "Two is better.", "better": "two", "than": "one"}]
    cell = {"problems": PROBLEM, "steps": STEPS, "hparams": HPARAMS}
    study = {
        "title": "Two runs",
        "cells": {"one": cell, "two": {**cell, "hparams": f"{HPARAMS},model.dropout=0.2"}},
        "tables": [{"title": "Boats", "rows": [row], "metric": "main", "claims": claims}],
        "seeds": [1],
        "split": "test",
    }
    (specimen.work / "study.json").write_text(json.dumps(study), encoding="utf-8")
    data = (f"--data_dir={specimen.work / 'data'}", f"--tmp_dir={specimen.work / 'raw'}")
    call("datagen", f"--problems={PROBLEM},{OTHER}", *data, "--vocab_size=300")
    place = f"--study_dir={specimen.work / 'study'}"
    call("study", str(specimen.work / "study.json"), place, data[0], f"--backend={backend}")
    for cell in ("one", "two"):
        assert list(specimen.run(cell).glob("decoded/*/results.json")), "a run was not scored"
    specimen.work.rename(specimen.whole)
    return specimen


def call(name: str, *arguments: str) -> None:
    """Call a command as a process of its own, which must succeed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-m", f"t2t_mm.bin.t2t_{name}", *arguments]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _write_raw(folder: Path) -> None:
    colours, ends = ("red", "blue", "green"), ("sinks", "sails")
    for name, thing in ((PROBLEM, "boat"), (OTHER, "house")):
        place = folder / name.partition("/")[2]
        place.mkdir(parents=True)
        for split, number in (("train", 30), ("validation", 6), ("test", 6)):
            lines = [
                f"{ends[i % 2]}\tthe {colours[i % 3]} {thing} {ends[i % 2]} {split} {i}\n"
                for i in range(number)
            ]
            (place / f"{split}.tsv").write_text("label\ttext\n" + "".join(lines), encoding="utf-8")
