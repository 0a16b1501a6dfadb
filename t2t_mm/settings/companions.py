"""Fields that count only beside another: what is given must not be ignored silently.

`COMPANIONS` is the whole list. A field that is given beside a companion that makes it idle is
refused; where it can mean one thing only, as rates can, it sets its companion. Only what a user
gives anew is judged: a registered set may hold more than its other fields use, and a run keeps
what it was trained with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from t2t_mm.errors import UserError
from t2t_mm.settings.field_values import read_field_types
from t2t_mm.settings.model_sections import ExpertHParams
from t2t_mm.settings.sections import SCHEDULE_FACTORS, HParams


class Companion(NamedTuple):
    """One field that counts only beside certain values of another.

    Attributes:
        field: Full name of the field.
        beside: Full name of its companion.
        values: Those of the companion that let the field count; of a schedule, its factors.
        implied: Whether the field, when given alone, sets the companion to the first of `values`.
        only: The values of the field that need the companion; empty: all.
    """

    field: str
    beside: str
    values: tuple[Any, ...]
    implied: bool = False
    only: tuple[Any, ...] = ()

    def is_idle(self, settings: Mapping[str, Any]) -> bool:
        """Return whether the field counts for nothing in settings by full name."""
        if self.only and settings[self.field] not in self.only:
            return False
        beside = settings[self.beside]
        parts = beside.replace(" ", "").split("*") if isinstance(beside, str) else [beside]
        return not set(parts) & set(self.values)


_OF_EXPERTS = [name for name in read_field_types(ExpertHParams) if name != "use_experts"]
_WITH_LOSS = ("importance_load", "switch")
_WITH_WARM_UP = ("linear_warmup", "rsqrt_decay", "single_cycle_cos_decay")
_WITH_END = tuple(name for name, has_end in SCHEDULE_FACTORS.items() if has_end)
_OF_SAMPLES = ("temp", "keep_top_k", "keep_top_p", "seed")

COMPANIONS: tuple[Companion, ...] = (
    Companion("data.rates", "data.mixing", ("given",), implied=True),
    Companion("data.temperature", "data.mixing", ("temperature",), implied=True),
    Companion("mixture.rate_function", "data.mixing", ("function",), implied=True),
    *(
        Companion(f"decode.sampling_{name}", "decode.sampling_method", ("random",), implied=True)
        for name in _OF_SAMPLES
    ),
    Companion("model.num_heads", "model.use_attention", (True,)),
    Companion("model.attention_dropout", "model.use_attention", (True,)),
    Companion("model.attention_convolutions", "model.use_attention", (True,)),
    *(Companion(f"experts.{name}", "experts.use_experts", (True,)) for name in _OF_EXPERTS),
    Companion("experts.balancing", "experts.gate", ("position",), only=_WITH_LOSS),
    Companion("experts.balance_loss_weight", "experts.gate", ("position",)),
    Companion("experts.balance_loss_weight", "experts.balancing", _WITH_LOSS),
    Companion("experts.bias_update_rate", "experts.balancing", ("bias",)),
    Companion("experts.expert_dispatch", "experts.gate", ("position",)),
    Companion("experts.capacity_factor", "experts.gate", ("position",)),
    Companion("experts.capacity_factor", "experts.expert_dispatch", ("capacity",)),
    Companion("optimizer.learning_rate", "optimizer.schedule", ("constant",)),
    Companion("optimizer.warmup_steps", "optimizer.schedule", _WITH_WARM_UP),
    Companion("optimizer.decay_steps", "optimizer.schedule", _WITH_END),
    Companion("train.overlap_update", "train.accumulate_steps", (1,), only=(True,)),
    Companion("train.overlap_update", "train.jit_compile", (False,), only=(True,)),
)


def lay_over(settings: Mapping[str, Any], layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay what is given over settings, with what it implies; what would be ignored is an error.

    A field that counts beside the layers up to its own is not judged by later ones: a file of
    settings may be laid under a switch that turns a part of it off.

    Args:
        settings: What lies below: full field name -> value, of all fields.
        layers: Full field name -> value, the weakest first. An empty text or mapping gives nothing.

    Raises:
        UserError: A field is given beside a companion that makes it idle.

    Example:
        >>> laid = lay_over(flatten_fields(HParams()), [{"data.temperature": 3.0}])
        >>> laid["data.mixing"]
        'temperature'
    """
    laid = dict(settings)
    idle: list[Companion] = []
    for layer in layers:
        given = [one for one in COMPANIONS if layer.get(one.field) not in (None, "", {})]
        for companion in reversed(given):  # of two that imply, the first in the list has its way
            if companion.implied:
                laid[companion.beside] = companion.values[0]
        laid |= layer
        idle += [companion for companion in given if companion.is_idle(laid)]
    for companion in idle:
        if companion.is_idle(laid):
            raise _make_idle_error(companion, laid)
    return laid


def list_idle_fields(hparams: HParams) -> list[str]:
    """List the fields that count for nothing beside the others, by full name.

    Example:
        >>> list_idle_fields(HParams())[:2]
        ['data.rates', 'data.temperature']
    """
    settings = flatten_fields(hparams)
    idle = (companion.field for companion in COMPANIONS if companion.is_idle(settings))
    return list(dict.fromkeys(idle))


def list_idle_changes(hparams: HParams) -> list[str]:
    """List the idle fields that have not their default: somebody may think that they count."""
    settings, defaults = flatten_fields(hparams), flatten_fields(HParams())
    return [name for name in list_idle_fields(hparams) if settings[name] != defaults[name]]


def flatten_fields(hparams: HParams) -> dict[str, Any]:
    """Return all fields of settings: full name -> value.

    Example:
        >>> flatten_fields(HParams())["model.width"]
        512
    """
    return {
        f"{section}.{name}": value
        for section, record in vars(hparams).items()
        for name, value in vars(record).items()
    }


def _make_idle_error(companion: Companion, settings: Mapping[str, Any]) -> UserError:
    values = " or ".join(str(value).lower() for value in companion.values)
    return UserError(
        f"{companion.field} counts for nothing beside this {companion.beside}",
        expected=f"{companion.beside} with {values}",
        received={name: settings[name] for name in (companion.field, companion.beside)},
        fix=f"Leave {companion.field} out, or change {companion.beside}.",
    )
