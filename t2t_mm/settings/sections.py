"""The frozen records of settings, and `HParams`, the record of these records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.mixing.rate_schedules import Schedule
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.field_values import read_field_types
from t2t_mm.settings.model_sections import ExpertHParams, ModalityHParams, ModelHParams
from t2t_mm.settings.section import Section, declare_field

_Group = Mapping[str, float | Mapping[str, float]]
Rates = Mapping[str, float | _Group]

# Factors of a learning-rate schedule, and whether each looks at the number of training steps.
SCHEDULE_FACTORS = {
    "constant": False,
    "linear_warmup": False,
    "rsqrt_decay": False,
    "linear_decay": True,
    "cosine_decay": True,
    "single_cycle_cos_decay": True,
}


@dataclass(frozen=True, kw_only=True)
class DataHParams(Section):
    """Vocabulary, batches and mixing.

    Args:
        vocab_size: Pieces that a vocabulary is trained to, where none exists yet.
        vocab_bytes: Bytes of text that it is trained on, over all problems and sides.
        max_pieces: Longest text of a training example in pieces, end of sequence included; 0 keeps
            all. Pictures have no limit beyond their declared size.
        max_seconds: Longest sound of a training example in seconds; 0 keeps all.
        batch_tokens: Padded positions per batch of every problem; 0: each problem's own. Where
            `batch_examples` is given as well: of the problems whose own batch is in tokens.
        batch_examples: Examples per batch of every problem; 0: each problem's own. Where
            `batch_tokens` is given as well: of the problems whose own batch is in examples.
        batches: Problem name -> size of its batch, in the unit of that problem's own.
        eval_batch_tokens: Padded positions per batch in evaluation.
        shuffle_megabytes: Host memory for shuffling, over all problems together.
        mixing: How often each problem is drawn.
        temperature: For mixing by temperature, and implies it: sizes to the power of
            1 / temperature.
        rates: For given rates, and implies these: problem name -> rate, or name of a group -> the
            same again, two deep; they need not sum to 1. See `mixing.rates.flatten_rates`.
        shares: Problem name -> share of its training examples that is read, above 0 and up to 1;
            they are stored in random order, and the first ones are read.
    """

    section = "data"

    vocab_size: int = declare_field(8192, at_least=260)
    vocab_bytes: int = declare_field(10_000_000, at_least=1)
    max_pieces: int = declare_field(256, at_least=0)
    max_seconds: float = declare_field(30.0, at_least=0)
    batch_tokens: int = declare_field(0, at_least=0)
    batch_examples: int = declare_field(0, at_least=0)
    batches: Mapping[str, int] = field(default_factory=dict)
    eval_batch_tokens: int = declare_field(4096, at_least=1)
    shuffle_megabytes: int = declare_field(64, at_least=1)
    mixing: Literal["uniform", "by_size", "temperature", "given", "function"] = "uniform"
    temperature: float = declare_field(2.0, at_least=1e-3)
    rates: Rates = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(not 0 < share <= 1 for share in self.shares.values()):
            raise UserError(
                "A share of the training examples is out of range",
                expected="above 0 and up to 1",
                received={"data.shares": dict(self.shares)},
            )


@dataclass(frozen=True, kw_only=True)
class MixtureHParams(Section):
    """What stands over the rates of `data.mixing`; see docs/mixtures.md.

    Args:
        rate_function: For mixing by a function, and implies it: a name that
            `register_rate_function` gave.
        schedules: Problem name -> "step" or "linear" -> step -> what its rate is multiplied with.
        loss_temperature: Nats of loss that multiply a rate by e; 0: rates do not follow losses.
        problems_per_update: Different problems in an update, a batch of each (of
            `train.accumulate_steps`, so many); -1: all; 0: each batch is of a problem of its own
            draw.
        loss_weights: Problem name -> what its loss is multiplied with, where that is not 1.
    """

    section = "mixture"

    rate_function: str = ""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    loss_temperature: float = declare_field(0.0, at_least=0)
    problems_per_update: int = declare_field(0, at_least=-1)
    loss_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OptimizerHParams(Section):
    """Adam and its schedule; read by `training/` only.

    Args:
        learning_rate: The schedule's `constant` factor.
        schedule: Factors joined by `*`: constant, linear_warmup, rsqrt_decay, linear_decay,
            cosine_decay, and single_cycle_cos_decay, which begins behind the warm-up.
        warmup_steps: Steps of the warm-up, for the factors that know one.
        decay_steps: Steps of a decay that has an end; 0: the steps of the training.
        beta1: Adam's decay of the first moment.
        beta2: Adam's decay of the second moment.
        epsilon: Adam's epsilon; with 0, what has had no gradient yet would be divided by 0.
        clip_norm: Largest global norm of the gradients; 0 clips nothing.
        weight_decay: Share of a matrix (a variable of two axes or more) that an update takes away,
            times its learning rate, apart from its gradient (AdamW); 0: none.
        freeze: A regular expression; variables in whose names, as checkpoints have them, it is
            found are left as they are. Empty: all are trained.
    """

    section = "optimizer"

    learning_rate: float = declare_field(1e-3, at_least=0)
    schedule: str = "constant*linear_warmup*rsqrt_decay"
    warmup_steps: int = declare_field(4000, at_least=0)
    decay_steps: int = declare_field(0, at_least=0)
    beta1: float = declare_field(0.9, at_least=0, below=1)
    beta2: float = declare_field(0.98, at_least=0, below=1)
    epsilon: float = declare_field(1e-6, at_least=1e-30)
    clip_norm: float = declare_field(2.0, at_least=0)
    weight_decay: float = declare_field(0.0, at_least=0)
    freeze: str = ""

    @property
    def factors(self) -> tuple[str, ...]:
        """The names of the schedule's factors."""
        return tuple(factor.strip() for factor in self.schedule.split("*"))

    @property
    def depends_on_total_steps(self) -> bool:
        """Whether more training steps would change the rates of the steps already taken."""
        return not self.decay_steps and any(SCHEDULE_FACTORS[name] for name in self.factors)

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            re.compile(self.freeze)
        except re.error as error:
            raise UserError(
                f"optimizer.freeze is no regular expression: {error}",
                received={"optimizer.freeze": self.freeze},
            ) from error
        for name in self.factors:
            if name not in SCHEDULE_FACTORS:
                names = suggest_closest(name, SCHEDULE_FACTORS)
                raise UserError(
                    f"Unknown learning-rate factor {name!r}.{names}",
                    expected=f"a product of {', '.join(SCHEDULE_FACTORS)}",
                    received={"optimizer.schedule": self.schedule},
                )


