"""From a registered name or a JSON file to a study."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from t2t_mm import registry
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.settings.field_values import read_field_types
from t2t_mm.settings.section import Section
from t2t_mm.study.definition import Study

R = TypeVar("R", bound=Section)
_COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def load_study(
    name: str, *, data_dir: str | Path = "", tmp_dir: str | Path = "", **given: Any
) -> Study:
    """Make a study.

    Args:
        name: A registered study, or the path of a JSON file (it ends in `.json`) that has the
            fields of `Study` and of the records in it.
        data_dir: Generated data, for a function that takes it.
        tmp_dir: Raw files, for a function that takes them.
        given: What the function of a registered study is to be called with, such as `problems`.

    Raises:
        UserError: There is no such study or file, the file is not the JSON of a study, or the
            study does not take what is given, or needs more.

    Example:
        >>> study = load_study("paper_tables", problems="mini_text", seeds=(1,))
        >>> sorted({cell.problems for cell in study.cells.values()})[:2]
        ['mini_deen', 'mini_ende']
    """
    if name.endswith(".json"):
        if given:
            raise UserError(
                "A study in a file says all itself", received=given, fix=f"Write it into {name}."
            )
        return read_study(Path(name))
    function = registry.STUDIES.lookup(name)
    takes = inspect.signature(function).parameters
    places = {"data_dir": data_dir, "tmp_dir": tmp_dir}
    given |= {one: place for one, place in places.items() if place and one in takes}
    if others := [one for one in given if one not in takes]:
        raise UserError(
            f"The study {name!r} takes no {others[0]}",
            expected=", ".join(takes) or "nothing",
            received={others[0]: given[others[0]]},
        )
    lacking = [
        one.name
        for one in takes.values()
        if one.default is one.empty and one.kind not in _COLLECTING and one.name not in given
    ]
    if lacking:
        raise UserError(
            f"The study {name!r} must be given {', '.join(lacking)}",
            fix="--problems, --hparams_set and --train_steps give the parameters problems, "
            "hparams_set and steps of a study; others need a default.",
        )
    study = function(**given)
    if not isinstance(study, Study):
        raise UserError(f"The study {name!r} does not return a Study", received={"value": study})
    return study


def read_study(path: Path) -> Study:
    """Read the JSON file of a study.

    Raises:
        UserError: There is none, or a field is unknown, missing or of the wrong type.

    Example:
        >>> import json
        >>> cells = {"a": {"problems": "mini_ende", "steps": 5}}
        >>> text = json.dumps({"title": "German", "cells": cells, "tables": []})
        >>> _ = Path("german.json").write_text(text)
        >>> read_study(Path("german.json")).cells["a"].steps
        5
    """
    try:
        record = parse_json(path.read_bytes(), names_once=True)
    except OSError as error:
        raise UserError(f"The study {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"The study {path} is not valid JSON: {error}") from error
    return _build(Study, record, str(path))


def _build(record: type[R], values: object, where: str) -> R:
    """Build a record, and the records in it, from what JSON holds."""
    if not isinstance(values, Mapping):
        raise UserError(f"{where} is to be a JSON object", received={"value": values})
    hints = read_field_types(record)
    for name in values:
        if name not in hints:
            raise UserError(
                f"{where} has the unknown field {name!r}.{suggest_closest(name, hints)}",
                expected=", ".join(hints),
            )
    for field in dataclasses.fields(record):  # type: ignore[arg-type]
        has_default = field.default is not dataclasses.MISSING
        has_default |= field.default_factory is not dataclasses.MISSING
        if not has_default and field.name not in values:
            raise UserError(f"{where} lacks the field {field.name!r}")
    built = {
        name: _build_inner(hints[name], value, f"{where}, {name}") for name, value in values.items()
    }
    return record(**built)


def _build_inner(hint: Any, value: Any, where: str) -> Any:
    """Build the records that a field holds; a value of another kind is as it is."""
    inner = [one for one in get_args(hint) if isinstance(one, type) and issubclass(one, Section)]
    if not inner:
        return value
    if isinstance(value, Mapping):
        return {key: _build(inner[0], part, f"{where} {key}") for key, part in value.items()}
    if isinstance(value, list):
        return [_build(inner[0], part, f"{where} {place}") for place, part in enumerate(value, 1)]
    return value
