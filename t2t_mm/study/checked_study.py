"""A study with every name resolved and every setting checked, before anything is computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.settings import HParams
from t2t_mm.settings.overrides import parse_overrides
from t2t_mm.study.definition import Cell, Row, Study, Table
from t2t_mm.study.scored_metric import choose_metric

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


@dataclass(frozen=True)
class CheckedCell:
    """A cell with its problems written out and its settings made.

    Args:
        name: Its name.
        cell: As the study has it, with the study's set where it has none of its own.
        problems: Full names, in order.
        hparams: Its settings, but for the seed.
        scored: Problem -> names of the scores of its outputs that tables ask for; without any it
            is not decoded.
    """

    name: str
    cell: Cell
    problems: Sequence[str]
    hparams: HParams
    scored: Mapping[str, Set[str]]

    @property
    def steps(self) -> int:
        """Updates of each of its runs."""
        return self.hparams.train.steps


@dataclass(frozen=True)
class CheckedStudy:
    """A study whose cells can be trained.

    Args:
        study: As it was given.
        cells: By name.
        find: As for `check_study`.
    """

    study: Study
    cells: Mapping[str, CheckedCell]
    find: Callable[[str], Problem] = registry.problem

    def describe(self, name: str) -> dict[str, Any]:
        """Return what decides the result of a cell, and of those it begins with, for JSON."""
        one = self.cells[name]
        source = one.cell.warm_start
        return {
            "problems": list(one.problems),
            "hparams_set": one.cell.hparams_set,
            "hparams": one.cell.hparams,
            "steps": one.steps,
            "warm_start": {source: self.describe(source)} if source else {},
        }


def check_study(
    study: Study,
    own: Callable[[str], Sequence[str]] | None = None,
    find: Callable[[str], Problem] = registry.problem,
) -> CheckedStudy:
    """Check all that a study names.

    Args:
        study: The study.
        own: As for `expand_problems`: the names `NAME/ARGUMENT` that there are.
        find: Makes the problem of a name, which may know by its data or raw files what it is.

    Raises:
        UserError: A problem, set, setting, metric, cell or column is unknown, cells begin with
            each other or ask for other vocabularies, or a cell cannot be the name of a folder; the
            cell or table is named.

    Example:
        >>> cells = {"a": Cell(problems="mini_text", steps=5)}
        >>> check_study(Study(title="", cells=cells, tables=())).cells["a"].problems
        ['mini_ende', 'mini_deen', 'mini_enfr', 'mini_fren']
    """
    for name, cell in study.cells.items():
        if not _NAME.fullmatch(name):
            raise UserError(
                "This cannot be the name of a cell",
                expected="small letters, digits and '_'",
                received={"cell": name},
            )
        _check_warm_start(study, name, cell)
    cells = {name: _check_cell(study, name, cell, own) for name, cell in study.cells.items()}
    _check_vocabulary(cells)
    if study.gradients_of:
        _check_gradients(study.gradients_of, cells)
    scored: dict[str, dict[str, set[str]]] = {name: {} for name in cells}
    for table in study.tables:
        _check_claims(table, find)
        for row in table.rows:
            _check_row(table, row, cells, find)
            metric = choose_metric(table, row, find)
            keys = {metric.key} if metric.metric else set()
            for name in row.cells.values():
                scored[name].setdefault(row.problem, set()).update(keys)
    asked = {name: replace(one, scored=scored[name]) for name, one in cells.items()}
    return CheckedStudy(study, asked, find)


def _check_warm_start(study: Study, name: str, cell: Cell) -> None:
    """Check that the chain of cells that one begins with has an end, and has its seeds."""
    seen, seeds = [name], set(cell.seeds or study.seeds)
    while cell.warm_start:
        source = cell.warm_start
        if source not in study.cells:
            raise UserError(
                f"Cell {seen[-1]!r} begins with the unknown cell {source!r}."
                f"{suggest_closest(source, study.cells)}"
            )
        if source in seen:
            raise UserError(f"Cells begin with each other: {', '.join([*seen, source])}")
        cell = study.cells[source]
        if missing := seeds - set(cell.seeds or study.seeds):
            raise UserError(
                f"Cell {seen[-1]!r} begins with {source!r}, which has no run of its seeds",
                received={"seeds": sorted(missing)},
            )
        seen.append(source)


def _check_cell(
    study: Study, name: str, cell: Cell, own: Callable[[str], Sequence[str]] | None
) -> CheckedCell:
    full = replace(cell, hparams_set=cell.hparams_set or study.hparams_set)
    try:
        _check_own_fields(cell)
        problems = registry.expand_problems(cell.problems, own=own)
        for problem in problems:
            registry.problem(problem)  # its module is imported, and reversals looked up
        hparams = registry.load_hparams(
            full.hparams_set,
            overrides=cell.hparams,
            fields={"train.steps": cell.steps} if cell.steps else {},
            problems=problems,
        )
        _check_scored_whole(hparams)
    except UserError as error:
        raise UserError(f"Cell {name!r}: {error}") from error
    return CheckedCell(name, full, problems, hparams, {})


def _check_own_fields(cell: Cell) -> None:
    """Refuse settings that a cell has fields of its own for, which would win."""
    given = parse_overrides(cell.hparams)
    for name, field in (("train.seed", "seeds"), ("train.steps", "steps" if cell.steps else "")):
        if field and name in given:
            raise UserError(
                f"{name} would be ignored beside `{field}`",
                received={"hparams": cell.hparams},
                fix=f"Leave it out, and use `{field}`.",
            )


def _check_scored_whole(hparams: HParams) -> None:
    if hparams.decode.num_samples >= 0:
        raise UserError(
            "All cells are scored on the same examples",
            received={"decode.num_samples": hparams.decode.num_samples},
            fix="Give the study a limit instead.",
        )


def _check_vocabulary(cells: Mapping[str, CheckedCell]) -> None:
    """Check that all cells ask for the one vocabulary that their data folder has."""
    asked = {name: one.hparams.data for name, one in cells.items()}
    first, *others = asked
    for name in others:
        for field in ("vocab_size", "vocab_bytes"):
            sizes = {one: getattr(asked[one], field) for one in (first, name)}
            if sizes[first] != sizes[name]:
                raise UserError(
                    f"Cells {first!r} and {name!r} ask for vocabularies that differ in "
                    f"data.{field}, and a folder of data has one",
                    received=sizes,
                    fix=f"Give both the same data.{field}, or make a study of each with a data "
                    "folder of its own.",
                )


def _check_gradients(name: str, cells: Mapping[str, CheckedCell]) -> None:
    if name not in cells:
        raise UserError(
            f"Gradients are asked of the unknown cell {name!r}.{suggest_closest(name, cells)}"
        )
    if len(cells[name].problems) < 2:
        raise UserError(
            f"Gradients are compared between problems, and cell {name!r} has one",
            received={"problems": cells[name].problems},
        )


def _check_row(
    table: Table,
    row: Row,
    cells: Mapping[str, CheckedCell],
    find: Callable[[str], Problem],
) -> None:
    """Check that a row's cells are there, and are scored on the same of its problem's examples."""
    for name in row.cells.values():
        _check_place(table, row.problem, name, cells)
    for column in row.reported:
        _check_column(table, column, "a reported number in")
        if column not in row.cells:
            raise UserError(
                f"Table {table.title!r} has a reported number in {column!r}, a column in which "
                f"{row.label or row.problem} has no cell",
                expected=", ".join(row.cells),
            )
    problem = find(row.problem)
    limits = {
        name: [one.setting for one in choose_limits(problem, cells[name].hparams.data).values()]
        for name in row.cells.values()
    }
    if any(one != next(iter(limits.values())) for one in limits.values()):
        raise UserError(
            f"Table {table.title!r} compares cells that are scored on different examples of "
            f"{row.problem}: what is too long for a model is left out",
            expected="the same limits in every cell of a row",
            received={name: ", ".join(one) for name, one in limits.items()},
        )


def _check_place(table: Table, problem: str, name: str, cells: Mapping[str, CheckedCell]) -> None:
    """Check one cell of a row."""
    if name not in cells:
        raise UserError(
            f"Table {table.title!r} names the unknown cell {name!r}.{suggest_closest(name, cells)}"
        )
    if problem not in cells[name].problems:
        raise UserError(
            f"Table {table.title!r} shows {problem!r} in {name!r}, a cell that does not train it."
            f"{suggest_closest(problem, cells[name].problems)}",
            expected=", ".join(cells[name].problems),
        )


def _check_column(table: Table, column: str, words: str) -> None:
    if column not in table.columns:
        raise UserError(
            f"Table {table.title!r} has {words} the unknown column {column!r}."
            f"{suggest_closest(column, table.columns)}",
            expected=", ".join(table.columns),
        )


def _check_claims(table: Table, find: Callable[[str], Problem]) -> None:
    if table.gains_over:
        _check_column(table, table.gains_over, "gains over")
        labels = [row.label or row.problem for row in table.rows]
        if len(set(labels)) < len(labels):
            raise UserError(
                f"Table {table.title!r} has gains of two rows of one label",
                received={"labels": ", ".join(labels)},
            )
    for claim in table.claims:
        for column in (claim.better, claim.than):
            _check_column(table, column, "a claim about")
        if claim.better == claim.than:
            raise UserError(f"Table {table.title!r} has a claim about {claim.better!r} alone")
        both = [row for row in table.rows if {claim.better, claim.than} <= set(row.cells)]
        units = {choose_metric(table, row, find).unit for row in both}
        if len(units) != 1:
            raise UserError(
                f"Table {table.title!r} has a claim whose gains have no mean: "
                + ("it would be of nats and percent" if units else "no row has both its columns"),
                received={"better": claim.better, "than": claim.than},
            )
