import dataclasses
from collections.abc import Callable

import pytest

from t2t_mm.errors import UserError
from t2t_mm.features import Audio, BatchSpec, Categorical, Feature, Image, Language


@pytest.mark.parametrize(
    ("feature", "modality", "share_key"),
    [
        (Language(), "language", "language:shared"),
        (Language("bytes"), "language", "language:bytes"),
        (Image(height=32, width=32), "image", "image"),
        (Image(channels=1, flip=True), "image", "image:1"),
        (Audio(), "audio", "audio:16000:80"),
        (Audio(num_bands=40), "audio", "audio:16000:40"),
        (Audio(sample_rate_hz=8000), "audio", "audio:8000:80"),
        (Audio(representation="waveform"), "audio", "audio:16000:waveform"),
        (Categorical(num_classes=10), "categorical", ""),
        (Categorical(vocabulary="pets"), "categorical", ""),
        (Categorical(vocabulary="pets", share="animals"), "categorical", "categorical:animals"),
    ],
)
def test_modality_and_share_key(feature: Feature, modality: str, share_key: str) -> None:
    assert (feature.modality, feature.share_key) == (modality, share_key)


@pytest.mark.parametrize(
    ("feature", "idle"),
    [
        (Image(crop=True), "crop"),
        (Image(32, 32, crop=True), ""),
        (Image(flip=True), ""),
        (Audio(representation="waveform", num_bands=40), "num_bands"),
        (Audio(representation="waveform"), ""),
        (Audio(num_bands=40), ""),
        (Language(), ""),
    ],
)
def test_a_field_that_counts_for_nothing_is_known(feature: Feature, idle: str) -> None:
    assert feature.idle_field == idle


def test_alternatives_share_the_net_of_single_texts() -> None:
    assert Language("a", alternatives=True).share_key == Language("a").share_key


def test_text_of_another_vocabulary_shares_nothing() -> None:
    assert Language("a").share_key != Language("b").share_key


def test_equal_declarations_are_equal_and_frozen() -> None:
    assert Language() == Language("shared")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Language().vocabulary = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Language(""), "vocabulary=''"),
        (lambda: Language("../up"), "vocabulary='../up'"),
        (lambda: Image(height=-1), "height=-1"),
        (lambda: Image(channels=2), "channels=2"),
        (lambda: Image(height=8), "height=8, width=0"),
        (lambda: Audio(sample_rate_hz=0), "sample_rate_hz=0"),
        (lambda: Audio(num_bands=0), "num_bands=0"),
        (lambda: Audio(representation="mel"), "representation='mel'"),  # type: ignore[arg-type]
        (lambda: Categorical(), "num_classes=0, vocabulary=''"),
        (lambda: Categorical(num_classes=3, vocabulary="x"), "num_classes=3, vocabulary='x'"),
        (lambda: Categorical(num_classes=1), "num_classes=1"),
        (lambda: Categorical(vocabulary="a/b"), "vocabulary='a/b'"),
        (lambda: Categorical(num_classes=3, share="a.b"), "share='a.b'"),
        (lambda: Categorical(num_classes=3, share=4), "share=4"),  # type: ignore[arg-type]
        (lambda: BatchSpec(tokens=-5), "tokens=-5"),
        (lambda: BatchSpec(tokens=2.5), "tokens=2.5"),  # type: ignore[arg-type]
        (lambda: BatchSpec(examples=True), "examples=True"),
    ],
)
def test_a_bad_declaration_names_what_was_received(make: Callable[[], object], name: str) -> None:
    with pytest.raises(UserError, match=f"Received: {name.replace('.', '[.]')}"):
        make()


@pytest.mark.parametrize(("tokens", "examples"), [(0, 0), (1, 1)])
def test_a_batch_is_in_exactly_one_unit(tokens: int, examples: int) -> None:
    with pytest.raises(UserError, match="exactly one of tokens and examples"):
        BatchSpec(tokens=tokens, examples=examples)


def test_a_batch_in_either_unit() -> None:
    assert BatchSpec(tokens=7).tokens == 7
    assert BatchSpec(examples=7).examples == 7
