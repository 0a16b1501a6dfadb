"""Steps of the eight problems of the miniature, with a small model, on either backend."""

import json
import pickle
from itertools import cycle, islice
from pathlib import Path

import pytest
from both_backends import take_steps

from t2t_mm import registry
from t2t_mm.registry import load_hparams
from t2t_mm.run.task import Task, build_model, load_task_vocabularies, make_tasks
from t2t_mm.training.backend import find_backend

STEPS = 50
HPARAMS = load_hparams(
    "multimodel_demo",
    overrides="model.width=16,model.num_heads=2,model.dropout=0,model.attention_dropout=0,"
    "model.encoder_blocks=1,model.mixer_blocks=0,model.decoder_blocks=1,"
    "experts.expert_width=16,experts.num_experts=4,modality.image_widths=[8,8,8,8],"
    "modality.audio_stem_width=4,modality.audio_widths=[8,8,8],modality.categorical_widths=[8,8],"
    "data.max_pieces=24,data.max_seconds=2,data.batches={mini_speech:200,mini_image:6,"
    "mini_caption:6,mini_parse:160,mini_ende:160,mini_deen:160,mini_enfr:160,mini_fren:160}",
)


def write_batches(path: Path, data_dir: Path) -> None:
    """Generate some data, and keep a batch for each step: one shape for each pair of nets."""
    from t2t_mm.data.generation.datagen import generate_data
    from t2t_mm.data.generation.generation_options import GenerationOptions
    from t2t_mm.training import training_inputs

    names = registry.expand_problems("mini_8")
    options = GenerationOptions(max_cases=200, progress=False, vocab_size=512)
    generate_data(names, data_dir=data_dir, tmp_dir=None, options=options)
    inputs = training_inputs.open_inputs(names, HPARAMS.data, data_dir=data_dir)
    tasks = make_tasks(inputs.problems)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_inputs, "MOST_BUCKETS", 1)
        buckets = inputs.choose_buckets(HPARAMS, tasks)
    streams = inputs.open_streams(HPARAMS, buckets)
    batches = []
    for task in islice(cycle(tasks), STEPS):
        batch = {name: values.numpy() for name, values in streams.read(task.name).items()}
        batches.append((task.name, batch))
    path.write_bytes(pickle.dumps(([json.dumps(task.to_json()) for task in tasks], batches)))


def take_mini_8_steps(folder: Path, starts: Path, batches: Path, data_dir: Path) -> None:
    """Take the steps of the batches; see `take_steps`."""
    described, kept = pickle.loads(batches.read_bytes())
    tasks = {task.name: task for task in (Task.from_json(json.loads(text)) for text in described)}
    vocabularies = load_task_vocabularies(list(tasks.values()), data_dir)
    model = build_model(list(tasks.values()), vocabularies, HPARAMS)
    backend = find_backend()(model, HPARAMS.optimizer, HPARAMS.train)
    take_steps(backend, [(tasks[name], batch) for name, batch in kept], folder, starts)
