"""What a study is: cells that are trained, tables over them, and the claims that these judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal

from t2t_mm.errors import UserError
from t2t_mm.settings.section import Section, declare_field

FORCED_METRICS = ("log_perplexity", "accuracy", "sequence_accuracy")
"""Metrics with the true symbols before given, which need no decoding."""


@dataclass(frozen=True, kw_only=True)
class Cell(Section):
    """What is trained once for each seed: an ordinary run.

    Args:
        problems: As `--problems` takes them: names, globs, groups.
        steps: Updates; 0: as the settings say.
        hparams_set: A registered set of settings; empty: the study's.
        hparams: What stands over the set, in the grammar of `--hparams`.
        warm_start: Another cell, whose run of the same seed this one begins with.
        seeds: Empty: the study's.
    """

    section = "cell"

    problems: str
    steps: int = declare_field(0, at_least=0)
    hparams_set: str = ""
    hparams: str = ""
    warm_start: str = ""
    seeds: tuple[int, ...] = declare_field((), at_least=0, at_most=2**32 - 1)


@dataclass(frozen=True, kw_only=True)
class Row(Section):
    """One row of a table: a problem's score in several cells.

    Args:
        problem: Whose score it is.
        cells: Column -> name of a cell; a column may be left out.
        label: What a reader sees; empty: the problem.
        metric: Instead of the table's.
        reported: Column -> what others report there, to stand beside.
    """

    section = "row"

    problem: str
    cells: Mapping[str, str]
    label: str = ""
    metric: str = ""
    reported: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Claim(Section):
    """That one column is better than another, judged by the pairs of runs of equal seed.

    Args:
        text: The claim as a sentence.
        than: The column that is to be worse.
        better: The column that is to be better.
        margin: By how much `better` may be worse and the claim still hold: of a claim that
            something does no harm.
    """

    section = "claim"

    text: str
    better: str
    than: str
    margin: float = declare_field(0.0, at_least=0)


@dataclass(frozen=True, kw_only=True)
class Table(Section):
    """Scores of cells side by side.

    Args:
        title: Its heading.
        rows: From the top.
        metric: `accuracy`, `sequence_accuracy` (in percent) or `log_perplexity` (nats), all three
            with the true symbols before given; or a score of decoded outputs, such as `bleu` or
            `f1`; or `main`: of each problem the first that it names.
        claims: What the table is to show.
        note: What a reader must know.
        source: Where what is reported comes from.
        gains_over: A column; the gains of all others over it are shown as a map.
    """

    section = "table"

    title: str
    rows: tuple[Row, ...]
    metric: str = "accuracy"
    claims: tuple[Claim, ...] = ()
    note: str = ""
    source: str = ""
    gains_over: str = ""

    @property
    def columns(self) -> list[str]:
        """All columns of the rows; what a row alone has stands behind what it follows there."""
        found: list[str] = []
        for row in self.rows:
            place = 0
            for column in row.cells:
                if column not in found:
                    found.insert(place, column)
                place = found.index(column) + 1
        return found


@dataclass(frozen=True, kw_only=True)
class Study(Section):
    """Cells, tables over them, and how long all may take.

    Args:
        title: What is asked.
        cells: By name: small letters, digits and `_`, since it becomes a folder.
        tables: Over the cells.
        seeds: Of each cell that names none of its own.
        hparams_set: Of each cell that names none.
        split: On which all is scored.
        limit: Examples of each problem that are scored; 0: all.
        budget_seconds: No run is begun once all have taken as long together; 0: no end.
        num_concurrent_runs: How many are made at once.
        gradients_of: A cell of two problems or more: how their gradients agree, and which experts
            serve which, is measured at each checkpoint of its runs, once all are made.

    Raises:
        UserError: There is no cell or no seed; or, as of each record, a value has the wrong type.

    Example:
        >>> study = Study(
        ...     title="Does French help German?",
        ...     cells={"alone": Cell(problems="mini_ende"), "both": Cell(problems="mini_en*")},
        ...     tables=[
        ...         Table(
        ...             title="German",
        ...             rows=[Row(problem="mini_ende", cells={"alone": "alone", "both": "both"})],
        ...             claims=[Claim(text="French helps.", better="both", than="alone")],
        ...         )
        ...     ],
        ...     hparams_set="multimodel_mini_text",
        ... )
        >>> study.tables[0].columns, len(study.list_runs())
        (['alone', 'both'], 6)
    """

    section = "study"

    title: str
    cells: Mapping[str, Cell]
    tables: tuple[Table, ...]
    seeds: tuple[int, ...] = declare_field((1, 2, 3), at_least=0, at_most=2**32 - 1)
    hparams_set: str = "multimodel_tiny"
    split: Literal["test", "validation"] = "test"
    limit: int = declare_field(0, at_least=0)
    budget_seconds: float = declare_field(0.0, at_least=0)
    num_concurrent_runs: int = declare_field(1, at_least=1)
    gradients_of: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.cells or not self.seeds:
            raise UserError(
                "A study needs a cell and a seed at least",
                received={"cells": ", ".join(self.cells), "seeds": self.seeds},
            )

    def keep_tables(self, numbers: Sequence[int]) -> Study:
        """Return the study with some of its tables alone, and with the cells that these need.

        Args:
            numbers: Of the tables, from 1.

        Raises:
            UserError: There is no such table.
        """
        if not numbers or not {*numbers} <= {*range(1, len(self.tables) + 1)}:
            raise UserError(
                "The study has no such table",
                expected="; ".join(f"{n} ({one.title})" for n, one in enumerate(self.tables, 1)),
                received={"tables": list(numbers)},
            )
        tables = tuple(self.tables[number - 1] for number in dict.fromkeys(numbers))
        needed = {name for table in tables for row in table.rows for name in row.cells.values()}
        while sources := self._find_sources(needed) - needed:
            needed |= sources
        cells = {name: cell for name, cell in self.cells.items() if name in needed}
        gradients_of = self.gradients_of if self.gradients_of in needed else ""
        return replace(self, tables=tables, cells=cells, gradients_of=gradients_of)

    def _find_sources(self, names: Set[str]) -> set[str]:
        """Find the cells that some cells begin with; names may be unknown until all is checked."""
        return {self.cells[name].warm_start for name in names & self.cells.keys()} - {""}

    def list_seeds(self) -> list[int]:
        """List every seed of any cell, in the order of the study."""
        own = (seed for cell in self.cells.values() for seed in cell.seeds)
        return list(dict.fromkeys([*self.seeds, *own]))

    def list_runs(self) -> list[tuple[str, int]]:
        """List what is trained as (cell, seed).

        All cells of one seed come before the next seed, so that what a budget cuts off is seeds,
        and a cell comes after that whose run it begins with.
        """
        ordered: dict[str, None] = {}

        def add(name: str) -> None:
            source = self.cells[name].warm_start
            if source and source not in ordered:
                add(source)
            ordered[name] = None

        for name in self.cells:
            add(name)
        return [
            (name, seed)
            for seed in self.list_seeds()
            for name in ordered
            if seed in (self.cells[name].seeds or self.seeds)
        ]
