"""`paper_tables_full`: `paper_tables`, and what takes longer: pairs, equal sizes, other nets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.settings import ModalityHParams
from t2t_mm.study.definition import Cell, Claim, Row, Study, Table
from t2t_mm.study.equal_size import Count, count_operations, count_parameters, fit_expert_width
from t2t_mm.study.paper_tables import (
    BLOCK_CHANGES,
    ONE_UNIT,
    find_problems,
    make_block_table,
    make_cell,
    make_stem,
    paper_tables,
)

_EQUAL_TITLE = "Blocks of the joint model, at equal"
_EQUAL_NOTE = (
    "What is left out is given back to the feed-forward net in the middle of encoder and decoder: "
    "it is as wide as makes the {counted} those of the joint model, within 3%. Without experts it "
    "is one net for all positions."
)
_OPERATIONS_NOTE = (
    " Counted for a position of the inputs and one of the targets, with 32 of each; a problem "
    "whose targets are classes has no decoder, and so another number."
)


@registry.register_study
def paper_tables_full(
    problems: str = "mini_8",
    hparams_set: str = "multimodel_study",
    steps: int = 1200,
    shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
    seeds: Sequence[int] = (1, 2, 3),
    data_dir: str | Path = "",
    tmp_dir: str | Path = "",
) -> Study:
    """Ask all that `paper_tables` asks, and more: a study of many hours.

    Its cells are those of `paper_tables` and others, so that both can be run in one folder and no
    run is made twice. Trees at five shares of their number, twice as many among them where there
    are; the controls without some blocks at as many parameters, and at as many operations; each
    problem with each other one; nets of each problem's own, and nets that leave more or fewer
    positions; and one joint run whose gradients are compared on its way.

    Args:
        problems: As `--problems` takes them; two or more.
        hparams_set: Of all cells.
        steps: Of the joint model.
        shares: As for `paper_tables`.
        seeds: Of each cell.
        data_dir: As for `paper_tables`.
        tmp_dir: As for `paper_tables`.

    Raises:
        UserError: As `paper_tables` does.

    Source: arXiv:1706.05137, Tables 2 to 4.

    Example:
        >>> study = paper_tables_full("mini_ende,mini_parse")
        >>> [table.title for table in study.tables][-1]
        'Nets of the joint model'
    """
    study = paper_tables(problems, hparams_set, steps, shares, seeds, data_dir, tmp_dir)
    names = registry.expand_problems(problems)
    found = find_problems(names, data_dir, tmp_dir)
    cells = dict(study.cells)
    tables = [
        *(
            _make_equal_table(found, cells, hparams_set, steps, counted)
            for counted in ("parameters", "operations")
        ),
        _make_transfer_table(names, cells, steps // len(names)),
        _make_net_table(found, cells, hparams_set, steps),
    ]
    kept = f"train.checkpoint_every={max(1, steps // 8)},train.keep_checkpoint_max=8"
    watched = make_cell(",".join(names), steps, kept)
    cells["watched"] = replace(watched, seeds=tuple(seeds[:1]))
    return _share_cells(
        replace(
            study,
            title="One model for many problems: the paper's questions and more",
            cells=cells,
            tables=(*study.tables, *tables),
            gradients_of="watched",
        )
    )


def _make_equal_table(
    problems: Sequence[Problem],
    cells: dict[str, Cell],
    hparams_set: str,
    steps: int,
    counted: str,
) -> Table:
    """Make the table of controls as large as the joint model; its cells are added to `cells`."""
    count = {"parameters": count_parameters, "operations": count_operations}[counted]
    names = [problem.name for problem in problems]
    of_label = {}
    for label in BLOCK_CHANGES:
        of_label[label] = f"{make_stem(label)}_equal_{counted}"
        change = widen_control(hparams_set, label, len(names), count)
        cells[of_label[label]] = make_cell(",".join(names), steps, change)
    more = _OPERATIONS_NOTE if counted == "operations" else ""
    note = _EQUAL_NOTE.format(counted=counted) + more
    return make_block_table(problems, of_label, f"{_EQUAL_TITLE} {counted}", note, of_paper=False)


def widen_control(hparams_set: str, label: str, num_problems: int, count: Count) -> str:
    """Say what makes a set a control that counts as much as the set itself.

    Args:
        hparams_set: A registered set.
        label: Of `BLOCK_CHANGES`.
        num_problems: Of the model.
        count: `count_parameters` or `count_operations`.

    Returns:
        Settings in the grammar of `--hparams`.

    Example:
        >>> widen_control("multimodel_study", "gate by problem", 8, count_operations)
        'experts.gate=problem,experts.expert_width=272'
    """
    change = BLOCK_CHANGES[label].replace(f",{ONE_UNIT}", "")
    whole = registry.load_hparams(hparams_set)
    control = registry.load_hparams(hparams_set, overrides=change)
    width = fit_expert_width(control, whole, num_problems, count)
    own = control.experts.expert_width
    return change if width == own else f"{change},experts.expert_width={width}"


def _make_transfer_table(names: Sequence[str], cells: dict[str, Cell], own: int) -> Table:
    """Make the table of all pairs of problems, of `own` steps each; its cells are added."""
    alone, twice = "alone", "alone, twice the steps"
    rows: dict[str, dict[str, str]] = {}
    for name in names:
        more = f"twice_{make_stem(name)}"
        cells[more] = make_cell(name, 2 * own)
        rows[name] = {alone: f"own_{make_stem(name)}", twice: more}
    for first, second in itertools.combinations(names, 2):
        pair = f"{make_stem(first)}_and_{make_stem(second)}"
        cells[pair] = make_cell(f"{first},{second}", 2 * own)
        rows[first][f"with {second}"] = rows[second][f"with {first}"] = pair
    return Table(
        title="Transfer: each problem with each other one",
        rows=tuple(Row(problem=name, cells=of_row) for name, of_row in rows.items()),
        note=(
            "Two problems in one model, at as many steps of each as alone (on average, as problems "
            "are drawn); and beside them the problem alone for as many steps as both have together."
        ),
        gains_over=alone,
        claims=tuple(
            Claim(text=f"Training with {name} helps the others.", better=f"with {name}", than=alone)
            for name in names
        ),
    )


def _make_net_table(
    problems: Sequence[Problem], cells: dict[str, Cell], hparams_set: str, steps: int
) -> Table:
    """Make the table of nets that problems share or not, and of longer and shorter inputs."""
    shared, apart, half, twice = "shared nets", "nets apart", "half the length", "twice the length"
    names = [problem.name for problem in problems]
    changes = {apart: "modality.share=false"}
    claims = [Claim(text="Problems gain from nets that they share.", better=shared, than=apart)]
    if any(one.features["inputs"].modality in ("image", "audio") for one in problems):
        nets = registry.load_hparams(hparams_set).modality
        changes[half] = change_length(nets, longer=False)
        claims.append(Claim(text="Half the length is worse.", better=shared, than=half))
        longer = change_length(nets, longer=True)
        if longer != _write_lengths(nets.audio_time_strides, nets.image_widths):
            changes[twice] = longer
            claims.append(Claim(text="Twice the length is better.", better=twice, than=shared))
    for label, change in changes.items():
        cells[make_stem(label)] = make_cell(",".join(names), steps, change)
    of_row = {shared: "joint", **{label: make_stem(label) for label in changes}}
    return Table(
        title="Nets of the joint model",
        rows=tuple(Row(problem=name, cells=of_row) for name in names),
        note=(
            "Nets apart: each problem has embeddings and nets of its own, so more parameters. The "
            "length: of sounds in time, and of each side of pictures, by a stride more or less in "
            "their nets; texts are as long as they are."
        ),
        claims=tuple(claims),
    )


def change_length(nets: ModalityHParams, *, longer: bool) -> str:
    """Say what doubles or halves how many positions a sound has in time, and a picture a side.

    Args:
        nets: Settings of a set.
        longer: Whether to double.

    Returns:
        Settings in the grammar of `--hparams`; what has no stride left cannot be made longer.

    Example:
        >>> change_length(registry.load_hparams("multimodel_study").modality, longer=True)
        'modality.audio_time_strides=[2,1,1],modality.image_widths=[8,16,24]'
    """
    strides, widths = list(nets.audio_time_strides), list(nets.image_widths)
    if longer:
        widths = widths[:-1] if len(widths) > 2 else widths
        place = max((at for at, stride in enumerate(strides) if stride > 1), default=0)
        strides[place] = max(1, strides[place] // 2)
    else:
        widths.append(widths[-1])
        place = max((at for at, stride in enumerate(strides) if stride == 1), default=0)
        strides[place] *= 2
    return _write_lengths(strides, widths)


def _write_lengths(strides: Sequence[int], widths: Sequence[int]) -> str:
    written = {"audio_time_strides": strides, "image_widths": widths}
    return ",".join(
        f"modality.{name}=[{','.join(map(str, values))}]" for name, values in written.items()
    )


def _share_cells(study: Study) -> Study:
    """Let cells that train the same have one name, that of the first, and so one run.

    Example:
        >>> both = {"a": Cell(problems="mini_ende"), "b": Cell(problems="mini_ende")}
        >>> list(_share_cells(Study(title="", cells=both, tables=())).cells)
        ['a']
    """
    first: dict[Cell, str] = {}
    for name, cell in study.cells.items():
        first.setdefault(_sort_problems(cell), name)
    named = {name: first[_sort_problems(cell)] for name, cell in study.cells.items()}
    tables = [
        replace(
            table,
            rows=tuple(
                replace(row, cells={column: named[cell] for column, cell in row.cells.items()})
                for row in table.rows
            ),
        )
        for table in study.tables
    ]
    cells = {name: study.cells[name] for name in first.values()}
    return replace(study, cells=cells, tables=tuple(tables))


def _sort_problems(cell: Cell) -> Cell:
    """Return the cell with its problems in one order, which decides nothing that is compared."""
    return replace(cell, problems=",".join(sorted(cell.problems.split(","))))
