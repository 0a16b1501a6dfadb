"""What earlier evaluations left in a run's folder, read back."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2t_mm.data.records.shards import hash_file
from t2t_mm.errors import UserError
from t2t_mm.features import NUM_RANKED
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.files.sealed_json import unseal_json
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.translation import read_tokenizer

_FOLDER = re.compile(
    r"(?P<split>.+?)-(?P<step>\d+)(-first(?P<limit>\d+))?(?P<settings>-[a-z_]+=.*)?"
)
_FILE = "results.json"
_MOST_LETTERS = 60  # of four bytes each they still fit into the name of a folder
NO_SCORES = ("left_out", "outputs", "outputs_sha256", "samples", "worst", "best", "experts")
"""What the result of a problem holds beside its scores."""


@dataclass(frozen=True)
class KeptResults:
    """The results and outputs of one evaluation.

    Args:
        folder: `RUN/decoded/SPLIT-STEP`, with `-firstN` where N examples of each problem were read,
            and with settings of decoding that are not the run's own.
        split: Of which they are.
        limit: N; 0 for the whole split.
        step: Of the checkpoint.
    """

    folder: Path
    split: str
    limit: int = 0
    step: int = 0

    def read(self) -> dict[str, dict[str, Any]]:
        """Read what `evaluate` returned, by problem.

        Raises:
            UserError: The file is damaged.
        """
        path = self.folder / _FILE
        try:
            results: dict[str, dict[str, Any]] = unseal_json(path.read_text(encoding="utf-8"))
            for result in results.values():
                forced = result.get("teacher_forced", {})
                forced |= {name: math.nan for name, value in forced.items() if value is None}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"The results in {path} are damaged: {error}", fix="Run t2t-eval again."
            ) from error
        return results

    def list_other_outputs(self, results: Mapping[str, Mapping[str, Any]]) -> list[Path]:
        """List files of outputs that lie there and are not those of the scores.

        Args:
            results: What `read` returned.
        """
        expected = {
            self._locate_outputs(name): result.get("outputs_sha256")
            for name, result in results.items()
        }
        return [
            path
            for path, checksum in expected.items()
            if checksum and path.is_file() and hash_file(path) != checksum
        ]

    def read_outputs(self, name: str, result: Mapping[str, Any]) -> Decoded:
        """Read all outputs of a problem, beside what they are compared with.

        Args:
            name: The problem.
            result: Its result, of `read`.

        Raises:
            UserError: They were not kept, as before version 0.2, or are damaged.
        """
        path = self._locate_outputs(name)
        try:
            content = path.read_bytes()
            expected = result.get("outputs_sha256")
            if expected not in (None, hashlib.sha256(content).hexdigest()):
                raise ValueError("it is not the file that was written")
            return _read_decoded([parse_json(line) for line in content.splitlines()], result)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"The outputs of {name} in {self.folder} are missing or damaged: {error}",
                fix=suggest_evaluation(self.folder.parent.parent, self.split, self.limit),
            ) from error

    def _locate_outputs(self, name: str) -> Path:
        path = self.folder / f"{make_stem(name)}.outputs.jsonl"
        former = self.folder / f"{name.replace('/', '_')}.outputs.jsonl"
        return former if former.exists() and not path.exists() else path


def _count_examples(result: Mapping[str, Any]) -> float:
    return float(result.get("teacher_forced", {}).get("examples", math.inf))


def _read_decoded(lines: Sequence[Mapping[str, Any]], result: Mapping[str, Any]) -> Decoded:
    return Decoded(
        tokenizer=read_tokenizer(result.get("bleu_signature", "")),
        hypotheses=[line["output"] for line in lines],
        references=[line["references"] for line in lines],
        inputs=[line.get("input", "") for line in lines],
        rankings=[line["ranking"] for line in lines if "ranking" in line],
        num_classes=NUM_RANKED + ("top_5" in result),  # more than five, where that was scored
    )


def drop_outputs(results: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the scores of each problem, without outputs and experts.

    Example:
        >>> drop_outputs({"mini_ende": {"bleu": 78.9, "samples": []}})
        {'mini_ende': {'bleu': 78.9}}
    """
    return {
        name: {key: value for key, value in result.items() if key not in NO_SCORES}
        for name, result in results.items()
    }


