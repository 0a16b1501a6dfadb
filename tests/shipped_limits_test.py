"""With every shipped set, nothing that the paper's own problems declare is too long to train on."""

import math
from typing import Any

import numpy as np
import pytest

from t2t_mm import Audio, Problem, registry
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.data.vocabulary.symbols import EOS_ID
from t2t_mm.modalities.audio import AudioModality
from t2t_mm.modalities.image import ImageModality
from t2t_mm.training.training_inputs import choose_batch

SETS = registry.hparams_names()
PROBLEMS = registry.expand_problems("paper_8,librispeech,mini_8")
LONGEST = {"language": [5] * 255 + [EOS_ID], "audio": bytes(2 * 30 * 16_000)}
"""256 pieces with the end of sequence, and 30 seconds."""


def find_longest_example(problem: Problem) -> dict[str, int]:
    """The positions of the largest picture that is declared, 30 s of sound, a text of 256."""
    return {
        name: kind.most_positions
        or kind.measure(
            b"" if kind.has_ids else LONGEST[spec.modality],  # type: ignore[arg-type]
            LONGEST[spec.modality] if kind.has_ids else (),  # type: ignore[arg-type]
        )
        for (name, kind), spec in zip(
            choose_kinds(problem.features).items(), problem.features.values(), strict=True
        )
    }


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("problem_name", PROBLEMS)
def test_nothing_declared_falls_out_or_exceeds_a_batch(name: str, problem_name: str) -> None:
    problem = registry.problem(problem_name)
    data = registry.hparams(name).data
    limits = choose_limits(problem, data)
    longest = find_longest_example(problem)
    for feature, limit in limits.items():
        assert longest[feature] <= limit.positions
    batch = choose_batch(problem, data)
    assert batch.examples or max(longest.values()) <= batch.tokens


def test_the_problems_are_those_that_were_refused() -> None:
    longest = {name: find_longest_example(registry.problem(name)) for name in PROBLEMS}
    assert longest["imagenet"] == {"inputs": 361, "targets": 1}
    assert longest["coco_caption"]["inputs"] == 361
    assert longest["librispeech"] == {"inputs": 750, "targets": 256}


def make_net(name: str, feature: Any) -> Any:
    settings = registry.hparams(name)
    net = registry.modality(feature.modality).from_feature(
        feature, vocabulary_size=0, width=64, nets=settings.modality, reads=True, writes=False
    )
    net.build()
    return net


@pytest.mark.parametrize("name", SETS)
def test_a_position_of_a_picture_is_what_the_nets_strides_make_of_it(name: str) -> None:
    net = make_net(name, registry.problem("imagenet").features["inputs"])
    assert isinstance(net, ImageModality)
    for axis in range(2):
        assert net.units_per_position == math.prod(layer.strides[axis] for layer in net.stack)


@pytest.mark.parametrize("name", SETS)
def test_no_net_makes_more_positions_of_30_seconds_than_are_counted(name: str) -> None:
    net = make_net(name, Audio())
    assert isinstance(net, AudioModality)
    frames = 1 + (30 * 16_000 - 400) // 160
    made = net.bottom(np.zeros((1, frames, 80), np.float32)).x.shape[1]
    assert 0 < made <= 30 / net.units_per_position
