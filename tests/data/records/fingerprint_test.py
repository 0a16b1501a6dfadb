from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from t2t_mm import Audio, Categorical, FeatureKind, Image, Language, Problem, registry
from t2t_mm.data.records import fingerprint
from t2t_mm.data.records.fingerprint import (
    describe_data,
    explain_differences,
    is_judged_without_code,
)
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.features import Feature


class Written(Problem):
    modalities: ClassVar[dict[str, Feature]] = {"inputs": Language(), "targets": Language()}


def describe(**modalities: Feature) -> dict[str, Any]:
    cls = type("Written", (Problem,), {"modalities": modalities})
    return describe_data(cls(), {})


def test_differences_say_what_changed() -> None:
    stored = describe_data(Written(), {"inputs": ByteVocabulary()})
    assert explain_differences(stored, stored) == []
    changed = {
        **stored,
        "version": "2.0.0",
        "source": "x",
        "encoders": {"image": "y"},
        "vocabularies": {"bytes": "0" * 64},
    }
    assert explain_differences(stored, changed) == [
        "its version changed (1.0.0 -> 2.0.0)",
        "its vocabulary changed ({bytes: bytes} -> {bytes: 00000000})",
        "the source of its class, or of what that uses, changed",
        "the way in which its values are stored changed",
    ]


@pytest.mark.parametrize(
    ("before", "after", "is_stored_alike"),
    [
        (Image(64, 64), Image(64, 64, crop=True, flip=True), True),
        (Image(64, 64), Image(64, 32), False),
        (Image(64, 64), Image(64, 64, channels=1), False),
        (Audio(), Audio(representation="waveform", num_bands=40), True),
        (Audio(), Audio(sample_rate_hz=8000), False),
        (Language(), Language("bytes"), False),
        (Language(), Language(alternatives=True), False),
        (Categorical(num_classes=3), Categorical(num_classes=4), False),
        (Categorical(num_classes=3), Categorical(num_classes=3, share="digits"), True),
    ],
)
def test_features_count_as_they_affect_what_is_stored(
    before: Feature, after: Feature, is_stored_alike: bool
) -> None:
    differences = explain_differences(describe(inputs=before), describe(inputs=after))
    assert (differences == []) is is_stored_alike
    assert all(reason.startswith("its declared features changed") for reason in differences)


def test_the_encoders_of_pictures_and_sounds_count_where_there_are_some() -> None:
    assert set(describe(inputs=Image(), targets=Language())["encoders"]) == {"image"}
    assert set(describe(inputs=Audio(), targets=Language())["encoders"]) == {"audio"}
    assert describe(inputs=Language(), targets=Language())["encoders"] == {}


def describe_as_0_1_0(**modalities: Feature) -> dict[str, Any]:
    """The fingerprint that version 0.1.0 wrote: no number, features as Python shows them."""
    described = describe(**modalities)
    return {
        "problem": described["problem"],
        "version": described["version"],
        "features": {name: repr(spec) for name, spec in modalities.items()},
        "source": "0" * 64,
        "vocabularies": {},
    }


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        (Image(64, 64), Image(64, 64, flip=True), 0),
        (Image(64, 64), Image(32, 64), 1),
        (Audio(), Audio(num_bands=40), 0),
        (Categorical(vocabulary="kinds"), Categorical(vocabulary="kinds"), 0),
        (Categorical(vocabulary="kinds"), Categorical(vocabulary="others"), 1),
    ],
)
def test_data_of_0_1_0_is_judged_without_its_code(
    before: Feature, after: Feature, reasons: int
) -> None:
    stored = describe_as_0_1_0(inputs=before)
    assert is_judged_without_code(stored)
    assert len(explain_differences(stored, describe(inputs=after))) == reasons
    newer = {**describe(inputs=after), "version": "1.1.0"}
    assert "its version changed (1.0.0 -> 1.1.0)" in explain_differences(stored, newer)
    assert not is_judged_without_code(newer)


def test_the_code_of_a_class_is_read_once_and_only_where_it_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Fresh(Written):
        pass

    asked = []

    def hash_class(cls: type[Problem]) -> str:
        asked.append(cls)
        return "digest"

    monkeypatch.setattr(fingerprint, "hash_source", hash_class)
    assert "source" not in describe_data(Fresh(), {}, with_code=False)
    assert asked == []
    assert [describe_data(Fresh(), {})["source"] for _ in range(2)] == ["digest", "digest"]
    assert asked == [Fresh]


@dataclass(frozen=True)
class Ticks(Feature):
    """A kind of a user's own."""

    modality = "ticks"
    reading_fields = frozenset({"scale"})
    axes: int = 2
    scale: float = 1.0


@registry.register_feature_kind
class TicksKind(FeatureKind):
    spec_class = Ticks


def test_a_kind_of_a_users_own_counts_by_its_fields_and_its_code() -> None:
    described = describe(inputs=Ticks(), targets=Image())
    assert described["features"]["inputs"] == {"modality": "ticks", "axes": 2}
    assert set(described["encoders"]) == {"ticks", "image"}
    for changed, number in ((Ticks(scale=2.0), 0), (Ticks(axes=3), 1)):
        assert (
            len(explain_differences(described, describe(inputs=changed, targets=Image()))) == number
        )
