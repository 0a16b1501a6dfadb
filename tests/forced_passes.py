"""Teacher forcing of a small model of every net whose weights differ; imports no TensorFlow."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from every_pair import PICTURE, SPECS, TEXT, make_batch, make_model

from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.inference.teacher_forcing import TeacherForcing
from t2t_mm.run.named_variables import assign_arrays, name_variables
from t2t_mm.run.task import Task

LABELS = LabelVocabulary("classes_5", list("01234"))
VOCABULARIES = {"shared": ByteVocabulary(), "classes_5": LABELS}


def make_task(pair: tuple[str, str]) -> Task:
    source, target = (SPECS[key].feature for key in pair)
    return Task("any", source, target, "tell", 2, (), pair, problem_index=1)


def make_forcing(**changes: Any) -> TeacherForcing:
    """Weights are drawn by their names, so that both backends have the same."""
    model = make_model(**{"encoder_blocks": 1, "decoder_blocks": 1} | changes)
    named = name_variables(model.trainable_variables, model.row_names)

    def draw(name: str) -> Any:
        draws = np.random.default_rng(zlib.crc32(name.encode()))
        return float(name.endswith("gain")) + draws.normal(0, 0.3, named[name].shape)

    assign_arrays(named, draw)
    return TeacherForcing(model, VOCABULARIES)


def write_findings(path: Path) -> None:
    """Score and look at a batch of pictures with texts: into a file."""
    forcing, pair = make_forcing(mixer_blocks=0), (PICTURE, TEXT)
    task, batch = make_task(pair), make_batch(pair)
    rows = forcing.inspect(task, batch)
    uses = [use for row in rows for use in row.experts.values()]
    found = {
        "scores": forcing.score(task, batch),
        "attention": [row.attention.mean().tolist() for row in rows],
        "names": [[row.attention.inputs, row.attention.targets] for row in rows],
        "parts": [[list(row.attention.weights), list(row.experts)] for row in rows],
        "experts": [use.experts.tolist() for use in uses],
        "gates": [use.gates.tolist() for use in uses],
    }
    path.write_text(json.dumps(found))