def name_variant(limit: int = 0, settings: str = "") -> str:
    """Name what is not all of a split, or not decoded as the run says, behind another name.

    Args:
        limit: Examples of each problem; 0 for all.
        settings: Of decoding that are not the run's own, as "beam_size=4"; paths among them and
            what is too long for the name of a folder are shortened, and a checksum added.

    Example:
        >>> name_variant(), name_variant(100), name_variant(9, "beam_size=4")
        ('', '-first100', '-first9-beam_size=4')
        >>> name_variant(settings="answers_file=/data/answers.txt")
        '-answers_file=_data_answers.txt-2dc361cd'
    """
    of_first = f"-first{limit}" if limit else ""
    if "/" in settings or len(settings) > _MOST_LETTERS:
        settings = f"{settings.replace('/', '_')[:_MOST_LETTERS]}-{_shorten_to_hash(settings)}"
    return of_first + (f"-{settings}" if settings else "")


def make_stem(name: str) -> str:
    """Return how the files of a problem begin; those of no other begin so.

    Example:
        >>> make_stem("image_folder/pets_small"), make_stem("image_folder/pets/small")
        ('image_folder_pets_small', 'image_folder_pets_small-da58be3a')
    """
    stem = name.replace("/", "_")
    return stem if name.count("/") < 2 else f"{stem}-{_shorten_to_hash(name)}"


def _shorten_to_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def list_results(output_dir: Path) -> list[KeptResults]:
    """List what evaluations kept in a run, or in one folder of it, the newest last.

    Args:
        output_dir: The run, of which those with the run's own settings of decoding are listed; or
            `RUN/decoded/SPLIT-STEP`.

    Example:
        >>> path = Path("demo/scored/decoded/test-4/results.json")
        >>> path.parent.mkdir(parents=True)
        >>> path.write_text("{}")
        2
        >>> [kept.split for kept in list_results(Path("demo/scored"))]
        ['test']
    """
    whole = Path(os.path.abspath(output_dir))  # that of "." has a name
    is_named = whole.parent.name == "decoded" and _FOLDER.fullmatch(whole.name)
    is_one = bool(is_named) and (whole / _FILE).exists()
    paths = [whole / _FILE] if is_one else list(output_dir.glob(f"decoded/*/{_FILE}"))
    named = [
        (path.parent, match)
        for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)
        if (match := _FOLDER.fullmatch(path.parent.name)) and (is_one or not match["settings"])
    ]
    return [
        KeptResults(path, name["split"], int(name["limit"] or 0), int(name["step"]))
        for path, name in named
    ]


def find_results(
    output_dir: Path, split: str, limit: int, step: int
) -> dict[str, tuple[KeptResults, dict[str, Any]]]:
    """Find by problem the newest results of a checkpoint on a split, or on its first examples.

    Args:
        output_dir: The run.
        split: The split.
        limit: Examples of each problem; 0 for all. Of a split that has no more the results of the
            whole are those of its first examples, too.
        step: Of the checkpoint.

    Returns:
        The evaluation, and the problem's part of what it kept.

    Raises:
        UserError: A file is damaged.
    """
    found = {}
    for kept in list_results(output_dir):
        if (kept.split, kept.step) == (split, step) and kept.limit in (0, limit):
            for name, result in kept.read().items():
                if kept.limit == limit or _count_examples(result) <= limit:
                    found[name] = kept, result
    return found


def suggest_evaluation(output_dir: Path, split: str = "", limit: int = 0) -> str:
    """Suggest the command that decodes a split of a run.

    Example:
        >>> suggest_evaluation(Path("run"), "test", 100)
        'First run t2t-eval --output_dir=run --split=test --limit=100.'
    """
    limited = f" --limit={limit}" if limit else ""
    return f"First run t2t-eval --output_dir={output_dir} --split={split or 'test'}{limited}."
