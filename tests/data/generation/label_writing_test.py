from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from t2t_mm import Categorical, Language, Problem, UserError, registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.label_writing import write_labels
from t2t_mm.data.records.stored import open_data
from t2t_mm.data.vocabulary.labels import load_labels, locate_labels


@registry.register_problem("labelled_for_tests")
class Labelled(Problem):
    """A word and its class."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Categorical(vocabulary="kinds")}
    splits = ("train",)
    names: ClassVar[Sequence[str]] = ("noun", "verb")

    def class_names(self, feature: str) -> Sequence[str]:
        assert feature == "targets"
        return self.names

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        yield {"inputs": "go", "targets": "verb"}
        yield {"inputs": "tree", "targets": 0}


OF_SHARED_TEXT = {"inputs": Language("shared"), "targets": Categorical(vocabulary="kinds")}


@registry.register_problem("also_labelled_for_tests")
class AlsoLabelled(Labelled):
    """The same again."""


class OtherNames(Labelled):
    names = ("noun", "adverb", "verb")


class TextOfTheSameName(Labelled):
    modalities: ClassVar = {"inputs": Language("kinds"), "targets": Language("bytes")}


class Reserved(Labelled):
    modalities: ClassVar = {"inputs": Language("classes_3"), "targets": Language("bytes")}


def test_the_names_are_written_once_and_belong_to_the_data(tmp_path: Path) -> None:
    generate_data(
        "labelled_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
    )
    assert load_labels(tmp_path, "kinds").names == ("noun", "verb")
    info = open_data(registry.problem("labelled_for_tests"), tmp_path)
    assert info.vocabularies["targets"].decode([1]) == "verb"
    assert info.lengths == {"train": {"inputs": {3: 1, 5: 1}, "targets": {1: 2}}}
    assert set(info.metadata.fingerprint["vocabularies"]) == {"bytes", "kinds"}


def test_other_names_than_the_file_has_are_refused_until_overwritten(tmp_path: Path) -> None:
    write_labels([Labelled()], tmp_path, GenerationOptions(overwrite_vocab=False))
    with pytest.raises(UserError) as error:
        write_labels([OtherNames()], tmp_path, GenerationOptions(overwrite_vocab=False))
    assert "other_names gives vocabulary 'kinds' other class names" in str(error.value)
    assert "Expected: 2 names, at index 1 'verb'" in str(error.value)
    assert "num_classes=3, name='adverb'" in str(error.value)
    assert "--overwrite, which generates the data again" in str(error.value)
    write_labels([OtherNames()], tmp_path, GenerationOptions(overwrite_vocab=True))
    assert load_labels(tmp_path, "kinds").names == OtherNames.names


def test_a_damaged_list_is_written_anew_with_all_data_that_uses_it(tmp_path: Path) -> None:
    options = GenerationOptions(progress=False)
    generate_data("labelled_for_tests", data_dir=tmp_path, options=options)
    path = locate_labels(tmp_path, "kinds")
    path.write_text(path.read_text().replace("noun", "nonn"))
    with pytest.raises(UserError, match=r"damaged or exchanged.*t2t-datagen --overwrite of all"):
        generate_data("also_labelled_for_tests", data_dir=tmp_path, options=options)
    again = replace(options, overwrite=True)
    with pytest.raises(UserError, match="damaged or exchanged"):
        generate_data("also_labelled_for_tests", data_dir=tmp_path, options=again)
    generate_data("labelled_for_tests", data_dir=tmp_path, options=again)
    assert load_labels(tmp_path, "kinds").names == ("noun", "verb")
    assert open_data(registry.problem("labelled_for_tests"), tmp_path)


@pytest.mark.parametrize("overwrite", [False, True])
def test_two_problems_must_agree(tmp_path: Path, overwrite: bool) -> None:
    with pytest.raises(UserError, match="other_names gives vocabulary 'kinds' other class names"):
        write_labels(
            [Labelled(), OtherNames()], tmp_path, GenerationOptions(overwrite_vocab=overwrite)
        )


def test_overwriting_the_names_makes_data_of_others_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_data(
        "labelled_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
    )
    write_labels([OtherNames()], tmp_path, GenerationOptions(overwrite_vocab=True))
    with pytest.raises(UserError, match="is stale: its vocabulary changed"):
        open_data(registry.problem("labelled_for_tests"), tmp_path)


def test_new_names_of_one_problem_come_with_its_new_data_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text vocabulary stays as it is: other data may use that."""
    names = "labelled_for_tests,mini_ende"
    options = GenerationOptions(vocab_size=400, max_cases=20, progress=False)
    monkeypatch.setattr(Labelled, "modalities", OF_SHARED_TEXT)
    generate_data(names, data_dir=tmp_path, options=options)
    model = (tmp_path / "vocab/shared.model").read_bytes()
    monkeypatch.setattr(Labelled, "names", ("noun", "verb", "adverb"))
    options = replace(options, overwrite=True, vocab_size=390)
    generate_data("labelled_for_tests", data_dir=tmp_path, options=options)
    assert load_labels(tmp_path, "kinds").names == ("noun", "verb", "adverb")
    assert (tmp_path / "vocab/shared.model").read_bytes() == model
    assert open_data(registry.problem("labelled_for_tests"), tmp_path).vocabularies["targets"]
    assert open_data(registry.problem("mini_ende"), tmp_path)


