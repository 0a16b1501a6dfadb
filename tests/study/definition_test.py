"""What a study is: its runs in order, its columns, and values of the wrong kind."""

import dataclasses

import pytest
from small_study import ROW, STUDY, TABLE

from t2t_mm.errors import UserError
from t2t_mm.study.definition import Cell, Claim, Row, Study, Table


def test_runs_come_seed_by_seed_and_after_what_they_begin_with() -> None:
    cells = ["both", "alone", "later"]
    assert STUDY.list_runs() == [(name, seed) for seed in (1, 2) for name in cells]


def test_a_cell_may_have_seeds_of_its_own() -> None:
    more = dataclasses.replace(STUDY.cells["both"], seeds=(2, 7))
    study = dataclasses.replace(STUDY, cells={**STUDY.cells, "both": more})
    assert study.list_seeds() == [1, 2, 7]
    assert [seed for name, seed in study.list_runs() if name == "both"] == [2, 7]


def test_the_columns_of_a_table_are_those_of_its_rows() -> None:
    other = Row(problem="algorithmic_copy", cells={"both": "both", "later": "later"})
    assert dataclasses.replace(TABLE, rows=(ROW, other)).columns == ["alone", "both", "later"]


def test_some_tables_need_some_cells_and_those_that_they_begin_with() -> None:
    later = Row(problem="algorithmic_copy", cells={"later": "later"})
    study = dataclasses.replace(STUDY, tables=(TABLE, Table(title="Later", rows=(later,))))
    both = study.keep_tables([2, 1, 2])
    assert [table.title for table in both.tables] == ["Later", TABLE.title]
    assert both.cells == STUDY.cells
    study = dataclasses.replace(study, gradients_of="both")
    assert [*study.keep_tables([2]).cells] == ["later", "alone"]
    assert not study.keep_tables([2]).gradients_of and study.keep_tables([1]).gradients_of
    for numbers in ([], [0], [1, 3]):
        with pytest.raises(UserError, match=r"no such table.*2 \(Later\)"):
            study.keep_tables(numbers)


@pytest.mark.parametrize(
    ("record", "values", "message"),
    [
        (Cell, {"problems": "mini_ende", "steps": -1}, "cell.steps is out of range"),
        (Cell, {"problems": "mini_ende", "steps": "5"}, "cell.steps has the wrong type"),
        (Cell, {"problems": ["mini_ende"]}, "cell.problems has the wrong type"),
        (Row, {"problem": "mini_ende", "cells": ["a"]}, "row.cells has the wrong type"),
        (Claim, {"text": "", "better": "a", "than": "b", "margin": -1}, "claim.margin is out of"),
        (Table, {"title": "", "rows": [1]}, "table.rows has the wrong type"),
        (Study, {"title": "", "cells": {}, "tables": []}, "needs a cell and a seed"),
        (Study, {"title": "", "cells": {"a": 1}, "tables": []}, "study.cells has the wrong type"),
    ],
)
def test_values_of_another_kind_are_refused(
    record: type, values: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError) as error:
        record(**values)
    assert message in str(error.value)


def test_a_column_that_one_row_has_stands_behind_what_it_follows_there() -> None:
    rows = (
        Row(problem="a", cells={"alone": "x", "with b": "x", "with c": "x"}),
        Row(problem="b", cells={"alone": "x", "with a": "x", "with c": "x"}),
        Row(problem="c", cells={"none": "x", "with b": "x"}),
    )
    columns = Table(title="", rows=rows).columns
    assert columns == ["none", "alone", "with a", "with b", "with c"]
