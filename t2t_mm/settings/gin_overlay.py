"""Gin files and parameters that bind the settings records and nothing else.

    model.width = 256
    train.steps = 1000

Gin is imported only where files or parameters are given.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError, closest
from t2t_mm.settings.field_values import convert, field_types
from t2t_mm.settings.overrides import full_field_name
from t2t_mm.settings.sections import SECTIONS

_BINDING = re.compile(r"^(?P<name>[\w./]+)\.(?P<field>\w+) = ", re.MULTILINE)


def read_gin(files: Iterable[str | Path], params: Iterable[str]) -> dict[str, Any]:
    """Read gin files, then parameters.

    Args:
        files: Paths; a bare name is also looked for beside the built-in hparams sets.
        params: Single bindings, `model.width=256`.

    Returns:
        Full field name -> value, as for `overrides.apply_overrides`.

    Raises:
        UserError: A file is missing or malformed, a name is unknown or scoped, or a value has
            the wrong type.
    """
    paths = [str(_find_file(file)) for file in files]
    bindings = list(params)
    if not paths and not bindings:
        return {}
    import gin

    gin.clear_config()
    try:
        for section, record in SECTIONS.items():
            _make_bindable(gin, section, record)
        _parse(gin, paths, bindings)
        _check_only_sections(gin.config_str())
        return {
            f"{section}.{field}": convert(f"{section}.{field}", field_types(record)[field], value)
            for section, record in SECTIONS.items()
            for field, value in gin.get_bindings(f"t2t_mm.{section}").items()
        }
    finally:
        gin.clear_config()


def _make_bindable(gin: Any, section: str, record: type) -> None:
    """Tell gin the fields of a section, once per process."""
    try:
        gin.get_configurable(f"t2t_mm.{section}")
    except ValueError:
        gin.external_configurable(record, name=section, module="t2t_mm")


def _parse(gin: Any, paths: Sequence[str], bindings: Sequence[str]) -> None:
    try:
        gin.parse_config_files_and_bindings(paths, bindings)
    except (ValueError, TypeError, SyntaxError, OSError, RuntimeError, ImportError) as error:
        message = " ".join(str(error).split())
        raise UserError(f"The gin settings cannot be read: {message}{_suggest(message)}") from error


def _suggest(message: str) -> str:
    """Return the closest names for gin's own words on an unknown name."""
    parameter = re.search(r"doesn't have a parameter named '(\w+)'", message)
    section = re.search(r"Configurable '(?:t2t_mm\.)?(\w+)'", message)
    if parameter and section and section[1] in SECTIONS:
        return closest(parameter[1], field_types(SECTIONS[section[1]]))
    unknown = re.search(r"No configurable matching '([\w.]+)'", message)
    return closest(unknown[1], SECTIONS) if unknown else ""


def _check_only_sections(text: str) -> None:
    """Refuse scoped bindings and those of other packages: they would be ignored silently."""
    for match in _BINDING.finditer(text):
        name = match["name"].removeprefix("t2t_mm.")
        if name not in SECTIONS:
            raise UserError(
                "The gin settings bind something that is not a section of the settings",
                expected=f"one of {', '.join(SECTIONS)}, without a scope",
                received={"binding": f"{match['name']}.{match['field']}"},
            )
        full_field_name(f"{name}.{match['field']}")


def _find_file(file: str | Path) -> Path:
    """Return the path as given, or the file of this name beside the built-in sets."""
    path = Path(file).expanduser()
    if path.is_file():
        return path
    folders = importlib.util.find_spec("t2t_mm.hparams")
    for folder in (folders.submodule_search_locations or []) if folders else []:
        if (beside := Path(folder) / file).is_file():
            return beside
    raise UserError("The gin file does not exist", received={"gin_file": str(file)})
