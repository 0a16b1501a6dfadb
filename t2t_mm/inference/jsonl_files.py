"""Inputs of any of a run's problems as JSON objects, one a line, and their outputs beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.errors import UserError
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.files.sealed_json import dump_json
from t2t_mm.files.text_files import is_unicode
from t2t_mm.inference.batch_decoder import Output
from t2t_mm.inference.chosen_task import choose_task
from t2t_mm.inference.input_lines import LeftOutLines
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.inference.user_inputs import check_files, is_empty
from t2t_mm.inference.windows import BATCHES_TOGETHER
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import Task
from t2t_mm.settings.decode_section import DecodeHParams

_NAMES = ("problem", "inputs_of", "command_of")
_WRITTEN = {
    "outputs",
    "probability",
    "ranking",
    "log_probability",
    "score",
    "alternatives",
    "error",
}


def is_jsonl(path: str | Path) -> bool:
    """Return whether a file is one of JSON objects by its name: .jsonl or .jsonl.gz."""
    return str(path).removesuffix(".gz").endswith(".jsonl")


def write_record(
    record: Mapping[str, Any],
    output: Output,
    error: UserError | None = None,
    decode: DecodeHParams | None = None,
) -> str:
    """Return an object with its output as one line of JSON.

    Args:
        record: What was read; its other keys are kept, outputs and scores of before are not.
        output: Gives "outputs"; of a class "probability" and "ranking"; of a text
            "log_probability" and "score" in nats where the search knows them, and "alternatives"
            where there are several.
        error: Why there is no output.
        decode: Says whether alternatives are asked for: all of a beam, or samples. Of a beam that
            ended with its best output the others are not the next best ones. By default they are.

    Example:
        >>> write_record({"inputs": "a.png", "n": 1}, Output("cat", ("cat", "dog"), 0.75))
        '{"inputs": "a.png", "n": 1, "outputs": "cat", "probability": 0.75, "ranking": [...]}'
    """
    found: dict[str, Any] = {"outputs": output.text}
    if output.ranking:
        found |= {"probability": output.probability, "ranking": output.ranking}
    elif output.alternatives:
        texts = [{"outputs": one.text, **_describe_score(one)} for one in output.alternatives]
        found |= _describe_score(output.alternatives[0])
        if len(texts) > 1 and (decode is None or _asks_for_all(decode)):
            found["alternatives"] = texts
    if error:
        found["error"] = str(error)
    kept = {name: value for name, value in record.items() if name not in _WRITTEN}
    line = dump_json(kept | found, ensure_ascii=False)
    return line if is_unicode(line) else dump_json(kept | found)


def _asks_for_all(decode: DecodeHParams) -> bool:
    return decode.return_beams or decode.sampling_method == "random"


def _describe_score(one: Any) -> dict[str, float]:
    return {"log_probability": round(one.log_probability, 6), "score": round(one.score, 6)}


def list_outputs(lines: Iterable[str]) -> Iterator[str]:
    """Yield the outputs of objects that have something to decode, and could be read.

    Args:
        lines: As `write_record` writes them; some may be blank.

    Example:
        >>> records = [{"inputs": "A tree."}, {"inputs": ""}, {}]
        >>> list(list_outputs(write_record(record, Output("Ein Baum.")) for record in records))
        ['Ein Baum.', 'Ein Baum.']
    """
    for record in map(_parse, filter(None, lines)):
        if "error" not in record and not is_empty(record.get("inputs")):
            yield str(record.get("outputs", ""))


class LineReader:
    """Reads an object and the problem that it means.

    Args:
        run: As its folder describes it.
        names: Which of its problems is meant where a line says nothing: arguments of `choose_task`.
    """

    def __init__(self, run: Run, names: Mapping[str, str]) -> None:
        self._run = run
        self._names = {key: value for key, value in names.items() if value}
        self._chosen: dict[tuple[str, ...], Task] = {}

    def read(self, line: str) -> tuple[dict[str, Any], Task]:
        """Return what a line holds, and whose inputs these are.

        Raises:
            UserError: The line is no such object.
        """
        record = _parse(line)
        if not record:
            raise UserError(
                "The line is no JSON object, or one that is nested too deeply",
                expected='as {"problem": "...", "inputs": "..."}',
                received={"line": line[:60]},
            )
        if not isinstance(record.get("inputs"), str) or not is_unicode(record["inputs"]):
            raise UserError(
                "The object has no inputs that can be read",
                expected='"inputs", a text or the path of a file',
                received={"keys": ", ".join(record)},
            )
        names = {key: record[key] for key in _NAMES if key in record} or self._names
        if not all(isinstance(name, str) for name in names.values()):
            raise UserError("Problems are called by their names, as texts", received=names)
        key = tuple(names.get(name, "") for name in _NAMES)
        if key not in self._chosen:
            self._chosen[key] = choose_task(self._run, *key)
        return record, self._chosen[key]

    def list_files(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the path that each line names; "" for one that holds a text or cannot be read."""
        for line in lines:
            try:
                record, task = self.read(line)
            except UserError:
                yield ""
            else:
                yield "" if choose_kind(task.inputs).has_text else record["inputs"]


