"""The `--hparams` grammar: `model.width=256,train.steps=1000,data.rates={a:1,b:2}`."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping
from typing import Any

from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.settings.companions import lay_over
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.field_values import format_value, parse_value, split_top_level
from t2t_mm.settings.renamed_fields import RENAMED_FIELDS
from t2t_mm.settings.sections import FIELD_TYPES, HParams

_BATCH_SIZE = "batch_size"  # Tensor2Tensor's, of training; here only `decode` has this name
_OF_SEARCH = ("beam_size", "sampling_method", "write_beam_scores")


def parse_overrides(text: str) -> dict[str, Any]:
    """Read a list of overrides.

    Args:
        text: `name=value` pairs parted by commas. A name is `section.field`, or the field alone
            where only one section has it. Values: `256`, `1e-3`, `true`, `greedy`, `[1,2]`,
            `{a:1,b:2}`.

    Returns:
        Full field name -> value of the field's type.

    Raises:
        UserError: A field is unknown, ambiguous or given twice, or a value has the wrong type.

    Example:
        >>> parse_overrides("width=256,data.rates={mini_ende:2}")
        {'model.width': 256, 'data.rates': {'mini_ende': 2.0}}
    """
    found: dict[str, Any] = {}
    for part in split_top_level(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise UserError(
                "An override in --hparams has no '='",
                expected="name=value",
                received={"override": part},
            )
        if name.strip() == _BATCH_SIZE:
            raise UserError(
                "batch_size alone could be that of training or of decoding",
                expected="data.batch_tokens or data.batch_examples, or decode.batch_size",
                received={"override": part},
            )
        full_name = resolve_field_name(name.strip())
        check_given_once(full_name, found, "--hparams")
        found[full_name] = parse_value(full_name, FIELD_TYPES[full_name], value)
    return found


def resolve_field_name(name: str) -> str:
    """Return the full name of a field, with its section.

    Args:
        name: `section.field`, the field alone, or either of an earlier release. A field alone is
            not that of `decode` where another section has it, too.

    Raises:
        UserError: No field has this name, or several sections have one.

    Example:
        >>> resolve_field_name("width"), resolve_field_name("model.num_experts")
        ('model.width', 'experts.num_experts')
        >>> resolve_field_name("jit_compile")
        'train.jit_compile'
    """
    name = RENAMED_FIELDS.get(name, name)
    if name in FIELD_TYPES:
        return name
    matches = [full for full in FIELD_TYPES if full.partition(".")[2] == name] or [
        new for old, new in RENAMED_FIELDS.items() if old.partition(".")[2] == name
    ]
    if len(matches) > 1:  # those of decode have --decode_hparams of their own
        matches = [full for full in matches if not full.startswith("decode.")]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UserError(f"The field {name!r} is in several sections: {', '.join(matches)}")
    candidates = [full if "." in name else full.partition(".")[2] for full in FIELD_TYPES]
    raise UserError(
        f"There is no hparams field named {name!r}.{suggest_closest(name, candidates)}",
        fix="`t2t-registry describe multimodel_base` shows all fields.",
    )


def check_given_once(full_name: str, found: Container[str], where: str) -> None:
    """Check that a field is not among those that were read before it.

    Args:
        full_name: The field, by today's name.
        found: The fields read so far.
        where: What is read, for the message.

    Raises:
        UserError: The field is given twice, perhaps once by the name of an earlier release.
    """
    if full_name in found:
        raise UserError(f"The field {full_name} is given twice in {where}")


def apply_overrides(hparams: HParams, values: Mapping[str, Any]) -> HParams:
    """Replace fields.

    Args:
        hparams: The settings to start from.
        values: Full field name, today's -> value.

    Raises:
        UserError: A value has the wrong type or is out of range.

    Example:
        >>> apply_overrides(HParams(), {"model.width": 64, "train.steps": 9}).train.steps
        9
    """
    sections: dict[str, Any] = {}
    for full_name, value in values.items():
        section, _, field = full_name.partition(".")
        sections.setdefault(section, {})[field] = value
    return dataclasses.replace(
        hparams,
        **{
            section: dataclasses.replace(getattr(hparams, section), **changes)
            for section, changes in sections.items()
        },
    )


def change_decoding(
    decode: DecodeHParams, text: str, *, searches_once: bool = False
) -> DecodeHParams:
    """Replace fields of how outputs are decoded: the grammar of --decode_hparams.

    Args:
        decode: The run's own.
        text: `name=value` pairs parted by commas, of the section `decode` alone.
        searches_once: Whether outputs are made by these settings alone: what counts beside a beam
            only is then refused without one. Whoever loads a run may ask for a beam later.

    Raises:
        UserError: A field is unknown or given twice, or a value has the wrong type or range, or
            counts for nothing beside the others.

    Example:
        >>> change_decoding(DecodeHParams(), "beam_size=4,alpha=0.8").alpha
        0.8
        >>> change_decoding(DecodeHParams(), "sampling_temp=0.7").sampling_method
        'random'
    """
    names = [field.name for field in dataclasses.fields(decode)]
    changes: dict[str, Any] = {}
    for part in split_top_level(text):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        name = name.removeprefix("decode.")
        if name not in names or not equals:
            raise UserError(
                f"There is no setting of decoding in {part!r}.{suggest_closest(name, names)}",
                expected=f"name=value, with one of {', '.join(names)}",
                received={"decode_hparams": text},
            )
        full_name = f"{decode.section}.{name}"
        check_given_once(full_name, changes, "--decode_hparams")
        changes[full_name] = parse_value(full_name, FIELD_TYPES[full_name], value)
    own = {f"{decode.section}.{name}": value for name, value in vars(decode).items()}
    laid = lay_over(own, [changes])
    if searches_once:
        _refuse_idle_beam(changes, laid)
    return dataclasses.replace(decode, **{name: laid[f"decode.{name}"] for name in names})


def _refuse_idle_beam(given: Mapping[str, Any], laid: Mapping[str, Any]) -> None:
    """Refuse what counts only where several hypotheses are there, or the score of one."""
    searched = laid["decode.sampling_method"] != "random"
    several = laid["decode.beam_size"] > 1
    scored = searched and (several or laid["decode.write_beam_scores"])
    for name, counts in (("alpha", scored), ("return_beams", several)):
        if given.get(f"decode.{name}") and not counts:
            raise UserError(
                f"decode.{name} counts for nothing without a beam",
                expected="beam_size above 1",
                received={f"decode.{one}": laid[f"decode.{one}"] for one in (name, *_OF_SEARCH)},
            )


def describe_changes(decode: DecodeHParams, changed: DecodeHParams) -> str:
    """Write what differs between two settings of decoding, as --decode_hparams has it.

    Example:
        >>> describe_changes(DecodeHParams(), DecodeHParams(beam_size=4, return_beams=True))
        'beam_size=4,return_beams=true'
    """
    had, values = vars(decode), vars(changed)
    different = [name for name, value in values.items() if value != had[name]]
    return ",".join(f"{name}={format_value(values[name])}" for name in different)
