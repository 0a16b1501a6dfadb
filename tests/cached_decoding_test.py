"""One contract for every causal layer: its steps give what `call` gives for the whole sequence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from changed_settings import change_settings
from stepping import step_through

from t2t_mm.features import Language
from t2t_mm.layers.attention import MultiHeadAttention
from t2t_mm.layers.attention_block import AttentionBlock
from t2t_mm.layers.caching import FIRST_ROOM, grow, share_among, take_rows
from t2t_mm.layers.convolution import ConvBlock, ConvStep
from t2t_mm.layers.lineage import trace_lineage
from t2t_mm.layers.masking import make_causal_bias
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.model.decoder import Decoder, DecoderBlock
from t2t_mm.model.mixer import Mixer
from t2t_mm.settings import HParams

WIDTH = 8
LENGTH = 150  # a dilated step of a ConvBlock remembers 112 positions: its rings go round
ATTENTION = {"num_heads": 2}
OF_BLOCKS = {"num_heads": 2, "convolutions": "blocks"}
EXPERTS = {"num_experts": 4, "experts_per_token": 2, "expert_width": 8}
SOURCE_MASK = np.arange(6) < np.array([6, 3, 1])[:, None]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


SOURCE = normal(3, 6, WIDTH, seed=1)


@dataclass(frozen=True)
class Case:
    """A causal layer, how it starts, and how it is called on the whole of float[3, T, 8]."""

    name: str
    layer: Callable[[], Any]
    start: Callable[[Any], Any]
    call: Callable[[Any, Any], Any]


def of_targets(name, layer):
    return Case(name, layer, lambda made: made.start_cache(3), lambda made, x: made(x))


def of_source(name, layer):
    def call(made, x):
        out = made(x, SOURCE, source_mask=SOURCE_MASK)
        return out[0] if isinstance(out, tuple) else out

    return Case(name, layer, lambda made: made.start_cache(SOURCE, SOURCE_MASK), call)


CASES = [
    of_targets("ConvStep", lambda: ConvStep(3, causal=True)),
    of_targets("ConvStep of an even kernel", lambda: ConvStep(4, 12, 3, True)),
    of_targets("ConvStep dilated", lambda: ConvStep(15, dilation=8, causal=True)),
    of_targets("ConvBlock", lambda: ConvBlock(causal=True)),
    Case(
        "MultiHeadAttention",
        lambda: MultiHeadAttention(2),
        lambda made: made.start_cache(3),
        lambda made, x: made(x, x, make_causal_bias(x.shape[1])),
    ),
    of_source("AttentionBlock", lambda: AttentionBlock(**ATTENTION)),
    of_source("AttentionBlock of ConvBlocks", lambda: AttentionBlock(**OF_BLOCKS)),
    of_source("Mixer", lambda: Mixer(1, ATTENTION)),
    of_source("Mixer concat", lambda: Mixer(2, OF_BLOCKS, "concat")),
    of_source("Mixer without attention", lambda: Mixer(1)),
    of_source("Mixer concat without attention", lambda: Mixer(0, join="concat")),
    of_source("DecoderBlock", lambda: DecoderBlock(OF_BLOCKS)),
    of_source("Decoder", lambda: Decoder(2, ATTENTION, EXPERTS)),
    of_source("Decoder with a norm", lambda: Decoder(1, ATTENTION, final_norm=True)),
    of_source("Decoder without attention", lambda: Decoder(1, None, EXPERTS, moe_after=1)),
    of_source("Decoder without experts", lambda: Decoder(1, ATTENTION)),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def disturbed(layer):
    """Gives every weight something to say: gates start at zero, shifts too."""
    for index, weight in enumerate(layer.trainable_weights):
        noise = np.random.default_rng(index).normal(0, 0.2, weight.shape)
        weight.assign(weight + noise.astype("float32"))
    return layer


def built(case):
    layer = case.layer()
    layer.build((None, None, WIDTH))
    return disturbed(layer)


@every_case
def test_every_step_gives_what_the_whole_sequence_gives(case):
    layer, x = built(case), normal(3, LENGTH, WIDTH)
    stepped, _ = step_through(layer.decode_step, case.start(layer), x)
    np.testing.assert_allclose(stepped, case.call(layer, x), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@every_case
def test_rows_taken_from_a_cache_continue_as_themselves(case):
    layer, x, rows = built(case), normal(3, 135, WIDTH), [2, 0, 2]
    whole = np.asarray(case.call(layer, x))
    _, cache = step_through(layer.decode_step, case.start(layer), x[:, :125], 0)
    stepped, _ = step_through(layer.decode_step, take_rows(cache, rows), x[rows, 125:], 125)
    np.testing.assert_allclose(stepped, whole[rows, 125:], rtol=1e-4, atol=1e-4)


@every_case
def test_hypotheses_that_share_a_cache_continue_one_another(case):
    """Each row goes on from another one of its input at every step, in two rooms; none is moved."""
    layer, length, count = built(case), FIRST_ROOM + 8, 2
    cache = grow(share_among(case.start(layer), count), count)
    rng, rows = np.random.default_rng(3), np.arange(3 * count)
    writers = np.tile(rows % count, (length, 1)).astype("int32")
    sequences, stepped = normal(length, len(rows), WIDTH), []
    for time in range(length):
        if time == FIRST_ROOM:
            cache = grow(cache, count)
        room = FIRST_ROOM if time < FIRST_ROOM else 2 * FIRST_ROOM
        known = np.resize(writers, (room, len(rows)))
        lineage = trace_lineage(tf.constant(known), time, count)
        x = tf.constant(sequences[time])
        y, cache = layer.decode_step(x, cache, time, lineage=lineage)
        stepped = [*stepped, np.asarray(y)]
        parents = rows // count * count + rng.integers(0, count, len(rows))
        sequences[: time + 1] = sequences[: time + 1, parents]
        stepped = [y[parents] for y in stepped]
        writers[: time + 1] = writers[: time + 1, parents]
    for number in range(count):
        whole = np.asarray(case.call(layer, sequences[:, number::count].swapaxes(0, 1)))
        made = np.stack(stepped, axis=1)[number::count]
        np.testing.assert_allclose(made, whole, rtol=1e-4, atol=1e-4)


@every_case
def test_the_batch_has_its_axis_shapes_stay_and_only_a_history_grows(case):
    layer = built(case)
    before = grow(case.start(layer))
    _, after = layer.decode_step(tf.constant(normal(3, WIDTH)), before, 0)
    shapes = [[tensor.shape for tensor in keras.tree.flatten(nest)] for nest in (before, after)]
    assert shapes[0] == shapes[1]
    grown, taken = (keras.tree.flatten(nest) for nest in (grow(after), take_rows(after, [1])))
    for shape, longer, one in zip(shapes[1], grown, taken, strict=True):
        axis = 0 if len(shape) == 4 else 1  # of what is split by head, and of the rest
        room = 2 * FIRST_ROOM if shape[2] == FIRST_ROOM else shape[2]
        assert shape[axis] == 3 and one.shape == [*shape[:axis], 1, *shape[axis + 1 :]]
        assert longer.shape == [*shape[:2], room, *shape[3:]]


TEXT = "language:shared"
VOCABULARY = 23
OPTIONS = {
    "add": {},
    "concat": {"mixer_join": "concat", "gain_per_channel": False},
    "without attention": {"use_attention": False},
    "without experts": {"use_experts": False, "mixer_blocks": 0},
    "dense": {"expert_dispatch": "dense"},
    "gates of problems": {"gate": "problem"},
}


def make_model(**changes):
    sizes = {"width": 16, "num_heads": 2, "num_experts": 4, "expert_width": 8}
    blocks = {"encoder_blocks": 1, "mixer_blocks": 1, "decoder_blocks": 2}
    nets = {TEXT: ModalitySpec(Language(), VOCABULARY)}
    hparams = change_settings(HParams(), **{**sizes, **blocks, **changes})
    return disturbed(
        build_multimodel(
            hparams.model,
            experts=hparams.experts,
            inputs=nets,
            targets=nets,
            commands=["to_german", "to_french"],
            num_problems=2,
            seed=1,
        )
    )


def ids(lengths, seed=0):
    drawn = np.random.default_rng(seed).integers(2, VOCABULARY, (len(lengths), max(lengths)))
    return (drawn * (np.arange(max(lengths)) < np.array(lengths)[:, None])).astype("int32")


def logits_by_steps(model, cache, targets, start=0, previous=None):
    """The logits of all targets, each made from the one before it and the cache."""
    first = np.zeros_like(targets[:, :1]) if previous is None else previous[:, None]
    shifted = np.concatenate([first, targets[:, :-1]], axis=1)

    def decode_step(previous, cache, position):
        x, cache = model.decode_step(previous, position, cache, modality=TEXT)
        return model.compute_logits(x, TEXT), cache

    return step_through(decode_step, cache, shifted, start)


@pytest.mark.slow
@pytest.mark.parametrize("changes", OPTIONS.values(), ids=OPTIONS.keys())
def test_the_model_decodes_step_by_step_as_it_is_trained(changes):
    model, commands = make_model(**changes), np.array([0, 1, 1])
    encoded = model.encode(ids([9, 4, 1]), modality=TEXT, problem=commands)
    targets, rows = ids([140, 140, 70], seed=1), [1, 2, 0]
    x, _ = model.decode(encoded, targets, modality=TEXT, command=commands)
    whole = np.asarray(model.compute_logits(x, TEXT))
    cache = model.start_decoding(encoded, modality=TEXT, command=commands)
    first, cache = logits_by_steps(model, cache, targets[:, :120])
    second, _ = logits_by_steps(
        model, take_rows(cache, rows), targets[rows, 120:], 120, targets[rows, 119]
    )
    # The third row ends after 70 targets and one more prediction; what follows says nothing.
    for got, expected in (
        (first[:2], whole[:2, :120]),
        (first[2, :71], whole[2, :71]),
        (second[0], whole[1, 120:]),
        (second[2], whole[0, 120:]),
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-4)


@pytest.mark.slow
def test_the_merged_experts_of_a_batch_are_those_of_its_rows_step_by_step():
    model, targets = make_model(gate="problem"), ids([6, 6, 4], seed=1)
    encoded = model.encode(ids([9, 4, 1]), modality=TEXT, problem=1)
    x, _ = model.decode(encoded, targets, modality=TEXT, command=0)
    cache = model.start_decoding(encoded, modality=TEXT, command=0)
    np.testing.assert_array_equal(cache.problem, [[1, 1, 1]])
    stepped, _ = logits_by_steps(model, cache, targets)
    whole = np.asarray(model.compute_logits(x, TEXT))
    for row, length in enumerate((6, 6, 4)):
        np.testing.assert_allclose(stepped[row, :length], whole[row, :length], rtol=1e-4, atol=2e-4)
