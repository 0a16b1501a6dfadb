"""Which task is meant, and pairs of problems that were never trained together."""

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tiny_run import TinyRun, drop_split

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.inference.chosen_task import choose_task
from t2t_mm.inference.decode import decode
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.loaded_run import LoadedRun, load_tasks
from t2t_mm.run.run_directory import open_run

FIXTURE = Path(__file__).parents[1] / "fixtures" / "run_of_0_1_0.tar.xz"
LINES = ["3 1 4", "", "9 2 6 5"]


@pytest.fixture(scope="module")
def text_and_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of mini_ende and mini_image."""
    directory = tmp_path_factory.mktemp("run")
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(directory, filter="data")
    return directory / "run"


@pytest.fixture(scope="module")
def loaded(tiny_run: TinyRun) -> LoadedRun:
    return t2t_mm.load(tiny_run.output_dir)


def test_which_problem_must_be_said_where_there_are_several(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match="--problem=NAME, one of algorithmic_copy"):
        choose_task(open_run(tiny_run.output_dir))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"inputs_of": "algorithmic_copy"}, "both inputs_of and command_of"),
        ({"command_of": "algorithmic_copy"}, "both inputs_of and command_of"),
        (dict.fromkeys(("problem", "inputs_of", "command_of"), "algorithmic_copy"), "either a"),
        ({"inputs_of": "algorithmic_copi", "command_of": "algorithmic_copy"}, "Did you mean"),
        ({"inputs_of": "algorithmic_copy", "command_of": "algorithmic_copi"}, "Did you mean"),
    ],
)
def test_half_a_pair_and_unknown_names_are_refused(
    asked: dict[str, str], message: str, tiny_run: TinyRun
) -> None:
    with pytest.raises(UserError, match=message):
        choose_task(open_run(tiny_run.output_dir), **asked)


@pytest.mark.slow
def test_a_pair_of_the_same_nets_answers_as_the_one_whose_command_it_has(
    loaded: LoadedRun,
) -> None:
    pair = loaded.pair("algorithmic_copy", "algorithmic_reverse")
    options = {"number": 3, "seed": 5}  # samples tell them apart even where little is learned
    samples = pair.samples(LINES, **options)
    assert samples == loaded["algorithmic_reverse"].samples(LINES, **options)
    assert samples != loaded["algorithmic_copy"].samples(LINES, **options)
    assert "algorithmic_copy to algorithmic_reverse" in repr(pair)


@pytest.mark.slow
def test_a_file_is_decoded_and_the_inputs_of_a_split_are_the_first_problems(
    tiny_run: TinyRun, loaded: LoadedRun, tmp_path: Path
) -> None:
    pair = {"inputs_of": "algorithmic_copy", "command_of": "algorithmic_reverse"}
    data_dir = tmp_path / "data"
    shutil.copytree(tiny_run.data_dir, data_dir)
    drop_split(data_dir, "algorithmic_reverse", "validation")
    (tmp_path / "in.txt").write_text("\n".join(LINES) + "\n")
    for where in (
        {"from_file": tmp_path / "in.txt"},
        {"split": "validation", "data_dir": data_dir},
    ):
        outputs = decode(tiny_run.output_dir, **where, options=DecodingOptions(limit=3, **pair))
        assert len(outputs) == 3
        assert "split" in where or outputs == loaded.pair(*pair.values())(LINES)


@pytest.mark.slow
def test_of_a_picture_and_a_text_only_the_nets_of_the_pair_are_loaded(
    text_and_pictures: Path,
) -> None:
    run = open_run(text_and_pictures)
    task = choose_task(run, inputs_of="mini_image", command_of="mini_ende")
    loaded = load_tasks(run, [task])
    assert set(loaded.restored.model.modalities) == set(task.nets)
    assert isinstance(loaded[task.name](np.zeros((32, 32, 3), np.uint8)), str)


def test_classes_are_given_to_what_is_read_by_another_net(text_and_pictures: Path) -> None:
    loaded = t2t_mm.load(text_and_pictures)
    ranking = loaded.pair("mini_ende", "mini_image").rank("A red boat.")
    vocabulary = loaded.restored.vocabularies["mini_kinds"]
    assert len(set(ranking)) == 5
    assert set(ranking) <= {vocabulary.decode([index]) for index in range(vocabulary.size)}
