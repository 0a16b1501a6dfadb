"""The report: one HTML file that opens without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.registry.description import describe
from t2t_mm.report.curve_drawing import curve_section
from t2t_mm.report.expert_map import expert_section
from t2t_mm.report.markup import Markup, element
from t2t_mm.report.media import Media
from t2t_mm.report.run_facts import RunFacts, fact_list, read_run_facts
from t2t_mm.report.sample_section import sample_section
from t2t_mm.report.score_section import Results, forced_section, score_section
from t2t_mm.report.stylesheet import STYLE

MEDIA_BUDGET_BYTES = 2_400_000  # of a page of at most three million
_WHOLE_SPLIT = re.compile(r"(?P<split>.+)-\d+")  # and not the first examples of one
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def write_report(output_dir: str | Path, results: Results, path: str | Path, split: str) -> Path:
    """Write what a run learned as one HTML page.

    A part that there is nothing to show in (no sounds, no experts, not decoded) is left out.

    Args:
        output_dir: The run; its settings, log and newest checkpoint are read, where they are.
        results: What `evaluate` returned; paths of samples are relative to `output_dir`.
        path: The file to write; its folder is made.
        split: The split that was scored.

    Returns:
        The file.

    Raises:
        UserError: The file cannot be written.

    Example:
        >>> from t2t_mm.evaluation.evaluation import evaluate  # doctest: +SKIP
        >>> results = evaluate("run", split="test", shuffled_inputs=True)  # doctest: +SKIP
        >>> write_report("run", results, "run/report.html", "test")  # doctest: +SKIP
    """
    path = Path(path)
    page = render_report(Path(output_dir), results, split)
    try:
        write_text_atomically(path, page)
    except OSError as error:
        raise UserError(
            f"The report could not be written. {error}", received={"report_file": str(path)}
        ) from error
    return path


def report(output_dir: str | Path, *, split: str = "", report_file: str | Path = "") -> Path:
    """Write the last evaluation of a run as one HTML page; the Python form of `t2t-report`.

    Args:
        output_dir: The run, already scored by `evaluate` or t2t-eval.
        split: The split that was scored; by default the one that was scored last.
        report_file: The page; by default `report.html` in the run.

    Returns:
        The page.

    Raises:
        UserError: The run was not scored, or the page cannot be written.
    """
    directory = Path(output_dir)
    results, scored = newest_results(directory, split)
    return write_report(directory, results, report_file or directory / "report.html", scored)


def newest_results(
    output_dir: str | Path, split: str = ""
) -> tuple[dict[str, dict[str, Any]], str]:
    """Read the results that were last kept of a whole split.

    Args:
        output_dir: The run.
        split: Its name; by default the split that was scored last.

    Returns:
        The results, and the name of their split.

    Raises:
        UserError: There are none, or they are damaged.
    """
    found = [
        path
        for path in Path(output_dir).glob("decoded/*/results.json")
        if (name := _WHOLE_SPLIT.fullmatch(path.parent.name)) and split in ("", name["split"])
    ]
    if not found:
        raise UserError(
            f"No results of {f'the {split} split' if split else 'any split'} in {output_dir}",
            expected=f"decoded/{split or 'SPLIT'}-STEP/results.json",
            fix=f"First run t2t-eval --output_dir={output_dir} --split={split or 'test'} "
            "--shuffled_inputs.",
        )
    newest = max(found, key=lambda path: path.stat().st_mtime_ns)
    try:
        results: dict[str, dict[str, Any]] = json.loads(newest.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UserError(
            f"The results in {newest} are damaged: {error}", fix="Run t2t-eval again."
        ) from error
    return results, newest.parent.name.rpartition("-")[0]


def render_report(output_dir: Path, results: Results, split: str) -> str:
    """Build the page; see :func:`write_report`."""
    facts = read_run_facts(output_dir)
    samples = [sample for result in results.values() for sample in result.get("samples", [])]
    media = Media(output_dir, samples, MEDIA_BUDGET_BYTES)
    sections = [
        ("Scores", score_section(results)),
        ("Learning", curve_section(facts, list(results))),
        *(
            (name, sample_section(name, _description(name), result, media))
            for name, result in results.items()
        ),
        ("Experts", expert_section(results)),
        ("Prediction", forced_section(results)),
    ]
    shown = [(name, section) for name, section in sections if section]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{_title(results)}: {output_dir.name}"),
        element("style", Markup(STYLE)),
    )
    body = element(
        "body",
        _header(results, facts, split),
        _navigation(shown),
        element("main", *(section for _, section in shown)),
        _footer(facts, results),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _title(results: Results) -> str:
    count = len(results)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"One model, {number} problem{'s' * (count != 1)}"


def _header(results: Results, facts: RunFacts, split: str) -> Markup:
    items = [
        element("div", element("dt", name), element("dd", value))
        for name, value in fact_list(facts, len(results), split)
    ]
    return element("header", element("h1", _title(results)), element("dl", *items))


def _navigation(sections: Sequence[tuple[str, Markup]]) -> Markup:
    links = [element("a", name, href=f"#{name}") for name, _ in sections]  # a section's id
    return element("nav", *links, aria_label="Sections")


def _footer(facts: RunFacts, results: Results) -> Markup:
    signatures = {
        f"{key.removesuffix('_signature')}: {value}"
        for result in results.values()
        for key, value in result.items()
        if key.endswith("_signature")
    }
    versions = facts.environment.get("versions", {})
    lines = [
        facts.environment.get("command", ""),
        ", ".join(f"{name} {version}" for name, version in versions.items() if version),
        *sorted(signatures),
    ]
    text = "\n\n".join(line for line in lines if line)
    if not text:
        return Markup()
    summary = element("summary", "Command, versions, and how the scores were computed")
    return element("footer", element("details", summary, element("pre", text)))


def _description(name: str) -> str:
    """Return the first sentence about a problem; empty of one that is not registered here."""
    try:
        text = str(describe(name).get("doc", ""))
    except UserError:
        return ""
    return " ".join(text.partition("\n\n")[0].split())
