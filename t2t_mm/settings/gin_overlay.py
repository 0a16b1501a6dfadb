"""Gin files and parameters that bind the settings records and nothing else.

    model.width = 256
    train.steps = 1000

Gin is imported only where files or parameters are given.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import os
import re
import threading
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.settings.field_values import convert_value, read_field_types
from t2t_mm.settings.overrides import check_given_once, resolve_field_name
from t2t_mm.settings.renamed_fields import RENAMED_FIELDS
from t2t_mm.settings.sections import FIELD_TYPES, SECTIONS

_OF_GIN = (
    *(ValueError, TypeError, KeyError, SyntaxError, OSError, RuntimeError, ImportError),
    tokenize.TokenError,  # of a bracket that is not closed
)
# What gin knows lies in variables of its module, and it offers nothing public to keep it apart.
_VARIABLES = (
    *("_REGISTRY", "_INVERSE_REGISTRY", "_CONFIG", "_CONFIG_PROVENANCE", "_CONFIG_IS_LOCKED"),
    *("_OPERATIVE_CONFIG", "_SINGLETONS", "_IMPORTS", "_FINALIZE_HOOKS", "_ARG_SPEC_CACHE"),
    "_CONSTANTS",
)
_ONE_AT_A_TIME = threading.Lock()
_BINDING = re.compile(r"^(?P<name>[\w./]+)\.(?P<field>\w+) = ", re.MULTILINE)


def read_gin(files: Iterable[str | Path], params: Iterable[str]) -> dict[str, Any]:
    """Read gin files, then parameters, which are stronger.

    Args:
        files: Paths; a bare name is also looked for beside the built-in hparams sets.
        params: Single bindings, `model.width=256`.

    Returns:
        Full field name -> value, as for `overrides.apply_overrides`.

    Raises:
        UserError: A file is missing or malformed, a name is unknown or scoped, a field is bound
            by two names, or a value has the wrong type.

    Example:
        >>> read_gin(["small_corpus.gin"], ["train.steps=5"])["train.steps"]
        5
    """
    paths = [str(_find_gin_file(file)) for file in files]
    bindings = list(params)
    if not paths and not bindings:
        return {}
    import gin

    with _ONE_AT_A_TIME, _set_aside(gin.config):
        for section in SECTIONS:
            _make_bindable(gin, section)
        _parse_bindings(gin, paths, bindings)
        _check_only_sections(gin.config_str())
        return _collect_bindings(gin)


@contextlib.contextmanager
def _set_aside(config: Any) -> Iterator[None]:
    """Let gin know nothing but what is its own, and restore what a caller has told it."""
    # Later versions of gin have one more of these variables.
    kept = {name: getattr(config, name) for name in _VARIABLES if hasattr(config, name)}
    for name, value in kept.items():
        setattr(config, name, type(value)())
    for selector, entry in kept["_REGISTRY"].items():
        if entry.module == "gin":
            config._REGISTRY[selector] = config._INVERSE_REGISTRY[entry.wrapped] = entry
    config.constant("gin.REQUIRED", config.REQUIRED)
    hooks = kept["_FINALIZE_HOOKS"]
    config._FINALIZE_HOOKS += [hook for hook in hooks if hook.__module__ == config.__name__]
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(config, name, value)


def _collect_bindings(gin: Any) -> dict[str, Any]:
    """Return what gin holds of the sections: full field name -> checked value."""
    found: dict[str, Any] = {}
    for section in SECTIONS:
        for name, value in gin.get_bindings(f"t2t_mm.{section}").items():
            full_name = resolve_field_name(f"{section}.{name}")
            check_given_once(full_name, found, "the gin settings")
            found[full_name] = convert_value(full_name, FIELD_TYPES[full_name], value)
    return found


def _make_bindable(gin: Any, section: str) -> None:
    """Tell gin the fields of a section: those of earlier releases too."""
    own = (name.partition(".") for name in (*FIELD_TYPES, *RENAMED_FIELDS))
    names = [field for of_section, _, field in own if of_section == section]
    record = dataclasses.make_dataclass(section, [(name, Any, None) for name in names])
    gin.external_configurable(record, name=section, module="t2t_mm")


def _parse_bindings(gin: Any, paths: Sequence[str], bindings: Sequence[str]) -> None:
    try:
        for text in bindings:
            _refuse_imports(gin, text, "--gin_param")
        for path in paths:
            _refuse_imports(gin, _read_text(path), path)
        gin.parse_config_files_and_bindings(paths, bindings)
    except UserError:
        raise
    except _OF_GIN as error:
        message = " ".join(str(error).split())
        raise UserError(
            f"The gin settings cannot be read: {message}{_suggest_names(message)}",
            received={"gin_file" if paths else "gin_param": ", ".join(paths or bindings)},
        ) from error


def _read_text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _refuse_imports(gin: Any, text: str, source: str) -> None:
    """Refuse statements that import a module, which may be anything, in included files, too."""
    parser = gin.config_parser
    for statement in parser.ConfigParser(text, gin.config.ParserDelegate(skip_unknown=True)):
        if isinstance(statement, parser.ImportStatement):
            raise UserError(
                "A gin file sets settings and imports no modules",
                received={"import": statement.module, "in": source},
                fix="Name modules of your own by --t2t_usr_dir.",
            )
        if isinstance(statement, parser.IncludeStatement):
            _refuse_imports(gin, _read_text(statement.filename), statement.filename)


def _suggest_names(message: str) -> str:
    """Suggest names where gin's own message says that one is unknown."""
    parameter = re.search(r"doesn't have a parameter named '(\w+)'", message)
    section = re.search(r"Configurable '(?:t2t_mm\.)?(\w+)'", message)
    if parameter and section and section[1] in SECTIONS:
        return suggest_closest(parameter[1], read_field_types(SECTIONS[section[1]]))
    unknown = re.search(r"No configurable matching '([\w.]+)'", message)
    return suggest_closest(unknown[1], SECTIONS) if unknown else ""


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
        resolve_field_name(f"{name}.{match['field']}")


def _find_gin_file(file: str | Path) -> Path:
    """Find a gin file: at its path, or of this name beside the built-in sets."""
    path = Path(os.path.expanduser(file))
    if path.is_file():
        return path
    folders = importlib.util.find_spec("t2t_mm.hparams")
    for folder in (folders.submodule_search_locations or []) if folders else []:
        if (beside := Path(folder) / file).is_file():
            return beside
    raise UserError("The gin file does not exist", received={"gin_file": str(file)})
