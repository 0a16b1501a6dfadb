"""The report: one HTML file that opens without a network."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.evaluation.kept_results import KeptResults, list_results, suggest_evaluation
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.registry.description import describe
from t2t_mm.report.curve_drawing import make_curve_section
from t2t_mm.report.expert_map import make_expert_section
from t2t_mm.report.markup import Markup, make_element
from t2t_mm.report.media import Media
from t2t_mm.report.run_facts import RunFacts, list_facts, read_run_facts
from t2t_mm.report.sample_section import list_samples, make_sample_section
from t2t_mm.report.score_section import Results, make_forced_section, make_score_section
from t2t_mm.report.stylesheet import STYLE

MEDIA_BUDGET_BYTES = 2_400_000  # of a page of at most three million
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def write_report(
    output_dir: str | Path, results: Results, path: str | Path, split: str, step: int = 0
) -> Path:
    """Write what a run learned as one HTML page.

    A part that there is nothing to show in (no sounds, no experts, not decoded) is left out.

    Args:
        output_dir: The run; its settings, log and newest checkpoint are read, where they are.
        results: What `evaluate` returned; paths of samples are relative to `output_dir`.
        path: The file to write; its folder is made.
        split: The split that was scored.
        step: Of the checkpoint that was scored; 0: not known, and not shown.

    Returns:
        The file.

    Raises:
        UserError: The file cannot be written, or results or settings are not such as we write.

    Example:
        >>> results = {"mini_ende": {"bleu": 71.2, "samples": []}}
        >>> path = write_report("demo/run", results, "page/report.html", "test")
        >>> "71.2" in path.read_text(encoding="utf-8")
        True
    """
    path = Path(path)
    try:
        page = render_report(Path(output_dir), results, split, path.parent, step)
    except UserError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise UserError(
            f"What is kept in {output_dir} is damaged or of another version: "
            f"{type(error).__name__}: {error}",
            fix="Run t2t-eval again.",
        ) from error
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
        split: The split that was scored; by default the one of which the whole was scored last, or
            where there is none, its first examples; train where no other was.
        report_file: The page; by default `report.html` in the run.

    Returns:
        The page.

    Raises:
        UserError: The run was not scored, or the page cannot be written.
    """
    directory = Path(output_dir)
    newest = _find_newest(directory, split)
    path = report_file or directory / "report.html"
    return write_report(directory, _read_whole(newest), path, _name_split(newest), newest.step)


def find_newest_results(
    output_dir: str | Path, split: str = ""
) -> tuple[dict[str, dict[str, Any]], str]:
    """Read the results that were last kept of a whole split, else of its first examples.

    Args:
        output_dir: The run.
        split: Its name; by default that of the one that is found: train where there is no other.

    Returns:
        The results, and of which split they are: "test", or "first 100 of the test".

    Raises:
        UserError: There are none, or they are damaged.
    """
    newest = _find_newest(Path(output_dir), split)
    return _read_whole(newest), _name_split(newest)


def _find_newest(directory: Path, split: str) -> KeptResults:
    """Find the results that were last kept of a whole split, else of its first examples."""
    found = [kept for kept in list_results(directory) if split in ("", kept.split)]
    if not split:  # scores of training examples would be taken for those of others
        found = [kept for kept in found if kept.split != "train"] or found
    if not found:
        raise UserError(
            f"No results of {f'the {split} split' if split else 'any split'} in {directory}",
            expected=f"decoded/{split or 'SPLIT'}-STEP/results.json",
            fix=suggest_evaluation(directory, split),
        )
    return ([kept for kept in found if not kept.limit] or found)[-1]


def _read_whole(kept: KeptResults) -> dict[str, dict[str, Any]]:
    """Read results, and tell of outputs beside them that are not theirs."""
    results = kept.read()
    for path in kept.list_other_outputs(results):
        warn_once(f"{path} holds other outputs than the scores are of. Run t2t-eval again.")
    return results


def _name_split(kept: KeptResults) -> str:
    return (f"first {kept.limit:,} of the " if kept.limit else "") + kept.split


def render_report(
    output_dir: Path, results: Results, split: str, folder: Path, step: int = 0
) -> str:
    """Build the page that is to lie in `folder`; see :func:`write_report`."""
    facts = read_run_facts(output_dir)
    groups = [group for result in results.values() for group in list_samples(result).values()]
    samples = [sample for group in groups for sample in group]
    media = Media(output_dir, samples, MEDIA_BUDGET_BYTES)
    sections = [
        ("Scores", make_score_section(results, split)),
        ("Learning", make_curve_section(facts, list(results))),
        *(
            (
                name,
                make_sample_section(
                    name,
                    _describe_problem(name),
                    result,
                    media,
                    _find_outputs(output_dir, result, folder),
                ),
            )
            for name, result in results.items()
        ),
        ("Experts", make_expert_section(results)),
        ("Prediction", make_forced_section(results)),
    ]
    shown = [(name, section) for name, section in sections if section]
    head = make_element(
        "head",
        make_element("meta", charset="utf-8"),
        make_element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        make_element("title", f"{_write_title(facts, results)}: {output_dir.name}"),
        make_element("style", Markup(STYLE)),
    )
    body = make_element(
        "body",
        _make_header(results, facts, split, step),
        _make_navigation(shown),
        make_element("main", *(section for _, section in shown)),
        _make_footer(facts, results),
    )
    return f"<!DOCTYPE html>\n{make_element('html', head, body, lang='en')}\n"


def _find_outputs(output_dir: Path, result: Mapping[str, Any], folder: Path) -> str:
    """Return the address of a problem's outputs from `folder`; empty where they are not there."""
    path = output_dir / str(result.get("outputs", ""))
    address = urllib.parse.quote(Path(os.path.relpath(path, folder)).as_posix())
    return address if path.is_file() else ""


def _write_title(facts: RunFacts, results: Results) -> str:
    count = len(facts.problems) or len(results)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"One model, {number} problem{'s' * (count != 1)}"


def _make_header(results: Results, facts: RunFacts, split: str, step: int) -> Markup:
    items = [
        make_element("div", make_element("dt", name), make_element("dd", value))
        for name, value in list_facts(facts, list(results), split, step)
    ]
    return make_element(
        "header", make_element("h1", _write_title(facts, results)), make_element("dl", *items)
    )


def _make_navigation(sections: Sequence[tuple[str, Markup]]) -> Markup:
    links = [make_element("a", name, href=f"#{name}") for name, _ in sections]  # a section's id
    return make_element("nav", *links, aria_label="Sections")


def _make_footer(facts: RunFacts, results: Results) -> Markup:
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
    summary = make_element("summary", "Command, versions, and how the scores were computed")
    return make_element("footer", make_element("details", summary, make_element("pre", text)))


def _describe_problem(name: str) -> str:
    """Return what a problem says of itself first; empty of one that is not registered here."""
    try:
        text = str(describe(name).get("doc", ""))
    except UserError:
        return ""
    return " ".join(text.partition("\n\n")[0].split())