def test_names_that_other_data_uses_are_not_changed_with_one_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = "labelled_for_tests,also_labelled_for_tests"
    options = GenerationOptions(vocab_size=400, max_cases=20, progress=False)
    monkeypatch.setattr(Labelled, "modalities", OF_SHARED_TEXT)
    generate_data(names, data_dir=tmp_path, options=options)
    monkeypatch.setattr(Labelled, "names", ("noun", "verb", "adverb"))
    again = replace(options, overwrite=True)
    with pytest.raises(UserError) as error:
        generate_data("labelled_for_tests", data_dir=tmp_path, options=again)
    assert "labelled_for_tests gives vocabulary 'kinds' other class names" in str(error.value)
    assert "--overwrite_vocab, which trains shared again, too: the data of " in str(error.value)
    assert "also_labelled_for_tests is then stale" in str(error.value)
    assert load_labels(tmp_path, "kinds").names == ("noun", "verb")
    generate_data(names, data_dir=tmp_path, options=again)
    assert load_labels(tmp_path, "kinds").names == ("noun", "verb", "adverb")


def test_a_finished_problem_is_not_asked_for_its_names_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_data(
        "labelled_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
    )

    def refuse(self: Labelled, feature: str) -> Sequence[str]:
        raise UserError("The raw data went")

    monkeypatch.setattr(Labelled, "class_names", refuse)
    base = registry.problem("labelled_for_tests")
    write_labels([base], tmp_path, GenerationOptions(overwrite_vocab=False))
    locate_labels(tmp_path, "kinds").unlink()
    with pytest.raises(UserError, match="The raw data went"):
        write_labels([base], tmp_path, GenerationOptions(overwrite_vocab=False))


@pytest.mark.parametrize("bases", [[Labelled(), TextOfTheSameName()], [Reserved()]])
def test_text_and_classes_do_not_share_a_name(tmp_path: Path, bases: list[Problem]) -> None:
    with pytest.raises(UserError, match="is one of text and of class names at once"):
        write_labels(bases, tmp_path, GenerationOptions(overwrite_vocab=False))


def test_a_trained_vocabulary_keeps_its_name(tmp_path: Path) -> None:
    model = tmp_path / "vocab/kinds.model"
    model.parent.mkdir()
    model.touch()
    with pytest.raises(UserError, match="'kinds' of problem labelled is one of text and"):
        write_labels([Labelled()], tmp_path, GenerationOptions(overwrite_vocab=False))
