"""What generated data depends on, so that stale data is noticed and never used silently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.records.source_code import source_hash
from t2t_mm.data.vocabulary.vocabulary import Vocabulary

Fingerprint = dict[str, Any]


def describe_data(problem: Problem, vocabularies: Mapping[str, Vocabulary]) -> Fingerprint:
    """Return what the generated data of `problem` depends on, ready for JSON.

    Args:
        problem: The problem as written, not exchanged.
        vocabularies: The vocabulary of each feature that has one.
    """
    return {
        "problem": problem.name,
        "version": problem.version,
        "features": {name: repr(spec) for name, spec in problem.features.items()},
        "source": source_hash(type(problem)),
        "vocabularies": {vocab.name: vocab.hash for vocab in vocabularies.values()},
    }


def explain_differences(stored: Fingerprint, current: Fingerprint) -> list[str]:
    """Return one clause per thing that is not as it was when the data was generated."""
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
        reasons.append("the source of its class, or of what that uses, changed")
    return reasons


def _shorten(value: Any) -> str:
    """Show a value with its digests cut to what a person compares."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_shorten(v)}" for k, v in value.items()) + "}"
    text = str(value)
    return text[:8] if len(text) == 64 and " " not in text else text
