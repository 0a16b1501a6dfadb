"""Settings: five frozen records, from a registered set to what a run really uses.

Authority, weakest first: a field's default, the registered set, gin files, then gin parameters
and `--hparams`. Unknown fields and wrong types are errors before any file is opened.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from t2t_mm.errors import UserError
from t2t_mm.field_values import check_fields


class Section:
    """Base of the records: checks the type of every field and its range.

    Raises:
        UserError: A value has the wrong type or is out of range; the field is named.
    """

    def __post_init__(self) -> None:
        check_fields(self)


def setting(default: Any, *, at_least: float | None = None, below: float | None = None) -> Any:
    """A field with a range: `at_least <= value < below`."""
    return field(default=default, metadata={"at_least": at_least, "below": below})


@dataclass(frozen=True, kw_only=True)
class ModelHParams(Section):
    """The body of the MultiModel; read by `model/build.py` only.

    Args:
        width: Body width D.
        num_heads: Attention heads H; must divide the width.
        encoder_blocks: ConvBlocks of the encoder.
        mixer_blocks: ConvBlocks of the input/output mixer.
        decoder_blocks: Blocks (convolutions and attention) of the decoder.
        num_experts: Experts E in each of the two expert layers.
        experts_per_token: Experts k chosen for each position.
        expert_width: Hidden width F of one expert.
        dropout: Rate at the end of each block.
        attention_dropout: Rate on attention weights.
        use_experts: False leaves the expert layers out.
        use_attention: False leaves the attention out.
        gain_per_channel: Layer norm learns a gain and shift per channel; False: scalars.
        mixer_join: How the mixer joins attention and targets.
        timing_on_inputs: Whether the timing signal is also added to the encoder's input.
        balance_loss_weight: Weight of the importance and load losses of each expert layer.
        expert_dispatch: How positions reach their experts; "auto" picks by backend.
    """

    width: int = setting(512, at_least=1)
    num_heads: int = setting(8, at_least=1)
    encoder_blocks: int = setting(6, at_least=1)
    mixer_blocks: int = setting(2, at_least=0)
    decoder_blocks: int = setting(4, at_least=1)
    num_experts: int = setting(30, at_least=1)
    experts_per_token: int = setting(2, at_least=1)
    expert_width: int = setting(2048, at_least=1)
    dropout: float = setting(0.1, at_least=0, below=1)
    attention_dropout: float = setting(0.1, at_least=0, below=1)
    use_experts: bool = True
    use_attention: bool = True
    gain_per_channel: bool = True
    mixer_join: Literal["add", "concat"] = "add"
    timing_on_inputs: bool = True
    balance_loss_weight: float = setting(0.01, at_least=0)
    expert_dispatch: Literal["auto", "ragged", "dense"] = "auto"


@dataclass(frozen=True, kw_only=True)
class DataHParams(Section):
    """Vocabulary, batches and mixing; read by the data package only.

    Args:
        vocabulary_size: Pieces that a vocabulary is trained to, where none exists yet.
        vocabulary_bytes: Bytes of text that it is trained on, over all problems and sides.
        max_length: Longest training example in pieces; 0 keeps all.
        batch_tokens: Padded positions per batch of every problem; 0: each problem's own.
        batch_examples: Examples per batch of every problem; 0: each problem's own.
        batches: Problem name -> size of its batch, in the unit of that problem's own.
        eval_batch_tokens: Padded positions per batch in evaluation.
        shuffle_megabytes: Host memory for shuffling, over all problems together.
        mixing: How often each problem is drawn.
        temperature: For mixing by temperature: sizes to the power of 1 / temperature.
        rates: For given rates: problem name -> rate; they need not sum to 1.
    """

    vocabulary_size: int = setting(8192, at_least=260)
    vocabulary_bytes: int = setting(10_000_000, at_least=1)
    max_length: int = setting(256, at_least=0)
    batch_tokens: int = setting(0, at_least=0)
    batch_examples: int = setting(0, at_least=0)
    batches: Mapping[str, int] = field(default_factory=dict)
    eval_batch_tokens: int = setting(4096, at_least=1)
    shuffle_megabytes: int = setting(64, at_least=1)
    mixing: Literal["uniform", "by_size", "temperature", "given"] = "uniform"
    temperature: float = setting(2.0, at_least=1e-3)
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OptimizerHParams(Section):
    """Adam and its schedule; read by `training/optimizer.py` only.

    Args:
        learning_rate: The schedule's `constant` factor.
        schedule: Factors joined by `*`.
        warmup_steps: Steps of the `linear_warmup` factor.
        decay_steps: Steps of a decay that has an end; 0: the steps of the training.
        beta1: Adam's decay of the first moment.
        beta2: Adam's decay of the second moment.
        epsilon: Adam's epsilon.
        clip_norm: Largest global norm of the gradients; 0 clips nothing.
    """

    learning_rate: float = setting(1e-3, at_least=0)
    schedule: str = "constant*linear_warmup*rsqrt_decay"
    warmup_steps: int = setting(4000, at_least=0)
    decay_steps: int = setting(0, at_least=0)
    beta1: float = setting(0.9, at_least=0, below=1)
    beta2: float = setting(0.98, at_least=0, below=1)
    epsilon: float = setting(1e-6, at_least=0)
    clip_norm: float = setting(2.0, at_least=0)


@dataclass(frozen=True, kw_only=True)
class TrainHParams(Section):
    """The loop; read by the training package only.

    Args:
        steps: Updates of the weights in all.
        accumulate_steps: Batches whose gradients are summed into one update.
        label_smoothing: Probability mass given to the wrong classes.
        seed: Seed of weights, mixing, shuffling and noise.
        deterministic: Whether equal runs give equal bits, at some cost in speed.
        eval_every: Steps between evaluations; 0: only at the end.
        checkpoint_every: Steps between checkpoints.
        keep_checkpoint_max: Newest checkpoints that are kept, beside the best.
        log_every: Steps between lines of the log.
        num_threads: Threads of the tensor library; 0: it decides.
    """

    steps: int = setting(250_000, at_least=1)
    accumulate_steps: int = setting(1, at_least=1)
    label_smoothing: float = setting(0.1, at_least=0, below=1)
    seed: int = setting(1, at_least=0)
    deterministic: bool = False
    eval_every: int = setting(1000, at_least=0)
    checkpoint_every: int = setting(1000, at_least=1)
    keep_checkpoint_max: int = setting(3, at_least=1)
    log_every: int = setting(100, at_least=1)
    num_threads: int = setting(0, at_least=0)


@dataclass(frozen=True, kw_only=True)
class DecodeHParams(Section):
    """Decoding; read by the inference package only.

    Args:
        method: How the next piece is chosen.
        extra_length: Pieces that an output may have beyond its input's length.
        batch_size: Examples decoded together.
    """

    method: Literal["greedy"] = "greedy"
    extra_length: int = setting(50, at_least=0)
    batch_size: int = setting(32, at_least=1)


@dataclass(frozen=True, kw_only=True)
class HParams:
    """All settings of a run, a record of records.

    Example:
        >>> hparams = HParams(model=ModelHParams(width=256))
        >>> dataclasses.replace(hparams, train=TrainHParams(steps=1000)).model.width
        256
    """

    model: ModelHParams = field(default_factory=ModelHParams)
    data: DataHParams = field(default_factory=DataHParams)
    optimizer: OptimizerHParams = field(default_factory=OptimizerHParams)
    train: TrainHParams = field(default_factory=TrainHParams)
    decode: DecodeHParams = field(default_factory=DecodeHParams)


SECTIONS: dict[str, type[Section]] = {
    "model": ModelHParams,
    "data": DataHParams,
    "optimizer": OptimizerHParams,
    "train": TrainHParams,
    "decode": DecodeHParams,
}

# Schedule factors that do not look at the number of training steps.
_ENDLESS_FACTORS = frozenset({"constant", "linear_warmup", "rsqrt_decay"})
_FREE_ON_RESUME = frozenset(
    {"train.eval_every", "train.checkpoint_every", "train.keep_checkpoint_max", "train.log_every"}
)


def load_hparams(
    set_name: str,
    *,
    gin_files: Iterable[str | Path] = (),
    gin_params: Iterable[str] = (),
    overrides: str = "",
) -> HParams:
    """Put the settings of a run together.

    Args:
        set_name: A registered set.
        gin_files: Gin files, the later ones stronger.
        gin_params: Gin bindings, `model.width=256`, stronger than the files.
        overrides: The text of `--hparams`, strongest of all.

    Raises:
        UserError: A set, file or field is unknown, or a value has the wrong type or range.

    Example:
        >>> load_hparams("multimodel_tiny", overrides="model.width=64").model.width
        64
    """
    from t2t_mm import gin_overlay, registry
    from t2t_mm.overrides import apply_overrides, parse_overrides

    hparams = registry.hparams(set_name)
    changes = parse_overrides(overrides)
    bound = gin_overlay.read_gin(gin_files, gin_params)
    return apply_overrides(hparams, {**bound, **changes})


def parse_overrides(text: str) -> dict[str, Any]:
    """See `t2t_mm.overrides.parse_overrides`."""
    from t2t_mm import overrides

    return overrides.parse_overrides(text)


def to_json(hparams: HParams) -> str:
    """The settings as `hparams.json` holds them: one object per section, indented."""
    return json.dumps(dataclasses.asdict(hparams), indent=2) + "\n"


def from_json(text: str) -> HParams:
    """Read what `to_json` wrote; a field that the text lacks has its default.

    Raises:
        UserError: This is no JSON, a field is unknown or a value has the wrong type.
    """
    from t2t_mm.overrides import apply_overrides, full_field_name

    try:
        sections = json.loads(text)
    except ValueError as error:
        raise UserError(f"The settings are not valid JSON: {error}") from error
    values = {}
    for section, fields in _as_object("the settings", sections).items():
        for name, value in _as_object(f"the section {section!r}", fields).items():
            values[full_field_name(f"{section}.{name}")] = value
    return apply_overrides(HParams(), values)


def differences(run: HParams, asked: HParams) -> list[str]:
    """What two settings differ in, one line per field.

    Example:
        >>> differences(HParams(), HParams(model=ModelHParams(width=256)))
        ['model.width: run has 512, asked for 256']
    """
    return [
        f"{name}: run has {old!r}, asked for {new!r}" for name, old, new in _changes(run, asked)
    ]


def resume_differences(run: HParams, asked: HParams) -> list[str]:
    """The differences that forbid resuming a run.

    Free are decode.*, intervals and logging, and the number of steps where the schedule does
    not depend on it.
    """
    free = set(_FREE_ON_RESUME)
    if not _schedule_needs_steps(run.optimizer):
        free.add("train.steps")
    return [
        f"{name}: run has {old!r}, asked for {new!r}"
        for name, old, new in _changes(run, asked)
        if name not in free and not name.startswith("decode.")
    ]


def _changes(run: HParams, asked: HParams) -> list[tuple[str, Any, Any]]:
    pairs = [
        (f"{section}.{name}", getattr(getattr(run, section), name), value)
        for section in SECTIONS
        for name, value in dataclasses.asdict(getattr(asked, section)).items()
    ]
    return [(name, old, new) for name, old, new in pairs if old != new]


def _schedule_needs_steps(optimizer: OptimizerHParams) -> bool:
    factors = {factor.strip() for factor in optimizer.schedule.split("*")}
    return optimizer.decay_steps == 0 and not factors <= _ENDLESS_FACTORS


def _as_object(what: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"Of {what}, a JSON object was expected", received={"value": value})
    return value
