import multiprocessing
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from t2t_mm import Language, Problem, UserError, registry
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.workers import generate_records, generate_records_in_processes


def as_text(records: Iterator[tuple[str, Any]]) -> dict[str, str]:
    return {key: f"{record['inputs']} | {record['inputs_ids']}" for key, record in records}


def test_keys_say_part_and_position(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    keys = [key for key, _ in generate_records(problem, "train", data_dir, GenerationOptions())]
    assert keys[:2] == ["0_0", "0_1"] and keys[-1] == "2_99"


def test_max_cases_stops_early(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    records = generate_records(problem, "train", data_dir, GenerationOptions(max_cases=150))
    assert [key for key, _ in records][-1] == "1_49"


class Drawn(Problem):
    """Draws from Python's global generator, as an old problem may."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}

    def num_parts(self, split: str) -> int:
        return 2

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        for _ in range(3):
            yield {"inputs": str(random.random()), "targets": ""}


def test_global_generators_are_seeded_by_part(tmp_path: Path) -> None:
    def draw(seed: int) -> dict[str, str]:
        return as_text(
            generate_records(Drawn(), "train", tmp_path, GenerationOptions(random_seed=seed))
        )

    first = draw(1)
    assert draw(1) == first
    assert len(set(first.values())) == 6
    assert not set(draw(2).values()) & set(first.values())


IN_A_FILE = """
import os
import signal
import sys

from t2t_mm import Language, Problem, registry, UserError

@registry.register_problem("parted_for_tests")
class Parted(Problem):
    modalities = {"inputs": Language("bytes"), "targets": Language("bytes")}

    def num_parts(self, split):
        return 3

    def generate_part(self, split, part):
        if split == "test":
            held_back = signal.pthread_sigmask(signal.SIG_BLOCK, ())
            raise UserError("The raw file is not there", received={"held back": {*held_back}})
        if split == "validation":
            raise KeyError("a bug")
        for index in range(300):
            if split == "killed" and index == 299:
                os.kill(os.getpid(), signal.SIGKILL)
            if split == "ended" and index == 299:
                sys.exit()
            yield {"inputs": f"{part} {index}", "targets": ""}
"""


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    path = tmp_path_factory.mktemp("own") / "parted_problem_for_tests.py"
    path.write_text(IN_A_FILE)
    registry.import_user_modules(str(path))
    return registry.problem("parted_for_tests")


def in_processes(problem: Problem, split: str, folder: Path) -> dict[str, str]:
    return as_text(
        generate_records_in_processes(problem, split, folder, GenerationOptions(num_processes=2))
    )


def test_several_processes_make_the_same_records(parted: Problem, tmp_path: Path) -> None:
    alone = as_text(generate_records(parted, "train", tmp_path, GenerationOptions()))
    assert len(alone) == 900
    assert in_processes(parted, "train", tmp_path) == alone


def test_a_users_error_in_a_process_comes_back_as_one(parted: Problem, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^The raw file is not there.*held back=.*SIGINT"):
        in_processes(parted, "test", tmp_path)


def test_a_bug_in_a_process_comes_back_with_its_traceback(parted: Problem, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'a bug'"):
        in_processes(parted, "validation", tmp_path)


@pytest.mark.parametrize("split", ["killed", "ended"])
def test_a_process_that_is_killed_or_ends_by_itself_is_told(
    parted: Problem, tmp_path: Path, split: str
) -> None:
    records = generate_records_in_processes(
        parted, split, tmp_path, GenerationOptions(num_processes=2)
    )
    with pytest.raises(UserError, match=r"parted_for_tests ended before it was done"):
        list(records)
    assert not multiprocessing.active_children()


def test_a_problem_that_no_other_process_could_import_is_read_here(tmp_path: Path) -> None:
    class InAFunction(Drawn):
        pass

    assert len(in_processes(InAFunction(), "train", tmp_path)) == 6


A_KIND = """
from dataclasses import dataclass
from t2t_mm import Feature, FeatureKind, registry

@dataclass(frozen=True)
class Pair(Feature):
    modality = "pair_for_tests"

@registry.register_feature_kind("pair_for_tests")
class PairKind(FeatureKind):
    spec_class = Pair
    shape = (2,)
"""
OF_THE_KIND = """
import sys
import numpy as np
from t2t_mm import Language, Problem, registry

def find_kind():
    return sys.modules["a_kind_for_tests"].Pair  # which its own module does not import

@registry.register_problem("pairs_for_tests")
class Pairs(Problem):
    @property
    def modalities(self):
        return {"inputs": find_kind()(), "targets": Language("bytes")}

    def num_parts(self, split):
        return 2

    def generate_part(self, split, part):
        for index in range(3):
            yield {"inputs": np.array([part, index], "float32"), "targets": ""}
"""


def test_kinds_of_other_modules_are_there_in_each_process(tmp_path: Path) -> None:
    for name, text in (("a_kind_for_tests", A_KIND), ("pairs_for_tests_file", OF_THE_KIND)):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        registry.import_user_modules(str(path))
    problem, options = registry.problem("pairs_for_tests"), GenerationOptions(num_processes=2)
    made = dict(generate_records_in_processes(problem, "train", tmp_path, options))
    assert sorted(made) == ["0_0", "0_1", "0_2", "1_0", "1_1", "1_2"]


def test_a_script_without_a_guard_is_told_instead_of_waiting_for_itself(
    parted: Problem, tmp_path: Path
) -> None:
    module = sys.modules[type(parted).__module__]
    script = tmp_path / "script_for_tests.py"
    script.write_text(
        "import t2t_mm\nfrom t2t_mm import registry\n"
        f"registry.import_user_modules({module.__file__!r})\n"
        "options = t2t_mm.GenerationOptions(num_processes=2, progress=False)\n"
        f"folder = {str(tmp_path / 'data')!r}\n"
        "t2t_mm.datagen('parted_for_tests', data_dir=folder, options=options)\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode and "if __name__ == '__main__'" in done.stderr


def test_a_package_whose_folder_has_another_name_is_read_here(tmp_path: Path) -> None:
    package = tmp_path / "odd-package-for-tests"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "parted.py").write_text(
        IN_A_FILE.replace("parted_for_tests", "odd_parted_for_tests")
    )
    registry.import_user_modules(str(package))
    problem = registry.problem("odd_parted_for_tests")
    assert type(problem).__module__ == "odd_package_for_tests.parted"
    assert len(in_processes(problem, "train", tmp_path)) == 900


KILLED = """
import multiprocessing, os, signal, sys
from t2t_mm import registry
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.workers import generate_records_in_processes

if __name__ == "__main__":
    registry.import_user_modules(sys.argv[1])
    problem = registry.problem("parted_for_tests")
    options = GenerationOptions(num_processes=2)
    records = generate_records_in_processes(problem, "train", sys.argv[2], options)
    next(records)
    print(*(one.pid for one in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    problem_file, program = tmp_path / "parted_problem_for_tests.py", tmp_path / "killed.py"
    problem_file.write_text(IN_A_FILE.replace("range(300)", "range(10**7)"))
    program.write_text(KILLED)
    line = [sys.executable, program, problem_file, tmp_path]
    with (tmp_path / "pids").open("w") as pids:  # a pipe would be waited for until all have ended
        done = subprocess.run(line, stdout=pids, check=False)
    children = [Path("/proc", pid) for pid in (tmp_path / "pids").read_text().split()]
    assert done.returncode == -signal.SIGKILL and len(children) == 2
    end = time.monotonic() + 20
    while any(map(is_alive, children)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(is_alive, children))


def is_alive(process: Path) -> bool:
    try:
        return "zombie" not in (process / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
