"""What generated data depends on, so that stale data is noticed and never used silently."""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from t2t_mm.data.problem import Problem
from t2t_mm.data.vocabulary import Vocabulary

# Class attributes that do not change what is generated.
_NOT_DATA = frozenset(
    {
        "batch",
        "command",
        "licence",
        "metrics",
        "reverse_command",
        "reverse_of",
        "size",
        "source",
        "substitute",
        "version",
    }
)

Fingerprint = dict[str, Any]


def describe_data(problem: Problem, vocabularies: Mapping[str, Vocabulary]) -> Fingerprint:
    """Returns what the generated data of `problem` depends on, ready for JSON.

    Args:
        problem: the problem as written, not exchanged.
        vocabularies: the vocabulary of each feature that has one.
    """
    return {
        "problem": problem.name,
        "version": problem.version,
        "features": {name: repr(spec) for name, spec in problem.features.items()},
        "source": source_hash(type(problem)),
        "vocabularies": {vocab.name: vocab.hash for vocab in vocabularies.values()},
    }


def explain_differences(stored: Fingerprint, current: Fingerprint) -> list[str]:
    """Returns one clause per thing that is not as it was when the data was generated."""
    reasons = []
    for key, words in (
        ("problem", "it belongs to another problem"),
        ("version", "its version changed"),
        ("features", "its declared features changed"),
        ("vocabularies", "its vocabulary changed"),
    ):
        if stored[key] != current[key]:
            reasons.append(f"{words} ({_shorten(stored[key])} -> {_shorten(current[key])})")
    if stored["source"] != current["source"]:
        reasons.append("the source of its class changed")
    return reasons


def source_hash(problem_class: type[Problem]) -> str:
    """Returns a digest of the code of a problem's class and its bases below `Problem`.

    Comments, layout, docstrings and attributes that do not change the data are left out. A class
    without source (made at run time) counts with its plain attributes.
    """
    digest = hashlib.sha256()
    for base in problem_class.__mro__:
        if base in (Problem, object) or base in Problem.__mro__:
            continue
        digest.update(f"{base.__qualname__}\n{_meaning(base)}\n".encode())
    return digest.hexdigest()


def _meaning(base: type) -> str:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    except (OSError, TypeError, SyntaxError):
        return _plain_attributes(base)
    definition = tree.body[0]
    if not isinstance(definition, ast.ClassDef) or definition.name != base.__name__:
        return _plain_attributes(base)
    definition.decorator_list = []
    definition.body = [node for node in definition.body if not _is_about_only(node)]
    for node in ast.walk(definition):
        _drop_docstring(node)
    return ast.unparse(definition)


def _plain_attributes(base: type) -> str:
    plain = {
        name: value
        for name, value in vars(base).items()
        if isinstance(value, str | int | float | bool | tuple)
        and not name.startswith("__")
        and name not in _NOT_DATA
    }
    return repr(sorted(plain.items()))


def _is_about_only(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    return all(isinstance(target, ast.Name) and target.id in _NOT_DATA for target in targets)


def _drop_docstring(node: ast.AST) -> None:
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:]
    node.body = node.body or [ast.Pass()]


def _shorten(value: Any) -> str:
    """Shows a value with its digests cut to what a person compares."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_shorten(v)}" for k, v in value.items()) + "}"
    text = str(value)
    return text[:8] if len(text) == 64 and " " not in text else text
