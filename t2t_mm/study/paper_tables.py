"""`paper_tables`: the tables of the paper over any problems, with the controls that it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.study.definition import Cell, Claim, Row, Study, Table
from t2t_mm.study.reported_numbers import (
    BLOCKS,
    JOINT_AND_ALONE,
    OF_TREES,
    SOURCE,
    find_reported,
)

JOINT, OWN, ALL, FEWER = "joint", "alone, own steps", "alone, all steps", "alone, fewer experts"
ONE_NET = "experts.num_experts=1,experts.experts_per_token=1,experts.balancing=none"
# The norm around the experts stays: it alone changes how much is learnt (docs/study.md).
ONE_UNIT = "experts.expert_width=1"
BLOCK_CHANGES = {
    "without experts": f"{ONE_NET},{ONE_UNIT}",
    "without attention": "model.use_attention=false",
    "without either": f"{ONE_NET},{ONE_UNIT},model.use_attention=false",
    "gate by problem": "experts.gate=problem",
}


@registry.register_study
def paper_tables(
    problems: str = "mini_8",
    hparams_set: str = "multimodel_study",
    steps: int = 1200,
    shares: Sequence[float] = (0.125, 1.0),
    seeds: Sequence[int] = (1, 2, 3),
    data_dir: str | Path = "",
    tmp_dir: str | Path = "",
) -> Study:
    """Ask whether one model helps its problems, and which block helps whom.

    Tables 2 to 4 of the paper over the given problems: each alone and all together, at as many
    steps of its own, at as many steps in all and with experts in proportion; trees alone and with
    others at shares of their number; the model without some of its blocks. Mixing is uniform:
    problems are drawn, and so each has the same number of steps on average. Of problems none of
    which is scored by brackets, there is no table of trees.

    Args:
        problems: As `--problems` takes them; two or more.
        hparams_set: Of all cells.
        steps: Of the joint model.
        shares: Of the training trees, for the third table; 2 where `double_NAME` is registered, the
            same problem with twice its trees: else it is left out.
        seeds: Of each cell.
        data_dir: Generated data, which may say what a problem's inputs and scores are.
        tmp_dir: Raw files, which may say so, too.

    Raises:
        UserError: There is one problem only, fewer steps than problems, a name is unknown, or two
            are the same but for signs such as "-" and "_".

    Source: arXiv:1706.05137, Tables 2 to 4.
    Departs: the single models of the paper had fewer experts than the joint one (60 and 240) and
        their numbers of steps are not given; here either is held equal in turn.

    Example:
        >>> study = paper_tables("mini_ende,mini_parse")
        >>> len(study.cells), [table.title for table in study.tables][1]
        (13, 'Low resource: mini_parse at shares of its examples')
    """
    names = registry.expand_problems(problems)
    if len(names) < 2 or steps < len(names):
        raise UserError(
            "A joint model has two problems or more, and a step of each",
            received={"problems": ", ".join(names), "steps": steps},
        )
    _check_stems(names)
    found = find_problems(names, data_dir, tmp_dir)
    cells = _make_cells(names, hparams_set, steps)
    tables = [_make_joint_table(found)]
    trees = [one.name for one in found if "brackets" in one.metrics]
    if trees and f"double_{trees[0]}" not in registry.PROBLEMS:
        shares = [share for share in shares if share != 2]
    if trees and shares:
        tables.append(_make_share_table(trees[0], found, steps, shares, cells))
    tables.append(
        make_block_table(
            found,
            {label: make_stem(label) for label in BLOCK_CHANGES},
            title="Blocks of the joint model",
            note="Blocks are left out, not replaced: the models differ in parameters and "
            "operations, too.",
        )
    )
    return Study(
        title="One model for many problems: the paper's questions",
        cells=cells,
        tables=tuple(tables),
        seeds=tuple(seeds),
        hparams_set=hparams_set,
    )


def find_problems(names: Sequence[str], data_dir: str | Path, tmp_dir: str | Path) -> list[Problem]:
    """Find problems by their names; what they declare may stand in data or raw files."""
    places = {"data_dir": data_dir or None, "tmp_dir": tmp_dir or None}
    return [registry.problem(name, **places) for name in names]


def _check_stems(names: Sequence[str]) -> None:
    stems: dict[str, list[str]] = {}
    for name in names:
        stems.setdefault(make_stem(name), []).append(name)
    for stem, alike in stems.items():
        if len(alike) > 1:
            raise UserError(
                f"The cells of {' and '.join(alike)} would both be named {stem!r}",
                fix="Rename one of them, or leave it out.",
            )


def _make_cells(names: Sequence[str], hparams_set: str, steps: int) -> dict[str, Cell]:
    """Make the joint cell, each problem's alone, and the joint ones without some blocks."""
    experts = registry.hparams(hparams_set).experts
    in_proportion = max(experts.experts_per_token, round(experts.num_experts / len(names)))
    own, fewer = steps // len(names), f"experts.num_experts={in_proportion}"
    cells = {"joint": make_cell(",".join(names), steps)}
    for name in names:
        stem = make_stem(name)
        cells[f"own_{stem}"] = make_cell(name, own)
        cells[f"all_{stem}"] = make_cell(name, steps)
        cells[f"fewer_{stem}"] = make_cell(name, own, fewer)
    for label, change in BLOCK_CHANGES.items():
        cells[make_stem(label)] = make_cell(",".join(names), steps, change)
    return cells


