"""One small model of every net, and a batch for each pair of them; imports no TensorFlow."""

from typing import Any

import numpy as np
import small_model
from changed_settings import change_settings

from t2t_mm.features import Audio, Categorical, Image, Language
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.model.multimodel import MultiModel

TEXT, PICTURE, SOUND, CLASS = small_model.TEXT, "image", "audio:16", "categorical:5"
SPECS = {
    TEXT: ModalitySpec(Language(), 23),
    PICTURE: ModalitySpec(Image()),
    SOUND: ModalitySpec(Audio(num_bands=16)),
    CLASS: ModalitySpec(Categorical(num_classes=5), 5),
}
PAIRS = [(source, target) for source in SPECS for target in (TEXT, CLASS)]
COMMANDS = ("say", "", "tell")
HPARAMS = change_settings(small_model.HPARAMS, image_widths=(8, 8, 16, 16))


def make_model(**changes: object) -> MultiModel:
    hparams = change_settings(HPARAMS, **changes)
    model = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs=SPECS,
        targets={key: SPECS[key] for key in (TEXT, CLASS)},
        commands=COMMANDS,
        num_problems=2,
        seed=1,
        nets=hparams.modality,
    )
    return small_model.spread_gates(model)


def make_batch(pair: tuple[str, str]) -> dict[str, Any]:
    """Three examples, padded, as the input pipelines make them."""
    draw = np.random.default_rng(0)
    source, target = pair
    texts = draw.integers(2, 23, (3, 9)).astype("int32")
    texts[1, 5:] = 0
    of_source: dict[str, dict[str, Any]] = {
        TEXT: {"inputs": texts},
        PICTURE: {
            "inputs": draw.normal(size=(3, 48, 36, 3)).astype("float32"),
            "inputs_size": np.array([[48, 36], [33, 36], [40, 17]], "int32"),
        },
        SOUND: {
            "inputs": draw.normal(size=(3, 50, 16)).astype("float32"),
            "inputs_size": np.array([[50], [21], [44]], "int32"),
        },
        CLASS: {"inputs": np.array([4, 0, 2], "int32")},
    }
    targets = texts[:, ::-1].copy() if target == TEXT else np.array([1, 0, 4], "int32")
    if target == TEXT:
        targets[1] = [*texts[1, :5], 0, 0, 0, 0]
    indices = {"command": np.int32(2), "problem": np.int32(1)}
    return {**of_source[source], "targets": targets, **indices}


def name_each_expert(model: MultiModel, path: str, array: Any) -> dict[str, Any]:
    """What belongs to a variable, by its path; where experts are stacked, by the names of each."""
    names = [] if path.endswith("/commands") else model.row_names.get(path, [])
    return dict(zip(names, array, strict=True)) if names else {path: array}
