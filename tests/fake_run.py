"""A run's folder as training and evaluation leave it, made up in a moment."""

import io
import json
import math
import wave
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from t2t_mm.run.written_arrays import write_arrays

Results = dict[str, dict[str, Any]]
FORCED = {"log_perplexity": 0.5, "accuracy": 87.25, "sequence_accuracy": 12.5, "examples": 500.0}
TRUE_TREE = "S NP DT NN /NP VP VBZ PP IN NP DT NN /NP /PP /VP /S"
WIDE_TREE = f"S {'NN ' * 14}VBZ /S"
WRONG_TREE = "S NP DT NN /NP VP VBZ /VP PP IN NP DT NN /NP /PP /S"


def wave_bytes(seconds: float, rate: int = 16_000) -> bytes:
    """A tone, as the file that an evaluation keeps."""
    tone = 8000 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone.astype("<i2").tobytes())
    return content.getvalue()


def picture_bytes(size: int = 48) -> bytes:
    """A picture of colours that run into each other."""
    rows, columns = np.mgrid[:size, :size] * 255 // size
    content = io.BytesIO()
    pixels = np.stack([rows, columns, 255 - rows], axis=-1).astype(np.uint8)
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def sample(given: str, decoded: str, *references: str, **more: Any) -> dict[str, Any]:
    """One sample as `evaluate` returns it."""
    return {
        "input": given,
        "decoded": decoded,
        "reference": references[0],
        "references": list(references),
        **more,
    }


def fake_results(folder: str) -> Results:
    """Results of five problems, of every kind that there is; media lie in `folder`."""
    sentence = "the dog sleeps under the tree"
    picture = {"picture": f"{folder}/picture.png"}
    sound = {"sound": f"{folder}/sound.wav"}
    captions = ("a red boat on a lake", "a boat on the water", "there is a red boat")
    ranking = {"ranking": ["house", "boat", "tree", "car", "dog"]}
    scores: Results = {
        "mini_ende": {"bleu": 71.2, "bleu_signature": "nrefs:1|tok:13a"},
        "my_pictures": {"top_1": 84.0, "top_5": 97.0},
        "my_captions": {"bleu_4": 55.0, "cider": 180.0},
        "my_speech": {"wer": 31.0, "cer": 14.0},
        "my_parses": {"f1": 93.1, "precision": 94.0, "recall": 92.2, "well_formed": 99.0},
    }
    samples = {
        "mini_ende": [
            sample("the dog & the cat", "der Hund und die Kuh", "der Hund und die Katze"),
            sample("a < b", "", "a < b"),
        ],
        "my_pictures": [
            sample("", "house", "boat", **picture, **ranking),
            sample("", "house", "house", **picture, **ranking),
        ],
        "my_captions": [sample("", "a red cow on a lake", *captions, **picture)],
        "my_speech": [sample("", "the boat is read", "the red boat is red", **sound)],
        "my_parses": [
            sample(sentence, WRONG_TREE, TRUE_TREE),
            sample(sentence, TRUE_TREE, TRUE_TREE),
            sample("word " * 15, "S NP DT", WIDE_TREE),
        ],
    }
    scores["mini_ende"] |= {
        "outputs": f"{folder}/mini_ende.outputs.jsonl",
        "worst": [sample("a cow", "ein Hund", "eine Kuh", index=17, score=4.5)],
        "best": [sample("a dog", "ein Hund", "ein Hund", index=3, score=100.0)],
    }
    seen = {"index": 7, "score": 0.0, "probability": 0.8125}
    scores["my_pictures"]["worst"] = [sample("", "house", "boat", **picture, **ranking, **seen)]
    shares = np.array([8, 1, 4, 2, 6, 3, 5, 7, 9, 2], float)
    for index, (name, result) in enumerate(scores.items()):
        used = np.roll(shares, 2 * index) / shares.sum()
        result["shuffled_inputs"] = {
            key: 98.0 if key in ("wer", "cer") else value / 8
            for key, value in result.items()
            if isinstance(value, float)
        }
        result["intervals"] = {
            key: [value - 3.5, min(value + 3.0, 100.0)]
            for key, value in result.items()
            if isinstance(value, float)
        }
        result["baseline"] = {key: value / 2 for key, value in result["shuffled_inputs"].items()}
        result["teacher_forced"] = FORCED
        result["experts"] = {"encoder": used.tolist()}
        if name != "my_pictures":
            result["experts"]["decoder"] = used[::-1].tolist()
        result["samples"] = samples[name]
    return scores


def write_log(path: Path, names: list[str]) -> None:
    """A log of 1,000 steps, in which every problem gets better."""
    records: list[dict[str, Any]] = []
    for step in range(20, 1001, 20):
        for index, name in enumerate(names):
            loss = 0.3 + 5 * math.exp(-step / (150 + 60 * index))
            records.append({"kind": "train", "step": step, "problem": name, "loss": loss})
            if step % 200 == 0:
                values = {"log_perplexity": 0.8 * loss, "accuracy": 50.0}
                records.append({"kind": "eval", "step": step, "problem": name, **values})
        records.append({"kind": "train", "step": step, "learning_rate": 1e-3, "seconds": 9.0})
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def make_fake_run(folder: Path) -> tuple[Path, Results]:
    """Makes a run with settings, log, checkpoint and decoded samples under `folder`."""
    run, kept = folder / "run", "decoded/test-1000"
    (run / kept).mkdir(parents=True)
    (run / kept / "picture.png").write_bytes(picture_bytes())
    (run / kept / "sound.wav").write_bytes(wave_bytes(1.0))
    results = fake_results(kept)
    (run / kept / "mini_ende.outputs.jsonl").write_text("{}\n")
    (run / kept / "results.json").write_text(json.dumps(results))
    tasks = [{"name": name} for name in results]
    (run / "run.json").write_text(json.dumps({"tasks": tasks}))
    hparams = {
        "model": {"width": 128},
        "experts": {"num_experts": 10, "experts_per_token": 2},
        "train": {"steps": 1000, "label_smoothing": 0.1},
    }
    (run / "hparams.json").write_text(json.dumps(hparams))
    environment = {
        "time": "2026-03-01T10:20:00+00:00",
        "command": "t2t-trainer --problems=mini_8",
        "seed": 7,
        "versions": {"tensorflow": "2.21.0", "jax": None},
        "machine": {"cpu": "Some CPU", "cores": 2},
        "earlier": [],
    }
    (run / "environment.json").write_text(json.dumps(environment))
    write_log(run / "log.jsonl", list(results))
    checkpoint = run / "checkpoints" / "00001000"
    checkpoint.mkdir(parents=True)
    weights = {
        "body/kernel": np.zeros((30, 40), np.float32),
        "body/bias": np.zeros(34, np.float32),
        "dropout/seed_generator/seed_generator_state": np.zeros(2, np.uint32),
    }
    write_arrays(checkpoint / "weights.npz", weights)
    return run, results
