"""A study as Markdown: what a reader finds, and where each number leads."""

import dataclasses
import itertools
import re
from pathlib import Path

import pytest
from small_study import CLAIM, ROW, STUDY, TABLE, FakeCommands

from t2t_mm.study import run_study
from t2t_mm.study.study_markdown import render_markdown, write_progress


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    FakeCommands(monkeypatch, {("both", 1): 70.0, ("both", 2): 71.0}, failing=["later"])
    found = run_study(STUDY, study_dir=tmp_path, data_dir=tmp_path)
    return render_markdown(found)


def test_every_number_leads_to_its_run(text: str, tmp_path: Path) -> None:
    assert "70.50 ± 0.71 ([70.00](cells/both/seed_1/), [71.00](cells/both/seed_2/))" in text
    links = re.findall(r"\]\((cells/[^)]+)\)", text)
    assert len(links) == 4 + 6 and all((tmp_path / link).is_dir() for link in links)


def test_sentences_reported_numbers_and_failures_are_there(text: str) -> None:
    assert "- Supported: Reversing helps copying. Mean gain +20.50 (95%: +14.15 to +26.85" in text
    assert "; reported 98.5" in text and "A paper." in text
    assert "seed_1/) failed 0 s: t2t-trainer: error: 5 batches" in text


def test_a_line_of_a_table_has_as_many_cells_as_its_head(text: str) -> None:
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()]  # none elsewhere
    tables = [list(lines) for has_bars, lines in itertools.groupby(bars, bool) if has_bars]
    assert [table[0] for table in tables] == [5, 6, 6]
    assert all(set(table) == {table[0]} for table in tables)


def test_a_part_of_the_split_is_said() -> None:
    found = {"cells": {"a": {"runs": {}}}, "split": "test", "limit": 1000}
    assert write_progress(found).endswith("scored on up to 1,000 first examples of the test split.")


def test_gains_over_a_column_are_a_table_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, {("both", 1): 70.0, ("both", 2): 71.0, ("later", 1): 50.5})
    rows = (
        ROW,
        dataclasses.replace(
            ROW, label="again", cells={"alone": "alone", "later": "later"}, reported={}
        ),
    )
    tables = (dataclasses.replace(TABLE, rows=rows, gains_over="alone"),)
    study = dataclasses.replace(STUDY, tables=tables)
    text = render_markdown(run_study(study, study_dir=tmp_path, data_dir=tmp_path))
    assert "|  | later | both |" in text
    assert "| copying |  | **+20.50** |" in text and "| again | +0.25 |  |" in text


def test_gradients_are_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeCommands(monkeypatch)
    study = dataclasses.replace(STUDY, gradients_of="both")
    text = render_markdown(run_study(study, study_dir=tmp_path, data_dir=tmp_path))
    assert "## Gradients" in text and "The run: [both, seed 1](cells/both/seed_1/)." in text
    assert "|  | step 4 | step 8 |" in text and "| algorithmic_copy | +10.00 | -20.00 |" in text


def test_what_a_person_wrote_breaks_no_line_and_is_no_html(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    row = dataclasses.replace(ROW, label="x\n| <b>y")
    claim = dataclasses.replace(CLAIM, text="a\n# b & c")
    table = dataclasses.replace(TABLE, title="A\nB", note="<i>n\n\n", rows=(row,), claims=(claim,))
    study = dataclasses.replace(STUDY, title="T\n# X", tables=(table,))
    lines = render_markdown(run_study(study, study_dir=tmp_path, data_dir=tmp_path)).splitlines()
    assert lines[0] == "# T # X" and "## A B" in lines and "&lt;i>n" in lines
    assert sum(line.startswith(r"| x \| &lt;b>y | ") for line in lines) == 2
    assert sum("Open: a # b &amp; c Mean gain" in line for line in lines) == 2
