"""Built-in problems as a user checks one of one's own: by small files, and a batch by heart."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from built_in_files import RAW_FILES, write_raw_files

import t2t_mm
from t2t_mm import Language, Problem, registry
from t2t_mm.bin import t2t_registry
from t2t_mm.errors import UserError
from t2t_mm.problems import BUILTIN
from t2t_mm.registry import load_hparams
from t2t_mm.training import problem_check
from t2t_mm.training.learning_by_heart import Learned
from t2t_mm.training.problem_check import EXAMPLES_READ, Finding, check_problem

SMALL = load_hparams(
    "multimodel_tiny",
    overrides="model.width=32,model.num_heads=2,experts.use_experts=False,model.encoder_blocks=1,"
    "model.mixer_blocks=0,model.decoder_blocks=1,modality.audio_widths=[8,16],"
    "modality.audio_time_strides=[2,2],modality.audio_frequency_strides=[2,2]",
)
MADE = ("mini_", "double_mini_", "algorithmic_")
WITHOUT_FILES = [name for name in BUILTIN if name.startswith(MADE)]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


def check(name: str, raw: Path, most_steps: int = 0) -> dict[str, Finding]:
    tmp_dir = write_raw_files(name, raw) if name in RAW_FILES else ""
    found = check_problem(name, hparams=SMALL, tmp_dir=tmp_dir, most_steps=most_steps)
    return {finding.what: finding for finding in found}


def test_every_built_in_problem_is_checked() -> None:
    """Those of TFDS have a test of their own, without which nothing is known of their files."""
    checked = {name.partition("/")[0] for name in RAW_FILES} | set(WITHOUT_FILES)
    assert checked | {"tfds"} == set(BUILTIN)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*WITHOUT_FILES, *RAW_FILES])
def test_examples_shapes_and_vocabulary(name: str, raw: Path) -> None:
    found = check(name, raw)
    assert [*found] == ["examples", "shapes", "vocabulary"]
    assert all(finding.is_fine for finding in found.values()), found
    problem = registry.problem(name)
    assert {*found["shapes"].facts["shapes"]} >= {"inputs", "targets"}
    texts = [spec for spec in problem.features.values() if spec.is_text]
    assert bool(found["vocabulary"].facts["texts"]) is bool(texts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mini_image", pytest.param("mini_speech", marks=pytest.mark.long)]
)
def test_a_batch_of_the_miniature_is_learned_by_heart_and_decoded(name: str, raw: Path) -> None:
    found = check(name, raw, most_steps=300)
    assert all(finding.is_fine for finding in found.values()), found
    assert found["decoded"].facts == {"outputs": 8, "wrong": 0}


@registry.register_problem("spoken_by_for_tests")
class SpokenBy(Problem):
    """Words, and whose they are, which no net reads."""

    modalities: ClassVar = {
        "speaker": Language("bytes"),
        "inputs": Language("bytes"),
        "targets": Language("bytes"),
    }

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for number in range(10):
            yield {"inputs": "a" * (1 + number), "targets": "b", "speaker": "Bob"}


def test_what_no_net_reads_is_not_given_to_one(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    def learn(task: Any, vocabularies: Any, batch: dict[str, Any], *arguments: Any) -> Learned:
        given.append(batch)
        return Learned([2.5], ["b"] * 8, parameters=1, operations=1.0, peak_bytes=1)

    monkeypatch.setattr(problem_check, "learn_by_heart", learn)
    found = check("spoken_by_for_tests", raw, most_steps=1)
    assert [*given[0]] == [*found["shapes"].facts["shapes"]] == ["inputs", "targets"]


def test_what_is_not_fine_is_told_with_exit_code_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = ["never", *["so"] * 7]
    learned = Learned([2.5, 2.25], outputs, parameters=1000, operations=1e6, peak_bytes=1)
    monkeypatch.setattr(problem_check, "learn_by_heart", lambda *arguments: learned)
    assert t2t_registry.main(["check", "algorithmic_copy", "--json"]) == 2
    found = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert {name for name, one in found.items() if not one["is_fine"]} == {"learned", "decoded"}
    assert "in 2 steps: from 2.50 to 2.250 nats" in found["learned"]["told"]
    assert found["decoded"]["facts"] == {"outputs": 8, "wrong": 8}
    assert found["examples"]["facts"]["sizes"]["train"] == EXAMPLES_READ


def test_flags_of_the_check_are_for_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(["list", "--data_dir=x"]) == 2
    assert "--data_dir is for `check`" in capsys.readouterr().err


def test_it_is_a_python_call() -> None:
    assert inspect.unwrap(t2t_mm.check) is check_problem


def test_a_folder_of_data_that_is_not_there_is_told() -> None:
    """Else a little data is made anew, and it looks as if that which was named were fine."""
    with pytest.raises(UserError, match=r"no such folder.*data_dir='nowhere'"):
        check_problem("mini_ende", hparams=SMALL, data_dir="nowhere")
