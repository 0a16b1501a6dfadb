"""What generated data depends on, so that stale data is noticed and never used silently."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind, feature_to_json, list_kinds
from t2t_mm.data.records.same_data import is_same_data
from t2t_mm.data.records.source_code import hash_kind, hash_source
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.features import Feature

Fingerprint = dict[str, Any]

FORMAT = 2
"""Raised when the same code and data would be described in another way.

Format 1 is that of version 0.1.0, which bore no number: its digests of code also told where the
code lay, so they compare with nothing.
"""


_DIGESTS: WeakKeyDictionary[type[Problem], str] = WeakKeyDictionary()
"""Class of a problem -> digest of its code."""


def describe_data(
    problem: Problem, vocabularies: Mapping[str, Vocabulary], *, with_code: bool = True
) -> Fingerprint:
    """Describe what the generated data of `problem` depends on, ready for JSON.

    Args:
        problem: The problem as written, not exchanged.
        vocabularies: The vocabulary of each feature that has one.
        with_code: Whether its code counts.
    """
    code = _describe_code(problem) if with_code else {}
    return {
        "format": FORMAT,
        "problem": problem.name,
        "version": problem.version,
        "features": {name: _describe_stored(spec) for name, spec in problem.features.items()},
        **code,
        "vocabularies": {vocab.name: vocab.hash for vocab in vocabularies.values()},
    }


def _describe_code(problem: Problem) -> Fingerprint:
    specs = problem.features.values()
    digests = {spec.modality: hash_kind(type(choose_kind(spec))) for spec in specs}
    return {
        "source": _hash_class(type(problem)),
        "encoders": {name: digest for name, digest in digests.items() if digest},
    }


def _hash_class(problem_class: type[Problem]) -> str:
    """Digest the code of a class once: what runs is what was imported, whatever its file says now.

    In a notebook a class that is written again is another class.
    """
    if problem_class not in _DIGESTS:
        _DIGESTS[problem_class] = hash_source(problem_class)
    return _DIGESTS[problem_class]


def explain_differences(stored: Fingerprint, current: Fingerprint) -> list[str]:
    """Explain by a clause each what is not as it was when the data was generated.

    Of data of 0.1.0 the code is not compared, see `is_judged_without_code`, nor where the class of
    the problem is not there.
    """
    before = dict(stored)
    if is_judged_without_code(stored):
        before["features"] = {
            name: _describe_old_feature(text) for name, text in stored["features"].items()
        }
    reasons = []
    for key, words in (
        ("problem", "it belongs to another problem"),
        ("version", "its version changed"),
        ("features", "its declared features changed"),
        ("vocabularies", "its vocabulary changed"),
    ):
        if before[key] != current[key]:
            changed = f"{_shorten(before[key])} -> {_shorten(current[key])}"
            reasons.append(f"{words} ({changed})")
    if is_judged_without_code(stored) or "source" not in current:
        return reasons
    if not is_same_data(before["source"], current["source"]):
        reasons.append("the source of its class, or of what that uses, changed")
    if not _are_stored_alike(before["encoders"], current["encoders"]):
        reasons.append("the way in which its values are stored changed")
    return reasons


def _are_stored_alike(before: Mapping[str, str], current: Mapping[str, str]) -> bool:
    """Compare the digests of the code that stores each kind of features."""
    alike = (is_same_data(before[name], digest) for name, digest in current.items())
    return before.keys() == current.keys() and all(alike)


def is_judged_without_code(stored: Fingerprint) -> bool:
    """Return whether data was written by 0.1.0, whose digest of the code compares with nothing."""
    return "format" not in stored


def _describe_stored(spec: Feature) -> Any:
    """Describe a feature without what only says how a net reads it."""
    record = feature_to_json(spec)
    return {name: value for name, value in record.items() if name not in spec.reading_fields}


def _describe_old_feature(text: str) -> Any:
    """Describe a feature that was stored as `Image(height=64, width=64, ...)`."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name), text
    kinds = {kind.spec_class.__name__: kind.spec_class for kind in list_kinds().values()}
    if call.func.id not in kinds:
        return text
    fields = {word.arg or "": ast.literal_eval(word.value) for word in call.keywords}
    return _describe_stored(kinds[call.func.id](**fields))


def _shorten(value: Any) -> str:
    """Show a value with its digests cut to what a person compares."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shorten(one)}" for key, one in value.items()) + "}"
    text = str(value)
    return text[:8] if len(text) == 64 and " " not in text else text
