"""From the name of a registered set to the settings that a run uses.

Authority, weakest first: a field's default, the registered set, gin files, then gin parameters
and `--hparams`. Unknown fields and wrong types are errors before any file is opened. The warm-up
of a set is shortened where fewer steps are given for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.mixing.rates import list_rated
from t2t_mm.registry.registration import HPARAMS
from t2t_mm.settings.companions import flatten_fields, lay_over
from t2t_mm.settings.gin_overlay import read_gin
from t2t_mm.settings.overrides import apply_overrides, parse_overrides, resolve_field_name
from t2t_mm.settings.sections import HParams
from t2t_mm.settings.warm_up import shorten_warm_up

_BY_PROBLEM = (
    *("data.batches", "data.rates", "data.shares"),
    *("mixture.schedules", "mixture.loss_weights"),
)
"""The fields that map names of problems to values."""


def hparams(name: str) -> HParams:
    """Make the registered hparams set called `name`.

    Raises:
        UserError: The name is unknown, or its function returns something else.

    Example:
        >>> hparams("multimodel_tiny").model.width
        128
    """
    values = HPARAMS.lookup(name)()
    if not isinstance(values, HParams):
        raise UserError(
            f"The hparams set {name!r} does not return an HParams", received={"value": values}
        )
    return values


def load_hparams(
    base: str | HParams,
    *,
    gin_files: Iterable[str | Path] = (),
    gin_params: Iterable[str] = (),
    overrides: str = "",
    fields: Mapping[str, Any] | None = None,
    problems: Sequence[str] = (),
) -> HParams:
    """Make the settings of a run: a registered set or those of another, and what stands over it.

    Args:
        base: A registered set, or the settings of a run.
        gin_files: Gin files, the later ones stronger.
        gin_params: Gin bindings, `model.width=256`, stronger than the files.
        overrides: The text of `--hparams`, stronger than gin.
        fields: Field name -> value, strongest of all: what flags of their own set.
        problems: Those that the run is to train, by full name; none: not known yet.

    Raises:
        UserError: A set, file or field is unknown, a field is given twice, a value has the wrong
            type or range, or would be ignored beside another: see `settings.companions`; or what
            stands over the set and its files names a problem that is none of `problems`.

    Example:
        >>> load_hparams("multimodel_tiny", overrides="model.width=64").model.width
        64
    """
    chosen = base if isinstance(base, HParams) else hparams(base)
    changes = parse_overrides(overrides)
    gin_files, gin_params = list(gin_files), list(gin_params)
    bound = read_gin(gin_files, gin_params)
    strongest = {resolve_field_name(name): value for name, value in (fields or {}).items()}
    layers = (bound, changes, strongest)
    # Alone first: a wrong value is told before one that would be ignored.
    apply_overrides(chosen, {**bound, **changes, **strongest})
    laid = lay_over(flatten_fields(chosen), layers)
    bound_by_command = {param.partition("=")[0].strip() for param in gin_params}
    in_command = bound_by_command.union(changes, strongest)
    _check_problem_names({name: laid[name] for name in _BY_PROBLEM if name in in_command}, problems)
    return apply_overrides(chosen, shorten_warm_up(laid, bound, in_command))


def check_changed_names(hparams: HParams, before: HParams, problems: Sequence[str]) -> None:
    """Check the names of problems in the settings that differ from those of a run.

    Args:
        hparams: The settings.
        before: Those of the run.
        problems: All that are to be trained, by full name.

    Raises:
        UserError: A setting names a problem that is none of them.

    Example:
        >>> changed = load_hparams("multimodel_tiny", overrides="data.shares={mini_ende: 0.5}")
        >>> check_changed_names(changed, hparams("multimodel_tiny"), ["mini_ende"])
    """
    values, had = flatten_fields(hparams), flatten_fields(before)
    changed = {name: values[name] for name in _BY_PROBLEM if values[name] != had[name]}
    _check_problem_names(changed, problems)


def _check_problem_names(given: Mapping[str, Any], problems: Sequence[str]) -> None:
    for field, values in given.items() if problems else ():
        for name in list_rated(values) if field == "data.rates" else values:
            if name not in problems:
                raise UserError(
                    f"{field} names {name!r}, which is none of the problems that are trained."
                    f"{suggest_closest(name, problems)}",
                    expected=", ".join(problems),
                    received={field: dict(values)},
                )