class JsonLines(LeftOutLines):
    """Lines of JSON objects, each with its "inputs" and the problem that is meant.

    Args:
        name: Of the file, for messages.
        lines: One object each: "inputs", a text or the path of a file; "problem", or "inputs_of"
            and "command_of", see `choose_task`; and what else it has.
        run: As its folder describes it.
        names: Which of its problems is meant where a line says nothing: arguments of `choose_task`.
        tell: Is given a line for a person for each of the first ten that cannot be read.
        start: Lines that are done; their files are not looked for.

    Attributes:
        tasks: All that are meant, by name.

    Raises:
        UserError: Not one of the lines can be read.

    Example:
        >>> from t2t_mm.run.run_directory import open_run
        >>> lines = ['{"problem": "mini_ende", "inputs": "A tree."}', '{"problem": "mini_ende"}']
        >>> JsonLines("a.jsonl", lines, open_run("demo/run"), {}, print).tasks.keys()
        a.jsonl, line 2: ... Expected: "inputs", a text or the path of a file. ...
        dict_keys(['mini_ende'])
    """

    def __init__(
        self,
        name: str,
        lines: Sequence[str],
        run: Run,
        names: Mapping[str, str],
        tell: Callable[[str], None],
        start: int = 0,
    ) -> None:
        super().__init__(name, tell)
        self.lines = lines
        self._start = start
        self.tasks: dict[str, Task] = {}
        self._reader = LineReader(run, names)
        bad: dict[int, UserError] = {}
        for place, line in enumerate(lines):
            if is_empty(line):
                continue
            try:
                record, task = self._reader.read(line)
                if place >= start:
                    check_files([record["inputs"]], task.inputs)
                self.tasks[task.name] = task
            except UserError as error:
                bad[place] = error
        if bad and not self.tasks:
            place, why = next(iter(bad.items()))
            raise UserError(f"{name}, line {place + 1}: {why}") from why
        for place, why in bad.items():
            self.skip(place, why)

    def decode(self, loaded: LoadedRun) -> Iterator[str]:
        """Yield a line for each that is not done, a few batches at a time, of a problem together.

        Args:
            loaded: Has the nets of `tasks`.
        """
        size = BATCHES_TOGETHER * loaded.decoder.decode.batch_size
        for first in range(self._start, len(self.lines), size):
            places = range(first, min(first + size, len(self.lines)))
            outputs = self._decode_window(loaded, places)
            for place in places:
                line, error = self.lines[place], self.errors.get(place)
                output = outputs.get(place, Output(""))
                how = loaded.decoder.decode
                is_blank = is_empty(line) and not error  # an error says of an empty one: too long
                yield "" if is_blank else write_record(_parse(line), output, error, how)

    def _decode_window(self, loaded: LoadedRun, places: range) -> dict[int, Output]:
        members: dict[str, list[tuple[int, str]]] = {}
        for place in places:
            if place not in self.errors and not is_empty(self.lines[place]):
                record, task = self._reader.read(self.lines[place])
                members.setdefault(task.name, []).append((place, record["inputs"]))
        outputs: dict[int, Output] = {}
        for name, some in members.items():
            own, texts = zip(*some, strict=True)
            predictor = loaded.make_predictor(self.tasks[name])
            found = predictor.output_each(texts, self.skip, own)
            outputs |= zip(own, found, strict=True)
        return outputs


def _parse(line: str) -> dict[str, Any]:
    """Return the object that a line holds; an empty one where there is none to write again."""
    try:
        record = parse_json(line)
        dump_json(record)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
