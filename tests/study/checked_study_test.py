"""All that a study names is checked before anything is computed, and said in one error."""

import dataclasses
from typing import Any

import pytest
from small_study import CLAIM, ROW, STUDY, TABLE

from t2t_mm.errors import UserError
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.definition import Cell, Row, Study


def change(record: Any, **values: Any) -> Any:
    return dataclasses.replace(record, **values)


def with_cell(name: str = "alone", **values: Any) -> Study:
    cell = change(STUDY.cells.get(name, Cell(problems="mini_ende")), **values)
    return change(STUDY, cells={**STUDY.cells, name: cell})


def with_row(**values: Any) -> Study:
    return change(STUDY, tables=(change(TABLE, rows=(change(ROW, **values),)),))


def test_cells_have_their_problems_settings_and_what_is_scored() -> None:
    checked = check_study(STUDY)
    both, later = checked.cells["both"], checked.cells["later"]
    assert both.problems == ["algorithmic_copy", "algorithmic_reverse"]
    assert (both.steps, both.scored, later.scored) == (8, {"algorithmic_copy": set()}, {})
    assert checked.cells["alone"].hparams.model.dropout == 0.0
    decoded = check_study(with_row(metric="main")).cells
    assert decoded["both"].scored == {"algorithmic_copy": {"bleu"}}


def test_steps_may_stand_among_the_settings_of_a_cell_that_names_none() -> None:
    checked = check_study(with_cell(steps=0, hparams="train.steps=3"))
    assert checked.cells["alone"].steps == 3


def test_what_decides_a_cell_has_what_it_begins_with() -> None:
    later = check_study(STUDY).describe("later")
    assert later["warm_start"]["alone"]["hparams"] == "model.dropout=0"
    assert later["steps"] == 2 and later["hparams_set"] == "multimodel_tiny"


@pytest.mark.parametrize(
    ("study", "message"),
    [
        (with_cell(problems="algorithmic_coyp"), "Cell 'alone': There is no problem named"),
        (with_cell(hparams="model.widht=3"), "Cell 'alone': There is no hparams field"),
        (with_cell(hparams="model.num_heads=3"), "Cell 'alone': model.width must be even"),
        (with_cell(hparams_set="multimodel_tinny"), "Cell 'alone': There is no hparams set"),
        (with_cell(hparams="data.shares={mini_ende:0.5}"), "data.shares names 'mini_ende'"),
        (with_cell("Alone!"), "cannot be the name of a cell"),
        (with_cell("later", warm_start="alnoe"), "unknown cell 'alnoe'. Did you mean 'alone'"),
        (with_cell("alone", warm_start="later"), "begin with each other: later, alone, later"),
        (with_cell("later", seeds=(1, 5)), "'alone', which has no run of its seeds"),
        (
            with_row(cells={"alone": "alnoe", "both": "both"}),
            "unknown cell 'alnoe'. Did you mean 'alone'",
        ),
        (with_row(problem="algorithmic_reverse"), "'algorithmic_reverse' in 'alone', a cell that"),
        (with_row(metric="bleuu"), "has the metric 'bleuu'"),
        (
            change(STUDY, tables=(change(TABLE, claims=(change(CLAIM, than="alnoe"),)),)),
            "a claim about the unknown column 'alnoe'. Did you mean 'alone'",
        ),
        (
            change(STUDY, tables=(change(TABLE, claims=(change(CLAIM, than="both"),)),)),
            "a claim about 'both' alone",
        ),
        (with_row(reported={"bth": 3.0}), "a reported number in the unknown column 'bth'"),
        (
            change(STUDY, tables=(change(TABLE, rows=(ROW, ROW), gains_over="alone"),)),
            "gains of two rows of one label",
        ),
        (
            with_row(cells={"both": "both"}, label="", reported={"alone": 3.0}),
            "unknown column 'alone'",
        ),
        (
            change(
                STUDY,
                tables=(change(TABLE, rows=(ROW, change(ROW, cells={"alone": "alone"}))),),
            ),
            "a reported number in 'both', a column in which copying has no cell",
        ),
        (
            with_cell(hparams="model.dropout=0,seed=3"),
            "Cell 'alone': train.seed would be ignored beside `seeds`",
        ),
        (with_cell(hparams="train.steps=3"), "train.steps would be ignored beside `steps`"),
        (with_cell(hparams="decode.num_samples=9"), "scored on the same examples"),
        (
            with_cell(hparams="data.vocab_size=512"),
            "Cells 'both' and 'alone' ask for vocabularies that differ in data.vocab_size",
        ),
        (with_cell("later", hparams="data.vocab_bytes=512"), "'both' and 'later' ask for"),
        (
            with_cell(hparams="data.max_pieces=9"),
            "cells that are scored on different examples of algorithmic_copy",
        ),
        (change(STUDY, gradients_of="alnoe"), "unknown cell 'alnoe'. Did you mean 'alone'"),
        (change(STUDY, gradients_of="alone"), "between problems, and cell 'alone' has one"),
        (
            change(STUDY, tables=(change(TABLE, gains_over="alnoe"),)),
            "gains over the unknown column 'alnoe'. Did you mean 'alone'",
        ),
    ],
)
def test_bad_names_and_settings_are_refused(study: Study, message: str) -> None:
    with pytest.raises(UserError) as error:
        check_study(study)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_claim_does_not_average_nats_and_percent() -> None:
    rows = (ROW, Row(problem=ROW.problem, cells=ROW.cells, metric="log_perplexity"))
    with pytest.raises(UserError, match="nats and percent"):
        check_study(change(STUDY, tables=(change(TABLE, rows=rows),)))
    check_study(change(STUDY, tables=(change(TABLE, rows=rows, claims=()),)))


def test_a_claim_needs_a_row_with_both_columns() -> None:
    rows = (change(ROW, cells={"alone": "alone"}), change(ROW, cells={"both": "both"}))
    with pytest.raises(UserError, match="no row has both"):
        check_study(change(STUDY, tables=(change(TABLE, rows=rows),)))
