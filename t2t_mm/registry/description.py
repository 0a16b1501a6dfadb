"""What is registered, and what is known of each name: the Python form of `t2t-registry`."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from t2t_mm import registry
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.settings import HParams
from t2t_mm.settings.companions import flatten_fields
from t2t_mm.settings.field_meanings import explain_field
from t2t_mm.settings.sections import FIELD_TYPES


def list_registered_names() -> dict[str, list[str]]:
    """List all names by kind: problem, group, hparams, modality, study; no problem is imported.

    Example:
        >>> list_registered_names()["modality"]
        ['audio', 'categorical', 'image', 'language']
    """
    return {
        "problem": registry.problem_names(),
        "group": registry.group_names(),
        "hparams": registry.hparams_names(),
        "modality": registry.MODALITIES.names(),
        "study": registry.STUDIES.names(),
    }


def summarize_names(kind: str) -> dict[str, str]:
    """Say in one line what each name of a kind is; the modules that define them are imported.

    Args:
        kind: One of those of `list_registered_names`. Of modalities nothing is said, since their
            nets would import Keras.

    Returns:
        The name, `NAME[/ARGUMENT]` of a problem that takes one -> the first line of its docstring.

    Example:
        >>> summarize_names("problem")["tree_files[/NAME]"].partition(":")[0]
        'Parses sentences'
    """
    lines = {}
    for name in list_registered_names()[kind]:
        shown, doc = name, ""
        try:
            if kind == "problem":
                problem = registry.problem_class(name)
                shown, doc = name + "[/NAME]" * problem.takes_argument, _read_doc(problem)
            elif kind == "group":
                doc = registry.GROUPS.lookup(name).doc
            elif kind == "study":
                doc = _read_doc(registry.STUDIES.lookup(name))
            elif kind == "hparams":
                doc = _read_doc(registry.HPARAMS.lookup(name))
        except UserError as error:  # of an installed package: the others can be listed
            doc = str(error)
        lines[shown] = " ".join(doc.partition("\n\n")[0].split())
    return lines


def describe(name: str) -> dict[str, Any]:
    """Collect what is known of a name; import the one module that defines it.

    The Python form of `t2t-registry describe`.

    Args:
        name: A problem (with argument and `_rev`), group, hparams set, modality or study; or a
            setting, as "model.width".

    Returns:
        Field -> value, ready for JSON: always `name` and `kind`.

    Raises:
        UserError: Nothing has this name.

    Example:
        >>> facts = describe("mini_ende")
        >>> facts["kind"], facts["command"], facts["metrics"]
        ('problem', 'de', ['bleu', 'chrf'])
    """
    if name in registry.GROUPS:
        group = registry.GROUPS.lookup(name)
        return {"name": name, "kind": "group", "doc": group.doc, "problems": list(group.names)}
    if name in registry.HPARAMS:
        return _describe_hparams(name)
    if name in registry.MODALITIES:
        modality = registry.modality(name)
        return {"name": name, "kind": "modality", "doc": _read_doc(modality)}
    if name in registry.STUDIES:
        module = registry.STUDIES.find_module(name)
        doc = _read_doc(registry.STUDIES.lookup(name))
        return {"name": name, "kind": "study", "doc": doc, "module": module}
    if registry.is_problem_name(name):
        return _describe_problem(name)
    if name in FIELD_TYPES:
        return _describe_setting(name)
    names = [known for found in list_registered_names().values() for known in found]
    names += FIELD_TYPES
    raise UserError(
        f"Nothing is registered as {name!r}.{suggest_closest(name, names)}",
        fix="`t2t-registry list` shows all names.",
    )


def _describe_problem(name: str) -> dict[str, Any]:
    problem = registry.problem(name)
    facts = {
        "name": problem.name,
        "kind": "problem",
        "doc": _read_doc(type(problem)),
        "modalities": {side: repr(feature) for side, feature in sorted(problem.features.items())},
        "command": problem.command_name,
        "splits": list(problem.splits),
        "batch": dataclasses.asdict(problem.batch),
        "metrics": list(problem.metrics),
        "version": problem.version,
        "takes_argument": problem.takes_argument,
        "reverse_of": problem.reverse_of,
        "licence": problem.licence,
        "size": problem.size,
        "source": problem.source,
        "substitute": problem.substitute,
        "module": type(problem).__module__,
    }
    return {key: value for key, value in facts.items() if value not in ("", False)}


def _describe_hparams(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "hparams set",
        "doc": _read_doc(registry.HPARAMS.lookup(name)),
        "module": registry.HPARAMS.find_module(name),
        "values": dataclasses.asdict(registry.hparams(name)),
    }


def _describe_setting(name: str) -> dict[str, Any]:
    default = flatten_fields(HParams())[name]
    return {"name": name, "kind": "setting", "doc": explain_field(name), "default": default}


def _read_doc(thing: object) -> str:
    """Return a docstring without indentation; an empty one where none is the thing's own."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")