@dataclass(frozen=True, kw_only=True)
class TrainHParams(Section):
    """The loop, its seed and its checkpoints.

    Args:
        steps: Updates of the weights in all.
        accumulate_steps: Batches whose gradients are averaged into one update.
        label_smoothing: Probability mass given to the wrong classes.
        seed: Seed of weights, mixing, shuffling and noise.
        deterministic: Whether equal runs give equal bits, at some cost in speed.
        eval_every: Steps between evaluations; 0: only at the end.
        checkpoint_every: Steps between checkpoints.
        keep_checkpoint_max: Newest checkpoints that are kept, beside the best.
        log_every: Steps between lines of the log.
        num_threads: Threads that share an operation; 0: the tensor library decides. With 1 as many
            operations run at once as there are cores, which is faster where they are small.
        overlap_update: Whether updates of large variables run beside the next step's forward pass.
        jit_compile: Whether XLA compiles the training step, for GPUs: on a CPU it is slower.
        max_faults: Batches of one problem in a row whose loss or gradient is not finite that stop
            training; fewer are skipped.
    """

    section = "train"

    steps: int = declare_field(250_000, at_least=1)
    accumulate_steps: int = declare_field(1, at_least=1)
    label_smoothing: float = declare_field(0.1, at_least=0, below=1)
    seed: int = declare_field(1, at_least=0, at_most=2**32 - 1)  # as NumPy takes it
    deterministic: bool = False
    eval_every: int = declare_field(1000, at_least=0)
    checkpoint_every: int = declare_field(1000, at_least=1)
    keep_checkpoint_max: int = declare_field(3, at_least=1)
    log_every: int = declare_field(100, at_least=1)
    num_threads: int = declare_field(0, at_least=0)
    overlap_update: bool = True
    jit_compile: bool = False
    max_faults: int = declare_field(5, at_least=1)


@dataclass(frozen=True, kw_only=True)
class HParams:
    """All settings of a run, a record of records.

    Raises:
        UserError: A mixture of experts would follow more blocks than there are.

    Example:
        >>> from dataclasses import replace
        >>> hparams = HParams(model=ModelHParams(width=256))
        >>> replace(hparams, train=TrainHParams(steps=1000)).model.width
        256
    """

    model: ModelHParams = field(default_factory=ModelHParams)
    experts: ExpertHParams = field(default_factory=ExpertHParams)
    modality: ModalityHParams = field(default_factory=ModalityHParams)
    data: DataHParams = field(default_factory=DataHParams)
    mixture: MixtureHParams = field(default_factory=MixtureHParams)
    optimizer: OptimizerHParams = field(default_factory=OptimizerHParams)
    train: TrainHParams = field(default_factory=TrainHParams)
    decode: DecodeHParams = field(default_factory=DecodeHParams)

    def __post_init__(self) -> None:
        blocks = (self.model.encoder_blocks, self.model.decoder_blocks)
        pairs = zip(self.experts.moe_after, blocks, strict=False)  # none: the middle of each
        if any(before > num_blocks for before, num_blocks in pairs):
            raise UserError(
                "experts.moe_after names more blocks than the encoder or the decoder has",
                received={
                    "experts.moe_after": self.experts.moe_after,
                    "model.encoder_blocks": self.model.encoder_blocks,
                    "model.decoder_blocks": self.model.decoder_blocks,
                },
            )


SECTIONS: dict[str, type[Section]] = read_field_types(HParams)
FIELD_TYPES: dict[str, Any] = {
    f"{section}.{name}": hint
    for section, record in SECTIONS.items()
    for name, hint in read_field_types(record).items()
}
