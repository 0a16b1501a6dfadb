"""Files of inputs to files of outputs: lines, or JSON objects; gone on with after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

import keras

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.records.shards import hash_file
from t2t_mm.data.records.stored import METADATA_FILE, locate_data
from t2t_mm.errors import UserError
from t2t_mm.inference.chosen_task import choose_task, name_task
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.input_lines import InputLines, read_lines
from t2t_mm.inference.jsonl_files import JsonLines, LineReader, is_jsonl, list_outputs
from t2t_mm.inference.loaded_run import LoadedRun, load_tasks
from t2t_mm.inference.output_files import tell_empty_outputs, tell_on_stderr, write_outputs
from t2t_mm.inference.output_formats import (
    check_objects_format,
    check_output_format,
    format_outputs,
    is_tree_task,
    read_best_output,
)
from t2t_mm.inference.resumed_file import ResumedFile
from t2t_mm.inference.user_inputs import describe_files
from t2t_mm.inference.windows import BATCHES_TOGETHER
from t2t_mm.run.checkpoint import WEIGHTS, Checkpoint, find_checkpoint
from t2t_mm.run.manifest import DamagedFileError, shorten_message
from t2t_mm.run.run_directory import Run
from t2t_mm.run.stored_problem import find_problem
from t2t_mm.run.task import Task
from t2t_mm.settings.decode_section import DecodeHParams

_OF_SPEED = ("batch_size", "jit_compile", "num_samples")
"""Settings of decoding that may change where a process goes on; what num_samples says is known by
the inputs."""


@dataclass(frozen=True)
class FileDecoding:
    """One file through one run.

    Args:
        run: As its folder describes it.
        how: How it decodes.
        names: Which problem is meant: arguments of `choose_task`.
        from_file: As `decode` takes it.
        to_file: As `decode` takes it.
        options: As `decode` takes them.
        data_dir: As `load` takes it.
    """

    run: Run
    how: DecodeHParams
    names: Mapping[str, str]
    from_file: str | Path
    to_file: str | Path
    options: DecodingOptions
    data_dir: str | Path = ""

    def run_through(self) -> list[str]:
        """Decode the file; what cannot be read is told at the end.

        Returns:
            A line for each line.

        Raises:
            LeftOutError: Some inputs could not be read; all others are decoded.
        """
        if is_jsonl(self.from_file) or is_jsonl(self.to_file):
            return self._decode_objects()
        return self._decode_texts()

    def _decode_texts(self) -> list[str]:
        task, output_format = choose_task(self.run, **self.names), self.options.output_format
        check_output_format(task, output_format, self.how)
        lines, too_long = self._read_lines()
        named = [] if choose_kind(task.inputs).has_text else lines
        file, start, errors = self._go_on(lines, named)
        inputs = InputLines(self._name, lines, task.inputs, tell_on_stderr, start)
        inputs.errors |= errors
        inputs.skip_all(too_long, start)
        loaded = self._load([task])
        readable = inputs.readable[start:]
        decoded = loaded[task.name].output_each(readable, inputs.skip, count(start))
        pairs = zip(readable, decoded, strict=True)
        formatted = format_outputs(pairs, task, output_format, tell_on_stderr, self.how)
        outputs = write_outputs(
            formatted,
            len(lines),
            task.name,
            file,
            inputs.errors,
            lambda: loaded.decoder.num_symbols,
        )
        asked = (line for place, line in enumerate(outputs) if inputs.expects_output(place))
        tell_empty_outputs(read_best_output(line, self.how) for line in asked)
        inputs.check(outputs)
        return outputs

    def _decode_objects(self) -> list[str]:
        """Decode lines, which may be of many problems, to objects."""
        check_objects_format(self.options.output_format)
        lines, too_long = self._read_lines()
        if any(self.names.values()) or not is_jsonl(self.from_file):
            told = name_task(choose_task(self.run, **self.names), self.names)
        if not is_jsonl(self.from_file):
            lines = [json.dumps({**told, "inputs": line}) for line in lines]
        reads_files = any(not choose_kind(task.inputs).has_text for task in self.run.tasks)
        named = [*LineReader(self.run, self.names).list_files(lines)] if reads_files else []
        file, start, errors = self._go_on(lines, named)
        inputs = JsonLines(self._name, lines, self.run, self.names, tell_on_stderr, start)
        inputs.errors |= errors
        inputs.skip_all(too_long, start)
        loaded = self._load(list(inputs.tasks.values()))
        decoded = inputs.decode(loaded)
        outputs = write_outputs(
            decoded,
            len(lines),
            Path(self._name).name,
            file,
            inputs.errors,
            lambda: loaded.decoder.num_symbols,
        )
        tell_empty_outputs(list_outputs(outputs))
        inputs.check(outputs)
        return outputs

    def _load(self, tasks: Sequence[Task]) -> LoadedRun:
        return load_tasks(self.run, tasks, self._checkpoint.path, self.how, self.data_dir)

    @cached_property
    def _checkpoint(self) -> Checkpoint:
        """The one of the whole file: a trainer may save a better one meanwhile."""
        return find_checkpoint(self.run.directory, self.options.checkpoint_path)

    @property
    def _name(self) -> str:
        return "standard input" if str(self.from_file) == "-" else str(self.from_file)

    def _read_lines(self) -> tuple[list[str], dict[int, UserError]]:
        return read_lines(self.from_file, self.how.choose_limit(self.options.limit))

    def _go_on(
        self, lines: Sequence[str], named: Sequence[str]
    ) -> tuple[str | Path | ResumedFile, int, Mapping[int, UserError]]:
        """Return where outputs go, how many are there, and why some of these are empty.

        Args:
            lines: The inputs.
            named: The path in each, "" where there is none; empty where no line has one.
        """
        path = Path(self.to_file)
        is_replaced = path.is_file() or not path.exists()
        is_kept = str(self.to_file) not in ("", "-") and str(self.from_file) != "-"
        if not (is_kept and is_replaced):
            return self.to_file, 0, {}
        file = ResumedFile(
            path,
            self._list_facts(lines) | _find_folder(named),
            window=BATCHES_TOGETHER * self.how.batch_size,
            total=len(lines),
            tell=tell_on_stderr,
            files=describe_files(named),
        )
        return file, len(file.done), file.errors

    def _list_facts(self, lines: Sequence[str]) -> dict[str, object]:
        """List all that decides what the outputs are, but for the last bits of what they hold."""
        from t2t_mm import __version__

        path = Path(os.path.expanduser(self.how.answers_file))
        answers = hash_file(path) if path.is_file() else ""
        weights = self._checkpoint.path / WEIGHTS
        try:
            weights_hash = hash_file(weights)
        except OSError as error:
            raise DamagedFileError(weights, shorten_message(error)) from error
        return {
            "inputs": hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest(),
            "run": str(self.run.directory.resolve()),
            "checkpoint": [self._checkpoint.step, weights_hash],
            "problem": dict(self.names),
            "settings": _list_deciding(self.how),
            "answers": answers,
            **self._describe_data(),
            "format": [self.options.output_format, is_jsonl(self.to_file)],
            "version": [__version__, keras.backend.backend()],
        }

    def _describe_data(self) -> dict[str, object]:
        """Describe the data whose trees decide what outputs may be, as far as it is there."""
        described: dict[str, object] = {}
        if self.how.constrain == "trees":
            # Whether it is read, and has to be there, is known later.
            with contextlib.suppress(UserError, OSError):
                folder = self.run.find_data(self.data_dir)
                described["data"] = str(folder.resolve())
                tasks = filter(is_tree_task, self.run.tasks)
                found = [locate_data(find_problem(task, folder), folder) for task in tasks]
                described["trees"] = [hash_file(path / METADATA_FILE) for path in found]
        return described


def _find_folder(named: Iterable[str]) -> dict[str, str]:
    """Find the folder that relative paths begin at; from another one they are other files."""
    paths = (Path(os.path.expanduser(path)) for path in named if path.strip())
    return {} if all(path.is_absolute() for path in paths) else {"current folder": str(Path.cwd())}


def _list_deciding(how: DecodeHParams) -> dict[str, object]:
    """List the settings that decide outputs; others say how fast and in how much memory."""
    return {name: value for name, value in asdict(how).items() if name not in _OF_SPEED}
