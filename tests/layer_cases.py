"""Every layer of the model, and how each is called on float[B, L, D]: see conformance_test.py."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.layers.attention import MultiHeadAttention
from t2t_mm.layers.attention_block import AttentionBlock
from t2t_mm.layers.batch_norm import BatchNorm
from t2t_mm.layers.convolution import ConvBlock, ConvStep
from t2t_mm.layers.convolution2d import ConvRes, ConvStep2D, Norm
from t2t_mm.layers.dropout import Dropout
from t2t_mm.layers.experts.gating import NoisyTopKGate
from t2t_mm.layers.experts.mixture_of_experts import ExpertBlock, Experts
from t2t_mm.layers.experts.problem_gate import ProblemGatedExperts
from t2t_mm.layers.masking import make_padding_bias
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.layers.pointwise import Pointwise
from t2t_mm.layers.spec_augment import SpecAugment
from t2t_mm.modalities.audio import AudioModality, SoundBlocks
from t2t_mm.modalities.categorical import SEQUENCES, CategoricalModality, ExitStep
from t2t_mm.modalities.grid import Grid
from t2t_mm.modalities.image import ImageModality
from t2t_mm.modalities.language import LanguageModality
from t2t_mm.model.decoder import Decoder, DecoderBlock
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.mixer import Mixer

WIDTH = 16
ATTENTION = {"num_heads": 4, "dropout": 0.1, "seed": 5}
EXPERTS = {
    "num_experts": 4,
    "experts_per_token": 2,
    "expert_width": 8,
    "gate_arguments": {"seed": 6},
}
BALANCED_EXPERTS = {**EXPERTS, "gate_arguments": {"seed": 6, "balancing": "bias"}}


@dataclass(frozen=True)
class Case:
    """A layer, and how it is called on float[B, L, D] with a mask, to give float[B, L, ...]."""

    name: str
    make: Callable[..., Any]
    call: Callable[[Any, Any, Any, bool], Any]


def plain(layer, x, mask, training):
    return layer(x)


def trained(layer, x, mask, training):
    return layer(x, training=training)


def masked(layer, x, mask, training):
    return layer(x, position_mask=mask)


def masked_and_trained(layer, x, mask, training):
    return layer(x, position_mask=mask, training=training)


def attending(layer, x, mask, training):
    return layer(x, x, make_padding_bias(mask), training=training)


def hiding(layer, x, mask, training):
    sizes = tf.reduce_sum(tf.cast(mask, "int32"), axis=1, keepdims=True)
    return layer(x[..., None], sizes, training=training)[..., 0]


def reading_source(layer, x, mask, training):
    return layer(x, x, mask, training=training)


def decoding(layer, x, mask, training):
    out, routings = layer(x, x, mask, mask, training=training)
    return add_balance(out, routings)


def encoding(layer, x, mask, training):
    return add_balance(*layer(x, position_mask=mask, training=training))


def add_balance(out, routings):
    for routing in routings:
        out = out + tf.cast(routing.balance_loss, out.dtype)
    return out


def expert_block(layer, x, mask, training):
    out, routing = layer(x, position_mask=mask, training=training)
    return add_balance(out, [routing])


def of_one_problem(layer, x, mask, training):
    out, routing = layer(x, position_mask=mask, training=training, problem=1)
    return add_balance(out, [routing])


def of_problems(layer, x, mask, training):
    problem = tf.range(tf.shape(x)[0]) % 3
    out, routing = layer(x, position_mask=mask, training=training, problem=problem)
    return add_balance(out, [routing])


def gating(layer, x, mask, training):
    flat = tf.reshape(x, [-1, WIDTH])
    routing = layer(flat, position_mask=tf.reshape(mask, [-1]), training=training)
    return tf.reshape(routing.gates, [*tf.unstack(tf.shape(x)[:2]), 2]) + routing.balance_loss


def running_experts(layer, x, mask, training):
    flat = tf.reshape(x, [-1, WIDTH])
    steps = tf.tile(tf.range(tf.shape(x)[1]), [tf.shape(x)[0]])
    chosen = tf.stack([steps % 4, (steps + 1) % 4], axis=1)
    gates = tf.ones_like(flat[:, :2]) * [0.75, 0.25]
    out = layer(flat, chosen, gates, position_mask=tf.reshape(mask, [-1]))
    return tf.reshape(out, tf.shape(x))


def reading_and_writing(layer, x, mask, training):
    if not layer.built:
        layer.build(None)
    ids = (tf.argmax(x, -1) % 7 + 1) * tf.cast(mask, tf.int64)
    return layer.top(layer.bottom(ids).x + layer.targets_bottom(ids).x)


def picture(x):
    """float[B, L, 16] as a picture float[B, L, 4, 4]."""
    return tf.reshape(x, [*tf.unstack(tf.shape(x)[:2]), 4, 4])


def places(out, length):
    """float[B, ceil(L / stride), ...] as float[B, L, ...], each row as often as its stride."""
    out = tf.reshape(out, [*tf.unstack(tf.shape(out)[:2]), np.prod(out.shape[2:])])
    stride = -(-length // tf.shape(out)[1])
    return tf.repeat(out, stride, axis=1)[:, :length]


def over_rows_and_columns(layer, x, mask, training):
    mask = tf.repeat(mask[:, :, None], 4, axis=2)
    out = layer(picture(x), position_mask=mask, training=training)
    return places(out, tf.shape(x)[1])


def exiting(layer, x, mask, training):
    mask = tf.repeat(mask[:, :, None], 4, axis=2)
    out = layer(picture(x), mask) + layer(picture(x), mask, window=SEQUENCES)
    return places(out, tf.shape(x)[1])


def sizes_of(mask, *others):
    rows = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    return tf.stack([rows, *(tf.fill(tf.shape(rows), other) for other in others)], axis=1)


def reading(features, sizes):
    """Calls `bottom`; its positions are fewer than L, so their sum stands in every place."""

    def call(layer, x, mask, training):
        if not layer.built:
            layer.build(None)
        out = layer.bottom(features(x), sizes(mask), training=training)
        return tf.repeat(tf.reduce_sum(out.x, axis=1, keepdims=True), tf.shape(x)[1], axis=1)

    return call


def classifying(layer, x, mask, training):
    if not layer.built:
        layer.build(None)
    rows, columns = tf.shape(x)[1], 4
    cells = tf.repeat(mask, columns, axis=1)
    grid = Grid(rows, columns, sizes_of(mask, columns))
    logits = layer.top(x, mask) + layer.top(tf.repeat(x, columns, axis=1), cells, grid)
    read = layer.bottom(tf.argmax(logits, -1))
    out = tf.cast(logits, read.x.dtype)[:, None] + tf.reduce_sum(read.x, axis=-1, keepdims=True)
    return tf.repeat(out, rows, axis=1)


SOUND = SoundBlocks(widths=(6, 8), time_strides=(2, 1), frequency_strides=(2, 2), stem_width=4)

CASES = [
    Case("LayerNorm", LayerNorm, plain),
    Case("LayerNorm scalar", lambda **k: LayerNorm(False, **k), plain),
    Case("Dropout", lambda **k: Dropout(0.1, 3, **k), trained),
    Case("SpecAugment", lambda **k: SpecAugment(1, 1, 3, **k), hiding),
    Case("Pointwise", lambda **k: Pointwise(6, **k), plain),
    Case("ConvStep", lambda **k: ConvStep(5, 12, 4, **k), masked),
    Case("ConvStep causal", lambda **k: ConvStep(4, dilation=2, causal=True, **k), masked),
    Case("ConvBlock", lambda **k: ConvBlock(0.1, seed=4, **k), masked_and_trained),
    Case("ConvBlock causal", lambda **k: ConvBlock(causal=True, **k), masked_and_trained),
    Case("MultiHeadAttention", lambda **k: MultiHeadAttention(**ATTENTION, **k), attending),
    Case("AttentionBlock", lambda **k: AttentionBlock(**ATTENTION, **k), reading_source),
    Case(
        "AttentionBlock of ConvBlocks",
        lambda **k: AttentionBlock(2, convolutions="blocks", **k),
        reading_source,
    ),
    Case("NoisyTopKGate", lambda **k: NoisyTopKGate(4, 2, seed=2, **k), gating),
    Case("NoisyTopKGate switch", lambda **k: NoisyTopKGate(4, 2, 2, "switch", **k), gating),
    Case("NoisyTopKGate entry", lambda **k: NoisyTopKGate(4, 2, 2, entry_steps=8, **k), gating),
    Case("NoisyTopKGate bias", lambda **k: NoisyTopKGate(4, 2, 2, "bias", **k), gating),
    Case("Experts", lambda **k: Experts(4, 8, **k), running_experts),
    Case("ExpertBlock", lambda **k: ExpertBlock(**EXPERTS, **k), expert_block),
    *(
        Case(f"ExpertBlock {name}", partial(ExpertBlock, **EXPERTS, **arguments), expert_block)
        for name, arguments in {
            "blocked": {"dispatch_arguments": {"dispatch": "blocked"}},
            "capacity": {"dispatch_arguments": {"dispatch": "capacity", "capacity_factor": 2.0}},
            "dense": {"dispatch_arguments": {"dispatch": "dense"}},
            "outer residual": {"outer_residual": True},
        }.items()
    ),
    Case("ProblemGatedExperts", lambda **k: ProblemGatedExperts(3, **EXPERTS, **k), of_one_problem),
    Case(
        "ProblemGatedExperts outer residual",
        partial(ProblemGatedExperts, 3, **EXPERTS, outer_residual=True),
        of_one_problem,
    ),
    Case(
        "ProblemGatedExperts of rows",
        lambda **k: ProblemGatedExperts(3, **BALANCED_EXPERTS, **k),
        of_problems,
    ),
    Case("Encoder", lambda **k: Encoder(2, EXPERTS, dropout=0.1, **k), encoding),
    Case("Encoder of convolutions", lambda **k: Encoder(1, timing=False, **k), encoding),
    Case("Mixer", lambda **k: Mixer(1, ATTENTION, **k), reading_source),
    Case("Mixer concat", lambda **k: Mixer(1, ATTENTION, "concat", **k), reading_source),
    Case("DecoderBlock", lambda **k: DecoderBlock(ATTENTION, **k), reading_source),
    Case("Decoder", lambda **k: Decoder(2, ATTENTION, EXPERTS, moe_after=2, **k), decoding),
    Case("Decoder with a norm", lambda **k: Decoder(1, final_norm=True, **k), decoding),
    Case("ConvStep2D", lambda **k: ConvStep2D(6, **k), over_rows_and_columns),
    Case(
        "ConvStep2D strided",
        lambda **k: ConvStep2D(6, (3, 1), (2, 1), rectify=False, **k),
        over_rows_and_columns,
    ),
    Case(
        "ConvStep2D ordinary",
        lambda **k: ConvStep2D(6, strides=(2, 2), separable=False, **k),
        over_rows_and_columns,
    ),
    Case("ConvRes", lambda **k: ConvRes(6, **k), over_rows_and_columns),
    Case(
        "ConvRes in time", lambda **k: ConvRes(6, (1, 2), (1, 3), False, **k), over_rows_and_columns
    ),
    Case(
        "ConvRes with batch norm",
        lambda **k: ConvRes(6, separable=False, norm="batch", **k),
        over_rows_and_columns,
    ),
    Case("BatchNorm", lambda **k: BatchNorm(**k), over_rows_and_columns),
    Case("Norm", lambda **k: Norm("batch", **k), over_rows_and_columns),
    Case("ExitStep", lambda **k: ExitStep(6, **k), exiting),
    Case(
        "ImageModality",
        lambda **k: ImageModality(WIDTH, 1, (4, 6), **k),
        reading(lambda x: x[..., None], lambda mask: sizes_of(mask, WIDTH)),
    ),
    Case(
        "AudioModality",
        lambda **k: AudioModality(WIDTH, WIDTH, SOUND, **k),
        reading(lambda x: x, sizes_of),
    ),
    Case(
        "AudioModality of a waveform",
        lambda **k: AudioModality(WIDTH, 0, SOUND, **k),
        reading(lambda x: tf.reshape(x, [tf.shape(x)[0], -1]), lambda mask: sizes_of(mask) * WIDTH),
    ),
    Case("CategoricalModality", lambda **k: CategoricalModality(5, WIDTH, **k), classifying),
    Case("LanguageModality", lambda **k: LanguageModality(9, WIDTH, **k), reading_and_writing),
]
