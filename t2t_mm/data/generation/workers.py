"""The records of one split by key, made in this process or by several that feed one writer."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import multiprocessing as mp
import os
import pickle
import random
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

import numpy as np

from t2t_mm.data.declaring.bad_examples import SkippedExample
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.records.example_records import Record, RecordEncoder, read_checked_examples
from t2t_mm.errors import UserError
from t2t_mm.registry.user_modules import find_entry

KeyedRecord = tuple[str, Record]
KeyedResult = tuple[str, Record | SkippedExample]

_CHUNK = 256
_CHUNK_BYTES = 1 << 20


def generate_records(
    problem: Problem, split: str, data_dir: str | Path, options: GenerationOptions
) -> Iterator[KeyedResult]:
    """Yield key and record of every example of a split, part after part.

    An example that was left out is there with its reason instead of a record.

    Args:
        problem: The problem as written, not exchanged.
        split: One of its splits.
        data_dir: Where its vocabularies lie.
        options: Seed, and number of examples after which to stop.
    """
    parts = (
        record
        for part in range(problem.num_parts(split))
        for record in generate_part_records(problem, split, part, data_dir, options.random_seed)
    )
    return _limit_results(options.max_cases, parts) if options.max_cases else parts


def _limit_results(max_cases: int, results: Iterator[KeyedResult]) -> Iterator[KeyedResult]:
    number = 0
    for key, result in results:
        yield key, result
        number += not isinstance(result, SkippedExample)
        if number == max_cases:
            return


def generate_part_records(
    problem: Problem, split: str, part: int, data_dir: str | Path, random_seed: int
) -> Iterator[KeyedResult]:
    """Yield key and record of every example of one part.

    The key says part and position, so that neither the order in which parts are made nor the
    number of processes changes what is written.
    """
    seed_global_generators(random_seed, problem, split, part)
    encoder = RecordEncoder(problem, data_dir)
    for index, example in enumerate(read_checked_examples(problem, split, part)):
        key = f"{part}_{index}"
        yield key, example if isinstance(example, SkippedExample) else encoder.encode(example)


def seed_global_generators(random_seed: int, problem: Problem, split: str, part: int) -> None:
    """Seed Python's and NumPy's global generators for the reading of one part."""
    text = f"{random_seed} {problem.name} {split} {part}"
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
    random.seed(seed)
    np.random.seed(seed)


def generate_records_in_processes(
    problem: Problem, split: str, data_dir: str | Path, options: GenerationOptions
) -> Iterator[KeyedResult]:
    """Yield what `generate_records` yields, in any order, made by several processes.

    A problem of one part, one that another process could not import (defined in a notebook or in a
    function), or one of which only the first examples are wanted, is read in this process.

    Raises:
        UserError: What a process raised, or that one died.
    """
    num_processes = min(options.num_processes, problem.num_parts(split))
    if num_processes < 2 or options.max_cases or not _can_reach_other_processes(problem):
        yield from generate_records(problem, split, data_dir, options)
        return
    context = mp.get_context("spawn")
    parts: Any = context.Queue()
    for part in [*range(problem.num_parts(split)), *[None] * num_processes]:
        parts.put(part)
    arguments = (_list_modules(problem), problem, split, str(data_dir), options.random_seed, parts)
    # Each has a pipe of its own: of one that is killed the end is seen, and nobody waits for it.
    pipes = [context.Pipe(duplex=False) for _ in range(num_processes)]
    workers = [
        context.Process(target=_run_worker, args=(*arguments, writer)) for _, writer in pipes
    ]
    try:
        for worker, (_, writer) in zip(workers, pipes, strict=True):
            with _hold_back_interrupts():
                worker.start()
            writer.close()
        yield from _collect_results(problem, [reader for reader, _ in pipes])
    finally:
        for worker in workers:
            if worker.pid is not None:  # it was started
                worker.terminate()
                worker.join()
        for end in itertools.chain.from_iterable(pipes):
            end.close()


@contextmanager
def _hold_back_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait while a process starts: so it can be ended, and never sees Ctrl-C itself."""
    held: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda one, _: held.append(one)) if is_main else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the process inherits it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if is_main:
            signal.signal(signal.SIGINT, handler)
        if held:
            signal.raise_signal(signal.SIGINT)


def _list_modules(problem: Problem) -> list[str]:
    """List the modules that another process has to import: of the problem and of its kinds."""
    kinds = (type(kind) for kind in choose_kinds(problem.features).values())
    return sorted({one.__module__ for one in (type(problem), *kinds)})


def _can_reach_other_processes(problem: Problem) -> bool:
    for module in _list_modules(problem):
        package = module.partition(".")[0]
        if module == "__main__" or (find_entry(module) and not PathFinder.find_spec(package)):
            return False  # as a folder named my-package, which no other process finds as my_package
    try:
        pickle.dumps(problem)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _run_worker(
    modules: Sequence[str],
    problem: Problem,
    split: str,
    data_dir: str,
    random_seed: int,
    parts: Any,
    results: Any,
) -> None:
    """Run in a process of its own: parts in, chunks of records out, at last what was read."""
    if parent := mp.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        for module in modules:
            importlib.import_module(module)
        while (part := parts.get()) is not None:
            records = generate_part_records(problem, split, part, data_dir, random_seed)
            for chunk in _cut_into_chunks(records):
                results.send(("records", chunk))
        results.send(("done", problem.raw_files_read))
    except UserError as error:
        results.send(("user error", str(error)))
    except Exception:
        results.send(("error", traceback.format_exc()))


def _end_with(parent: Any) -> None:
    """End once the parent has been killed: nobody reads what this process waits to hand over."""
    parent.join()
    os._exit(1)


def _cut_into_chunks(records: Iterator[KeyedResult]) -> Iterator[list[KeyedResult]]:
    """Cut a stream into lists short enough that several may wait, pictures and sounds too."""
    chunk: list[KeyedResult] = []
    held = 0
    for key, result in records:
        chunk.append((key, result))
        if not isinstance(result, SkippedExample):
            held += sum(len(value) for value in result.values())
        if len(chunk) == _CHUNK or held > _CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _collect_results(problem: Problem, readers: Sequence[Connection]) -> Iterator[KeyedResult]:
    running = [*readers]
    while running:
        for reader in cast(list[Connection], wait(running)):
            kind, content = _receive(problem, reader)
            if kind == "records":
                yield from content
            elif kind == "done":
                problem.raw_files_read += content
                running.remove(reader)
            elif kind == "user error":
                raise UserError(content)
            else:
                raise RuntimeError(f"A process that generated {problem.name} failed:\n{content}")


def _receive(problem: Problem, reader: Connection) -> tuple[str, Any]:
    try:
        message: tuple[str, Any] = reader.recv()
    except (EOFError, OSError) as error:
        raise UserError(
            f"A process that generated {problem.name} ended before it was done: it was killed, "
            "perhaps for want of memory",
            fix="Use fewer with --num_concurrent_processes.",
        ) from error
    return message
