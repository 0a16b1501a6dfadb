"""A study as a page: well-formed, escaped, and every number leads to a run."""

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small_study import STUDY, TABLE, FakeCommands, write_log

from t2t_mm.study import run_study
from t2t_mm.study.study_page import render_page


class Page(HTMLParser):
    """Which elements are open, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [str(found.get("href"))] * (tag == "a")
        self.ids += [str(found.get("id"))] * ("id" in found)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    FakeCommands(monkeypatch, {("both", 1): 70.0, ("both", 2): 71.0}, diverging=["alone"])
    run_study(STUDY, study_dir=tmp_path, data_dir=tmp_path)
    FakeCommands(monkeypatch, {("both", 1): 70.0, ("both", 2): 71.0})
    return (tmp_path / "study.html").read_text(encoding="utf-8")


def test_it_is_well_formed_and_its_links_lead_somewhere(text: str, tmp_path: Path) -> None:
    page = Page(text)
    assert not page.open and "Two &amp; a half cells" in text
    sections = [link[1:] for link in page.links if link[0] == "#"]
    assert sections == ["Claims", "1. Copying", "Cells"] and set(sections) <= set(page.ids)
    folders = [link for link in page.links if link[0] != "#"]
    assert "cells/both/" in folders and "cells/both/seed_2/" in folders
    begun = [link for link in folders if "later" not in link]
    assert all((tmp_path / link).is_dir() for link in begun)


def test_nothing_is_fetched_from_elsewhere(text: str) -> None:
    assert not re.search(r'(src|href)="(https?:)?//', text)


def test_a_cell_that_diverged_is_marked_and_not_averaged(text: str) -> None:
    assert "diverged (no finite loss on algorithmic_copy)" in text
    assert ">2 diverged</a>" in text  # in place of a mean
    assert '<b class="faint">Open:</b>' in text


def test_a_study_of_nothing_but_cells_has_no_claims() -> None:
    found = {"title": "t", "split": "test", "limit": 0, "cells": {}, "tables": [], "gradients": {}}
    assert 'href="#Claims"' not in render_page(found)


def test_losses_by_seconds_are_drawn_of_runs_that_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    run_study(STUDY, study_dir=tmp_path, data_dir=tmp_path)
    assert "Learning" not in (tmp_path / "study.html").read_text(encoding="utf-8")
    for run in tmp_path.glob("cells/*/seed_*"):
        write_log(run, "algorithmic_copy", (100, 10.0, 4.0), (200, 5.0, 2.0))
    found = run_study(STUDY, study_dir=tmp_path, data_dir=tmp_path)
    assert found["tables"][0]["rows"][0]["places"]["both"]["curve"] == [[10.0, 4.0], [15.0, 2.0]]
    text = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert not Page(text).open and ">Learning<" in text and ">B 2.00<" in text


def test_gains_over_a_column_are_a_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeCommands(monkeypatch, {("both", 1): 70.0, ("both", 2): 71.0})
    tables = (dataclasses.replace(TABLE, gains_over="alone"),)
    run_study(dataclasses.replace(STUDY, tables=tables), study_dir=tmp_path, data_dir=tmp_path)
    text = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert not Page(text).open and text.count('<svg class="map"') == 1
    assert "copying, both: +20.50" in text and ".map .more" in text


def test_gradients_and_experts_of_a_run_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    study = dataclasses.replace(STUDY, gradients_of="both")
    run_study(study, study_dir=tmp_path, data_dir=tmp_path)
    text = (tmp_path / "study.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open and {"#Gradients", "#Experts"} <= set(page.links)
    assert text.count('<svg class="map"') == 2 and text.count('<svg class="experts"') == 1
    assert 'href="cells/both/seed_1/"' in text
