"""What an evaluation leaves on disk: decoded lines, samples with picture and sound, scores."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pipeline.length_limits import Limits, choose_limits
from t2t_mm.data.pipeline.samples import read_stored_bytes
from t2t_mm.data.records.shards import hash_file
from t2t_mm.errors import UserError
from t2t_mm.evaluation.kept_results import drop_outputs, make_stem
from t2t_mm.evaluation.output_lines import OutputLines
from t2t_mm.files.atomic_writes import (
    open_atomically,
    write_bytes_atomically,
    write_text_atomically,
)
from t2t_mm.files.disk import lock_folder, refuse_folder, report_full_disk
from t2t_mm.files.sealed_json import dump_json, seal_json, unseal_json
from t2t_mm.run.task import Task
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.settings import DataHParams


@dataclass(frozen=True)
class OutputFolder:
    """Where an evaluation keeps what was decoded.

    Args:
        path: `RUN/decoded/SPLIT-STEP`.
        split: The split that is decoded, in stored order.
        data_dir: Folder of generated data.
        names: All problems of the run, as they are to stand in the results.
        data: Settings of the run, whose limits leave out what is too long.
    """

    path: Path
    split: str
    data_dir: Path
    names: Sequence[str]
    data: DataHParams

    @contextlib.contextmanager
    def open_lines(self, task: Task) -> Iterator[OutputLines]:
        """Open `NAME.outputs.jsonl`, whole once it is closed, for the outputs of a problem."""
        with (
            report_full_disk(self.path, "the run is not touched"),
            open_atomically(
                self.path / f"{make_stem(task.name)}.outputs.jsonl", keeps_part=True
            ) as file,
        ):
            yield OutputLines(file, task.metrics)

    def keep(
        self,
        problem: Problem,
        decoded: Decoded,
        lines: OutputLines,
        result: dict[str, Any],
        num_samples: int,
    ) -> None:
        """Write what was decoded of a problem, and add what is kept of it to its result.

        Args:
            problem: The problem.
            decoded: Its outputs.
            lines: As which they were written.
            result: Its scores, written too: an error later on does not lose them. It gets the path
                of the lines as `outputs`, and with picture and sound `samples`, the first examples,
                and the `worst` and the `best`.
            num_samples: How many of the first examples are kept; half as many of the others.
        """
        worst, best = lines.choose_extremes(num_samples // 2)
        first = range(min(num_samples, len(decoded.hypotheses)))
        kept = {"samples": first, "worst": worst, "best": best}
        with report_full_disk(self.path, "the run is not touched"):
            write_decoded(self.path, problem.name, decoded)
            described = describe_samples(
                problem,
                self.split,
                decoded,
                folder=self.path,
                data_dir=self.data_dir,
                limits=choose_limits(problem, self.data),
                indices={index for indices in kept.values() for index in indices},
            )
            for index, score in enumerate(lines.scores):
                if index in described:
                    described[index]["score"] = score
            path = self.path / f"{make_stem(problem.name)}.outputs.jsonl"
            result["outputs"] = path.relative_to(self.path.parent.parent).as_posix()
            result["outputs_sha256"] = hash_file(path)
            for name, indices in kept.items():
                result[name] = [described[index] for index in indices]
            keep_results(self.path / "results.json", {problem.name: result}, self.names)


def write_decoded(folder: Path, name: str, decoded: Decoded) -> None:
    """Write three aligned files of lines: inputs, references and decoded outputs of a problem.

    Several references of one example are separated by tabs; inputs that are no text leave no file.
    """
    stem = make_stem(name)
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
    limits: Limits,
    indices: Collection[int],
) -> dict[int, dict[str, Any]]:
    """Describe examples of a split and keep their pictures and sounds as files.

    Args:
        problem: Whose examples they are.
        split: The split that was decoded, in stored order.
        decoded: Its outputs.
        folder: `RUN/decoded/SPLIT-STEP`; paths are given relative to RUN.
        data_dir: Folder of generated data.
        limits: By which examples were left out.
        indices: Which of those that were decoded.

    Returns:
        For each its `index`, `input`, `reference`, `references`, `decoded`, and where there is one
        `ranking`, `probability`, `picture` or `sound` (a path). An input that is neither of these
        nor a text is described.
    """
    shown = {}
    if not choose_kind(problem.features["inputs"]).has_text:
        stored = read_stored_bytes(
            problem, split, "inputs", data_dir=data_dir, indices=indices, limits=limits
        )
        shown = _show_inputs(problem, stored, folder)
    samples: dict[int, dict[str, Any]] = {}
    for index in indices:
        references = list(decoded.references[index])
        samples[index] = {
            "index": index,
            "input": decoded.inputs[index],
            "reference": references[0],
            "references": references,
            "decoded": decoded.hypotheses[index],
        }
        if decoded.rankings:
            samples[index]["ranking"] = list(decoded.rankings[index])
        if decoded.probabilities:
            samples[index]["probability"] = decoded.probabilities[index]
        samples[index] |= shown.get(index, {})
    return samples


def _show_inputs(
    problem: Problem, stored: Mapping[int, bytes], folder: Path
) -> dict[int, dict[str, str]]:
    """Return what a sample says of each of some inputs that are no texts."""
    kind = choose_kind(problem.features["inputs"])
    shown = {}
    stem = make_stem(problem.name)
    for index, value in stored.items():
        medium = kind.show(value)
        if medium is None:
            shown[index] = {"input": ", ".join(map(str, kind.describe(value, "").values()))}
            continue
        path = folder / f"{stem}.sample{index}.{medium.suffix}"
        write_bytes_atomically(path, medium.content)
        shown[index] = {medium.type: path.relative_to(folder.parent.parent).as_posix()}
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
    refuse_folder(path)
    with lock_folder(path.parent):  # another evaluation may add what it has found of other problems
        if path.exists():
            with contextlib.suppress(ValueError):  # damaged: it is made anew
                kept = unseal_json(path.read_text(encoding="utf-8"))
        merged = {**kept, **results}
        ordered = {name: merged[name] for name in order if name in merged}
        write_text_atomically(path, seal_json(ordered, indent=1, ensure_ascii=False))


def write_scores(path: Path, results: Mapping[str, Mapping[str, Any]]) -> None:
    """Write scores as JSON, without outputs and experts.

    Raises:
        UserError: The file cannot be written.
    """
    scores = drop_outputs(results)
    try:
        write_text_atomically(path, dump_json(scores, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UserError(f"The scores could not be written. {error}. Received: {path}.") from error
