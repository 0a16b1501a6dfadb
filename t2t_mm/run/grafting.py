"""What the model of a new run takes over of a trained one: variables by name, rows by name.

Only along axes that count experts or problems may a variable have other sizes: what was there keeps
its values, in the places where it is now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.named_variables import assign_arrays
from t2t_mm.run.written_arrays import open_arrays

Places = Mapping[str, Sequence[int]]
"""What an axis stands for -> where each of its places was before; -1: it is new."""
_MOST_SHOWN = 8


@dataclass
class Graft:
    """How variables were filled from a checkpoint of another run.

    Args:
        loaded: Names of those that are as they were.
        grown: Of those that have places for more experts or other problems.
        new: Of those that the checkpoint lacks: as they were initialized.
        mismatched: Of those that have other shapes: (in the checkpoint, in the model).
        unused: Of those that only the checkpoint has.
        sizes: Number of elements by name, of the model's.
    """

    loaded: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    mismatched: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def describe(self) -> list[str]:
        """Return a table as lines: how many variables and numbers are loaded, and what is new."""
        lines = [f"{'':<12}{'variables':>10}{'numbers':>14}"]
        for title in ("loaded", "grown", "new", "mismatched", "unused"):
            names = list(getattr(self, title))
            numbers = sum(self.sizes.get(name, 0) for name in names)
            shown = "" if title == "loaded" else _list_parts(names)
            count = f"{numbers:>14,}" if title != "unused" else f"{'':>14}"
            lines.append(f"{title:<12}{len(names):>10,}{count}  {shown}".rstrip())
        return lines

    def check(self, source: Path) -> None:
        """Refuse a graft with variables that did not fit.

        Raises:
            UserError: A table of these.
        """
        if not self.mismatched:
            return
        rows = [
            f"  {name}: {before} there, {now} here"
            for name, (before, now) in list(self.mismatched.items())[:_MOST_SHOWN]
        ]
        if more := len(self.mismatched) - len(rows):
            rows.append(f"  and {more} more")
        raise UserError(
            f"{len(self.mismatched)} variables of {source} have other shapes:\n"
            + "\n".join(rows)
            + "\nTake the settings of that run: leave --hparams_set out."
        )


def fill_variables(
    variables: Mapping[str, Any],
    path: Path,
    axes: Mapping[str, Sequence[str]],
    places: Places,
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda arrays: arrays,
) -> Graft:
    """Fill variables from the arrays of a checkpoint's file, as far as it has them.

    Args:
        variables: Name -> variable, or row of one.
        path: The file.
        axes: Of variables that may grow what their axes stand for, by name.
        places: Where what these stand for was before.
        convert: Turns the arrays of earlier versions into today's.

    Returns:
        What became of each. Mismatched ones are as they were.
    """
    graft = Graft(sizes={name: int(np.prod(one.shape)) for name, one in variables.items()})
    with open_arrays(path) as saved:
        arrays = convert(saved)

        def read(name: str) -> Any:
            array, before = np.asarray(variables[name]), np.asarray(arrays[name])
            moved = _move(before, array, [places.get(axis) for axis in axes.get(name, ())])
            if moved is None:
                graft.mismatched[name] = before.shape, array.shape
                return array
            same = before.shape == moved.shape and np.array_equal(before, moved, equal_nan=True)
            (graft.loaded if same else graft.grown).append(name)
            return moved

        assign_arrays({name: one for name, one in variables.items() if name in arrays}, read)
        graft.new = [name for name in variables if name not in arrays]
        graft.unused = [name for name in arrays if name not in variables]
    return graft


def _move(before: Any, array: Any, places: Sequence[Sequence[int] | None]) -> Any:
    """Put what was before into an array, each part in its place; None where it does not fit."""
    maps = places or [None] * before.ndim
    if len(maps) != before.ndim or before.ndim != array.ndim:
        return None
    if any(one is None and before.shape[i] != array.shape[i] for i, one in enumerate(maps)):
        return None
    if all(one is None for one in maps):
        return before
    wholes = [
        range(size) if one is None else one for one, size in zip(maps, array.shape, strict=True)
    ]
    now = [[place for place, old in enumerate(one) if old >= 0] for one in wholes]
    then = [[old for old in one if old >= 0] for one in wholes]
    moved = np.array(array)
    moved[np.ix_(*now)] = before[np.ix_(*then)]
    return moved


def list_axes(model: MultiModel) -> dict[str, tuple[str, ...]]:
    """List of variables whose sizes count experts or problems what their axes stand for.

    Example:
        >>> from t2t_mm.run.restore import restore_model
        >>> from t2t_mm.run.run_directory import open_run
        >>> axes = list_axes(restore_model(open_run("demo/run")).model)
        >>> axes["multimodel/encoder/experts/gate/choice"]
        ('input', 'expert')
    """
    found: dict[str, tuple[str, ...]] = {}
    for part in (model.encoder, model.decoder):
        if part is not None and part.moe is not None:
            found |= part.moe.axes
    return found


def close_new_experts(model: MultiModel, num_before: int) -> None:
    """Let only the experts that were there have an entry: the logits of others are minus infinity.

    Args:
        model: Built; an entry that its checkpoint has is read afterwards.
        num_before: How many experts there were in each mixture.
    """
    for part in (model.encoder, model.decoder):
        if part is not None and part.moe is not None and part.moe.gate.entry is not None:
            entry = part.moe.gate.entry
            entry.assign((np.arange(entry.shape[0]) < num_before).astype("float32"))


def _list_parts(names: Iterable[str]) -> str:
    """List the parts of the model that variables belong to, with how many each has."""
    counted = Counter(name.split("/")[1] if "/" in name else name for name in names)
    return ", ".join(
        f"{part} ({number})" if number > 1 else part for part, number in counted.items()
    )