def make_cell(problems: str, steps: int, *changes: str) -> Cell:
    """Make a cell whose problems are drawn equally often.

    Args:
        problems: With commas between them.
        steps: Of all together.
        changes: Of settings, as `--hparams` takes them.
    """
    return Cell(problems=problems, steps=steps, hparams=",".join(["data.mixing=uniform", *changes]))


def make_stem(name: str) -> str:
    """Return a name as that of a cell.

    Example:
        >>> make_stem("text2text_files/en-de")
        'text2text_files_en_de'
    """
    return re.sub(r"\W+", "_", name.lower())


def _make_joint_table(problems: Sequence[Problem]) -> Table:
    rows = []
    for problem in problems:
        stem = make_stem(problem.name)
        cells = {OWN: f"own_{stem}", ALL: f"all_{stem}", FEWER: f"fewer_{stem}", JOINT: "joint"}
        reported = find_reported(problem, JOINT_AND_ALONE, (JOINT, FEWER))
        rows.append(Row(problem=problem.name, cells=cells, reported=reported))
    return Table(
        title="Joint against alone",
        rows=tuple(rows),
        note=(
            "The joint model beside one for each problem: trained for as many steps as the problem "
            "has in the joint model (on average, as problems are drawn), for as many as the joint "
            "model has in all, and for its own steps with experts in proportion to the number of "
            "problems (at least those of a position)."
        ),
        source=SOURCE,
        claims=(
            Claim(
                text="At as many steps of its own, a problem gains from the others.",
                better=JOINT,
                than=OWN,
            ),
            Claim(
                text="At as many steps in all, the joint model is better than a model each.",
                better=JOINT,
                than=ALL,
            ),
            Claim(
                text="A problem gains over a model with its part of the experts.",
                better=JOINT,
                than=FEWER,
            ),
            Claim(text="More experts help a problem alone.", better=OWN, than=FEWER),
        ),
    )


def _make_share_table(
    trees: str,
    problems: Sequence[Problem],
    steps: int,
    shares: Sequence[float],
    cells: dict[str, Cell],
) -> Table:
    """Make the table of trees at shares of their number; its cells are added to `cells`."""
    names = [problem.name for problem in problems]
    own, groups = steps // len(names), _group_partners(trees, problems)
    rows = []
    for share in shares:
        of_row = {}
        source = f"double_{trees}" if share == 2 else trees
        change = [] if share in (1, 2) else [f"data.shares={{{trees}:{share:g}}}"]
        ending = "" if share == 1 else f"_{round(1000 * share):03d}"
        for label, found in groups.items():
            of_row[label] = f"{make_stem(label)}{ending}_trees"
            together = ",".join([source, *found])
            cells[of_row[label]] = make_cell(together, own * (1 + len(found)), *change)
        of_row["with all"] = f"joint{ending}"
        every = ",".join(source if name == trees else name for name in names)
        cells[of_row["with all"]] = make_cell(every, steps, *change)
        if share == 1:
            del cells[of_row["alone"]]
            of_row["alone"] = f"own_{make_stem(trees)}"
        reported = {label: OF_TREES[label] for label in of_row if label in OF_TREES}
        rows.append(
            Row(
                problem=source,
                label="twice the examples" if share == 2 else f"{share:g} of the examples",
                cells=of_row,
                reported=reported if share == 1 else {},
            )
        )
    return Table(
        title=f"Low resource: {trees} at shares of its examples",
        rows=tuple(rows),
        note="The same number of steps of its own in every column, on average, as problems are "
        "drawn.",
        source=SOURCE,
        claims=tuple(
            Claim(text=f"Training {label} problems helps {trees}.", better=label, than="alone")
            for label in rows[0].cells
            if label != "alone"
        ),
    )


def _group_partners(trees: str, problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Group the problems that trees are trained with, by column; all of them are no group."""
    others = [problem for problem in problems if problem.name != trees]
    partners = {
        f"with {modality}": [
            one.name for one in others if one.features["inputs"].modality == modality
        ]
        for modality in ("image", "language")
    }
    some = {label: one for label, one in partners.items() if 0 < len(one) < len(others)}
    return {"alone": [], **some}


def make_block_table(
    problems: Sequence[Problem],
    cells: Mapping[str, str],
    title: str,
    note: str,
    of_paper: bool = True,
) -> Table:
    """Make a table of the joint model beside controls without some of its blocks.

    Args:
        problems: A row each.
        cells: By each of `BLOCK_CHANGES`, the control's cell.
        title: Of the table.
        note: How the models differ.
        of_paper: Whether the paper has such controls, whose numbers then stand beside.
    """
    whole = "all blocks"
    columns = (whole, "without experts", "without attention")
    rows = []
    for problem in problems:
        reported = find_reported(problem, BLOCKS, columns) if of_paper else {}
        of_row = {whole: "joint", **cells}
        rows.append(Row(problem=problem.name, cells=of_row, reported=reported))
    return Table(
        title=title,
        rows=tuple(rows),
        note=note,
        source=SOURCE if of_paper else "",
        claims=(
            Claim(text="The experts help.", better=whole, than="without experts"),
            Claim(text="Attention helps.", better=whole, than="without attention"),
            Claim(text="Experts and attention help together.", better=whole, than="without either"),
            Claim(
                text="A gate that looks at positions is better than one that looks at problems.",
                better=whole,
                than="gate by problem",
            ),
        ),
    )
