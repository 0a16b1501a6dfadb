"""Any data set of TFDS as a problem: TFDS's own made-up data, and sets written by its tools."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from t2t_mm import registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.records.example_records import read_checked_examples
from t2t_mm.data.records.stored import open_data
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Categorical, Image, Language
from t2t_mm.registry.description import describe
from t2t_mm.run.task import make_tasks

TEXTS = tfds.features.Text()
DIGITS = {
    "inputs": Image(28, 28, channels=1),
    "targets": Categorical(vocabulary="tfds_mnist_label"),
}


def store(root: Path, name: str, features: Any, **splits: Any) -> None:
    """Write a data set by TFDS's own writer, as a user with data but no builder does."""
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        data_dir=root / "tfds",
        features=tfds.features.FeaturesDict(features) if isinstance(features, dict) else features,
        split_datasets={
            split: tf.data.Dataset.from_tensor_slices(rows) for split, rows in splits.items()
        },
        disable_shuffling=True,
    )


@pytest.fixture(scope="module")
def tmp_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("raw")
    pairs = {
        "de": [f"hund {i % 25}" for i in range(50)],
        "en": [f"dog {i}\nhere" for i in range(50)],
    }
    store(root, "own_pairs", tfds.features.Translation(languages=("de", "en")), train=pairs)
    labels = {"idx": tfds.features.Scalar(np.int32), "sentence": TEXTS}
    labels |= {"label": tfds.features.ClassLabel(names=["bad", "good"])}
    store(
        root,
        "own_labels",
        labels,
        train={"idx": [0, 1, 2, 3], "sentence": ["a", "b", " ", "d"], "label": [0, 1, 1, -1]},
        validation={"idx": [4], "sentence": ["e"], "label": [1]},
        test={"idx": [5], "sentence": ["f"], "label": [-1]},
    )
    speech = {"voice": tfds.features.Audio(sample_rate=8000), "sentence": TEXTS, "title": TEXTS}
    rows = {"voice": [[0, 5000] * 40] * 2, "sentence": ["ONE Two"] * 2, "title": ["x"] * 2}
    store(root, "own_speech", speech, clean=rows, other=rows)
    unrated = {"voice": tfds.features.Audio(), "sentence": TEXTS}
    few = {name: rows[name] for name in unrated}
    store(root, "own_voice", unrated, train=few, validation=few)
    digits = {
        "image": tfds.features.Image(shape=(28, 28, 1)),
        "label": tfds.features.ClassLabel(num_classes=10),
    }
    drawn = {"image": np.full((6, 28, 28, 1), 9, np.uint8), "label": np.arange(6)}
    store(root, "own_digits", digits, train=drawn, validation=drawn)
    return root


@pytest.fixture
def mock_mnist(tmp_path: Path) -> Iterator[Path]:
    """Made-up digits, with the numbers of examples of MNIST's splits said in TFDS's files."""
    info = tfds.builder("mnist", data_dir=tmp_path / "tfds").info
    splits = [
        tfds.core.SplitInfo(name=n, shard_lengths=[9], num_bytes=1) for n in ("train", "test")
    ]
    info.set_splits(tfds.core.SplitDict(splits))
    folder = tmp_path / "tfds" / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    info.write_to_directory(folder)
    with tfds.testing.mock_data(num_examples=20, data_dir=str(tmp_path / "tfds")):
        yield tmp_path


def generate(name: str, data_dir: Path, tmp_dir: Path, **options: Any) -> None:
    given = GenerationOptions(progress=False, raw_options=options)
    generate_data(name, data_dir=data_dir, tmp_dir=tmp_dir, options=given)


def test_pictures_and_their_classes_of_mock_data(mock_mnist: Path) -> None:
    problem = registry.problem("tfds/mnist", tmp_dir=mock_mnist)
    assert problem.features == DIGITS
    assert problem.splits == ("train", "validation", "test")
    assert problem.class_names("targets") == [*map(str, range(10))]
    for split, size in (("train", 18), ("validation", 2), ("test", 20)):
        examples = [*read_checked_examples(problem, split, 0)]
        assert len(examples) == size
        assert all(example["inputs"].startswith(b"\x89PNG") for example in examples)


def test_the_trainer_needs_no_flags_and_no_tfds(tmp_dir: Path, tmp_path: Path) -> None:
    generate("tfds/own_digits", tmp_path, tmp_dir)
    problem = registry.problem("tfds/own_digits", data_dir=tmp_path)
    assert problem.features["inputs"] == DIGITS["inputs"]
    assert "_builder" not in vars(problem)
    info = open_data(problem, tmp_path)
    assert info.sizes == {"train": 6, "validation": 6}
    assert info.vocabularies["targets"].size == 10
    assert (problem.metrics, problem.batch.examples) == (("top_k",), 32)


