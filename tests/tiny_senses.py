"""Tiny problems of every pair of modalities, drawn by dice, and the smallest model for them.

Three things (a disc, a square, stripes) are seen, heard and spoken of. Pictures are of two sizes
and three shapes, sounds last 0.3 to 1 second.
"""

import io
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pillow

from t2t_mm import Problem, registry
from t2t_mm.features import Audio, BatchSpec, Categorical, Image, Language
from t2t_mm.mixing.mixture import Mixture
from t2t_mm.mixing.rates import compute_mixture_rates
from t2t_mm.registry import load_hparams
from t2t_mm.settings import HParams

KINDS = ("disc", "square", "stripes")
PICTURE_SIZES = ((32, 32), (48, 32), (32, 48))
RATE_HZ = 16_000
SIZES = {"train": 18, "validation": 6}

SENSES = (
    "parsing_for_tests",
    "captions_for_tests",
    "cropped_captions_for_tests",
    "pictures_for_tests",
    "speech_for_tests",
    "sounds_for_tests",
    "topics_for_tests",
)
HPARAMS = (
    "model.width=16,model.num_heads=2,experts.expert_width=16,experts.num_experts=4,"
    "model.encoder_blocks=1,model.mixer_blocks=0,model.decoder_blocks=1,"
    "modality.image_widths=[8,8,8],modality.audio_stem_width=4,modality.audio_widths=[4,8],"
    "modality.audio_time_strides=[2,2],modality.audio_frequency_strides=[2,2],"
    "modality.categorical_widths=[8,8],data.max_pieces=64,train.log_every=1,"
    "optimizer.warmup_steps=2,decode.extra_length=4,decode.batch_size=4"
)


def hparams(**train: Any) -> HParams:
    """Returns the smallest model with every net, and fields of `train` as given."""
    changes = "".join(f",train.{name}={value}" for name, value in train.items())
    return load_hparams("multimodel_tiny", overrides=HPARAMS + changes)


def seed_of_draws(problems: Sequence[str], *parts: tuple[int, Sequence[str]]) -> int:
    """Returns a seed by which a mixture draws what a test is about.

    Args:
        problems: The mixture.
        *parts: How many batches, and which problems feed them, each at least one.
    """
    rates = compute_mixture_rates(list(problems))
    for seed in itertools.count():
        steps = itertools.count()
        mixture = Mixture(rates, seed)
        if all(
            {mixture.choose_problems(next(steps))[0] for _ in range(length)} == set(wanted)
            for length, wanted in parts
        ):
            return seed
    raise AssertionError("unreachable")


def picture(kind: str, size: tuple[int, int], dice: np.random.Generator) -> np.ndarray:
    """Returns uint8[height, width, 3] of one of `KINDS` on noise."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    y, x = rows - size[0] / 2, columns - size[1] / 2
    shapes = {
        "disc": y**2 + x**2 < 100,
        "square": np.maximum(abs(y), abs(x)) < 8,
        "stripes": rows % 8 < 4,
    }
    noise = dice.integers(0, 60, (*size, 3))
    return (noise + 150 * shapes[kind][..., None]).astype(np.uint8)


def sound(kind: str, seconds: float, dice: np.random.Generator) -> np.ndarray:
    """Returns int16[samples] of a tone that stands for one of `KINDS`, in noise."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * 300 * 2 ** KINDS.index(kind) * times)
    return (8000 * tone + dice.normal(0, 200, times.size)).astype(np.int16)


def picture_file(array: np.ndarray, kind: str = "PNG", mode: str = "RGB") -> bytes:
    """Returns uint8[height, width, 3] as the bytes of a picture file."""
    file = io.BytesIO()
    Pillow.fromarray(array).convert(mode).save(file, kind)
    return file.getvalue()


class SensesProblem(Problem):
    """A few examples, each kind as often as the others."""

    splits = ("train", "validation")
    batch = BatchSpec(examples=4)

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        dice = np.random.default_rng([self.splits.index(split), len(self.name)])
        for index in range(SIZES[split]):
            yield self.example(KINDS[index % 3], index, dice)

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        raise NotImplementedError


def _size(index: int) -> tuple[int, int]:
    return PICTURE_SIZES[index // 3 % len(PICTURE_SIZES)]


def _seconds(dice: np.random.Generator) -> float:
    return float(dice.uniform(0.3, 1.0))


@registry.register_problem("parsing_for_tests")
class Parsing(SensesProblem):
    """Text to text: a phrase of two to five words, and its tree."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    metrics = ("bleu", "brackets")

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        adjectives = list(dice.choice(["red", "big", "old"], int(dice.integers(0, 4))))
        tags = " ".join(["DT", *["JJ"] * len(adjectives), "NN"])
        return {"inputs": " ".join(["the", *adjectives, kind]), "targets": f"NP {tags} /NP"}


@registry.register_problem("captions_for_tests")
class Captions(SensesProblem):
    """Image to text: pictures of their own sizes, two true captions each."""

    modalities: ClassVar = {
        "inputs": Image(flip=True),
        "targets": Language("bytes", alternatives=True),
    }
    metrics = ("caption",)
    command = "describe"

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        captions = [f"a {kind} in the dark", f"one bright {kind} here"]
        return {"inputs": picture(kind, _size(index), dice), "targets": captions}


@registry.register_problem("cropped_captions_for_tests")
class CroppedCaptions(Captions):
    """Image to text: JPEG files, cropped to one size and mirrored by chance in training."""

    modalities: ClassVar = {
        "inputs": Image(24, 32, crop=True, flip=True),
        "targets": Language("bytes", alternatives=True),
    }

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        drawn = super().example(kind, index, dice)
        return drawn | {"inputs": picture_file(drawn["inputs"], "JPEG")}


@registry.register_problem("pictures_for_tests")
class Pictures(SensesProblem):
    """Image to label: pictures of their own sizes, named classes."""

    modalities: ClassVar = {
        "inputs": Image(),
        "targets": Categorical(vocabulary="kinds_for_tests", share="kinds"),
    }
    metrics = ("top_k",)

    def class_names(self, feature: str) -> Sequence[str]:
        return KINDS

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        return {"inputs": picture(kind, _size(index), dice), "targets": kind}


@registry.register_problem("speech_for_tests")
class Speech(SensesProblem):
    """Audio to text: a spectrogram, written down."""

    modalities: ClassVar = {"inputs": Audio(), "targets": Language("bytes")}
    metrics = ("wer",)

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        return {"inputs": sound(kind, _seconds(dice), dice), "targets": f"this is a {kind}"}


@registry.register_problem("sounds_for_tests")
class Sounds(Pictures):
    """Audio to label: a waveform of floats, and the net of the pictures' classes."""

    modalities: ClassVar = {
        "inputs": Audio(representation="waveform"),
        "targets": Categorical(vocabulary="kinds_for_tests", share="kinds"),
    }

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        samples = sound(kind, _seconds(dice), dice)
        return {"inputs": (samples / 32768).astype(np.float32), "targets": KINDS.index(kind)}


@registry.register_problem("topics_for_tests")
class Topics(SensesProblem):
    """Text to label: what a phrase is about; classes that have no names."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Categorical(num_classes=3)}
    metrics = ("top_k",)

    def example(self, kind: str, index: int, dice: np.random.Generator) -> dict[str, Any]:
        return {"inputs": f"{dice.integers(1, 99)} of a {kind}", "targets": KINDS.index(kind)}
