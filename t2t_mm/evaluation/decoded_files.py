"""What an evaluation leaves on disk: decoded lines, samples with picture and sound, scores."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pipeline.samples import read_stored_bytes
from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_bytes_atomically, write_text_atomically
from t2t_mm.files.disk import report_full_disk
from t2t_mm.scoring.decoded import Decoded


@dataclass(frozen=True)
class OutputFolder:
    """Where an evaluation keeps what was decoded.

    Args:
        path: `RUN/decoded/SPLIT-STEP`.
        split: The split that is decoded, in stored order.
        data_dir: Folder of generated data.
        names: All problems of the run, as they are to stand in the results.
    """

    path: Path
    split: str
    data_dir: Path
    names: Sequence[str]

    def keep(
        self, problem: Problem, decoded: Decoded, result: dict[str, Any], num_samples: int
    ) -> None:
        """Write what was decoded of a problem, and add its `samples` to its result.

        Args:
            problem: The problem.
            decoded: Its outputs.
            result: Its scores, written too: an error later on does not lose them.
            num_samples: How many of the first examples are kept with picture and sound.
        """
        with report_full_disk(self.path, "the run is not touched"):
            write_decoded(self.path, problem.name, decoded)
            result["samples"] = describe_samples(
                problem,
                self.split,
                decoded,
                folder=self.path,
                data_dir=self.data_dir,
                count=num_samples,
            )
            keep_results(self.path / "results.json", {problem.name: result}, self.names)


def write_decoded(folder: Path, name: str, decoded: Decoded) -> None:
    """Write three aligned files of lines: inputs, references and decoded outputs of a problem.

    Several references of one example are separated by tabs; inputs that are no text leave no file.
    """
    stem = name.replace("/", "_")
    columns = {
        "inputs": decoded.inputs if any(decoded.inputs) else [],
        "references": ["\t".join(texts) for texts in decoded.references],
        "decoded": decoded.hypotheses,
    }
    for suffix, lines in columns.items():
        if lines:
            text = "".join(line.replace("\n", " ") + "\n" for line in lines)
            write_text_atomically(folder / f"{stem}.{suffix}.txt", text)


def describe_samples(
    problem: Problem,
    split: str,
    decoded: Decoded,
    *,
    folder: Path,
    data_dir: Path,
    count: int,
) -> list[dict[str, Any]]:
    """Describe the first examples of a split and keep their pictures and sounds as files.

    Args:
        problem: Whose examples they are.
        split: The split that was decoded, in stored order.
        decoded: Its outputs.
        folder: `RUN/decoded/SPLIT-STEP`; paths are given relative to RUN.
        data_dir: Folder of generated data.
        count: Number of examples.

    Returns:
        For each: `input`, `reference`, `references`, `decoded`, and where there is one `ranking`,
        `picture` or `sound` (a path). An input that is neither of these nor a text is described.
    """
    shown = _show_inputs(problem, split, folder=folder, data_dir=data_dir, count=count)
    samples: list[dict[str, Any]] = []
    for index in range(min(count, len(decoded.hypotheses))):
        references = list(decoded.references[index])
        sample = {
            "input": decoded.inputs[index],
            "reference": references[0],
            "references": references,
            "decoded": decoded.hypotheses[index],
        }
        if decoded.rankings:
            sample["ranking"] = list(decoded.rankings[index])
        samples.append(sample | (shown[index] if shown else {}))
    return samples


def _show_inputs(
    problem: Problem, split: str, *, folder: Path, data_dir: Path, count: int
) -> list[dict[str, str]]:
    """Return what a sample says of each of the first inputs; nothing where these are texts."""
    kind = choose_kind(problem.features["inputs"])
    if kind.has_text:
        return []
    shown = []
    stem = problem.name.replace("/", "_")
    stored = read_stored_bytes(problem, split, "inputs", data_dir=data_dir, limit=count)
    for index, value in enumerate(stored):
        medium = kind.show(value)
        if medium is None:
            shown.append({"input": ", ".join(map(str, kind.describe(value, "").values()))})
            continue
        path = folder / f"{stem}.sample{index}.{medium.suffix}"
        write_bytes_atomically(path, medium.content)
        shown.append({medium.type: path.relative_to(folder.parent.parent).as_posix()})
    return shown


def keep_results(
    path: Path, results: Mapping[str, Mapping[str, Any]], order: Sequence[str]
) -> None:
    """Write what an evaluation returned, samples too, as JSON.

    Results of other problems that are there already stay.

    Args:
        path: The file.
        results: By problem.
        order: All problems of the run, as they are to stand in the file.
    """
    kept: dict[str, Any] = {}
    if path.exists():
        with contextlib.suppress(json.JSONDecodeError):  # damaged: it is made anew
            kept = json.loads(path.read_text(encoding="utf-8"))
    merged = {**kept, **results}
    ordered = {name: merged[name] for name in order if name in merged}
    write_text_atomically(path, json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")


def write_scores(path: Path, results: Mapping[str, Mapping[str, Any]]) -> None:
    """Write scores as JSON, without samples and experts.

    Raises:
        UserError: The file cannot be written.
    """
    scores = {
        name: {key: value for key, value in result.items() if key not in _NO_SCORES}
        for name, result in results.items()
    }
    try:
        write_text_atomically(path, json.dumps(scores, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UserError(f"The scores could not be written. {error}. Received: {path}.") from error


_NO_SCORES: Sequence[str] = ("samples", "experts")