def test_a_translation_and_its_other_direction(tmp_dir: Path, tmp_path: Path) -> None:
    generate("tfds/own_pairs_rev", tmp_path, tmp_dir)
    names = ("tfds/own_pairs", "tfds/own_pairs_rev")
    problems = [registry.problem(name, data_dir=tmp_path) for name in names]
    assert [task.command for task in make_tasks(problems)] == ["en", "de"]
    sizes = open_data(problems[1], tmp_path).sizes
    assert sum(sizes.values()) == 50
    assert sizes["validation"] % 2 == 0, "equal inputs are in one split"
    raw = registry.problem("tfds/own_pairs", tmp_dir=tmp_dir)
    held_out, kept = ([*raw.generate(split)] for split in ("validation", "train"))
    assert not {one["inputs"] for one in held_out} & {one["inputs"] for one in kept}
    assert {"inputs": "hund 0", "targets": "dog 0 here"} in [*held_out, *kept]


def test_what_has_no_text_or_class_is_left_out(
    tmp_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    problem = registry.problem("tfds/own_labels", tmp_dir=tmp_dir)
    assert problem.splits == ("train", "validation")
    assert [*problem.generate("train")] == [
        {"inputs": "a", "targets": 0},
        {"inputs": "b", "targets": 1},
    ]
    assert problem.class_names("targets") == ["bad", "good"]
    assert "test has no classes; it is left out" in caplog.text
    assert "train: left out 2 empty examples" in caplog.text


def test_flags_are_kept_with_the_data_and_need_not_be_told_again(
    tmp_dir: Path, tmp_path: Path
) -> None:
    columns = "targets=title,train=clean[:50%],validation=other"
    generate("tfds/own_speech", tmp_path, tmp_dir, columns=columns)
    problem = registry.problem("tfds/own_speech", data_dir=tmp_path)
    assert problem.columns == "inputs=voice,targets=title,train=clean[:50%],validation=other"
    assert problem.splits == ("train", "validation")
    assert problem.features == {"inputs": Audio(), "targets": Language()}
    generate("tfds/own_speech", tmp_path, tmp_dir)  # is there, with what it was told
    with pytest.raises(UserError, match=r"--columns=inputs=voice,.*train=clean.*asked"):
        generate("tfds/own_speech", tmp_path, tmp_dir, columns="train=clean,validation=other")


def test_speech_is_resampled_and_its_text_in_lower_case(tmp_dir: Path) -> None:
    problem = registry.problem("tfds/own_speech", tmp_dir=tmp_dir)
    problem.columns = "train=clean,validation=other"
    example = next(iter(problem.generate("train")))
    samples = example["inputs"]()
    assert example["targets"] == "one two"
    assert samples.dtype == np.float32
    assert len(samples) == 160
    assert problem.metrics == ("wer",)


def test_a_rate_that_the_data_set_does_not_say_is_asked_for_where_data_is_made(
    tmp_dir: Path, tmp_path: Path
) -> None:
    assert registry.problem("tfds/own_voice", tmp_dir=tmp_dir).metrics == ("wer",)
    with pytest.raises(UserError, match=r"at which rate the sounds of 'voice'.*rate=48000"):
        generate("tfds/own_voice", tmp_path, tmp_dir)
    generate("tfds/own_voice", tmp_path, tmp_dir, columns="rate=8000")
    problem = registry.problem("tfds/own_voice", data_dir=tmp_path)
    assert problem.columns == "inputs=voice,targets=sentence,rate=8000"


def test_what_it_would_be_is_described_without_data() -> None:
    facts = describe("tfds/imdb_reviews")
    assert facts["modalities"]["inputs"].startswith("Language(")
    assert facts["splits"] == ["train", "validation", "test"]
    assert describe("tfds")["takes_argument"]


@pytest.mark.parametrize(
    ("name", "columns", "told"),
    [
        ("tfds/mnits", "", r"no data set named 'mnits'\. Did you mean 'mnist'.*mnits"),
        ("tfds/glue/sst3", "", r"no form 'sst3'\. Did you mean 'sst2'"),
        ("tfds", "", "needs the name of a data set"),
        ("tfds/own_speech", "", "no split called train.*one of clean, other.*--columns='train="),
        ("tfds/own_speech", "train=x", "no split 'x'"),
        ("tfds/own_labels", "text=a", "names what there is not.*inputs, targets, train"),
        ("tfds/own_labels", "inputs=idx", "'idx'.* cannot be its inputs.*sentence"),
        ("tfds/own_labels_rev", "", "Only a text-to-text problem can be reversed"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    name: str, columns: str, told: str, tmp_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=told):
        generate(name, tmp_path, tmp_dir, **({"columns": columns} if columns else {}))
        _ = registry.problem(name, data_dir=tmp_path).features


def test_raw_and_generated_data_do_not_lie_in_one_folder(tmp_dir: Path) -> None:
    with pytest.raises(UserError, match="--tmp_dir and --data_dir that are not the same"):
        generate("tfds/own_pairs", tmp_dir, tmp_dir)
