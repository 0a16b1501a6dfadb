from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from t2t_mm import Audio, Categorical, Feature, FeatureKind, Image, Language, UserError, registry
from t2t_mm.data.kinds.kind_table import (
    choose_kind,
    choose_kinds,
    feature_from_json,
    feature_to_json,
    list_kinds,
    name_vocabulary,
)
from t2t_mm.data.kinds.text_kind import TextKind
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary


@dataclass(frozen=True)
class Wind(Feature):
    modality = "wind"
    stations: int = 4


class WindKind(FeatureKind):
    spec_class = Wind


@pytest.fixture
def nobody_knows_wind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gives the table back as it was."""
    monkeypatch.setattr(registry.KINDS, "_entries", dict(registry.KINDS._entries))
    yield


OWN = [
    Language("a", alternatives=True),
    Image(8, 9, flip=True),
    Audio(num_bands=40),
    Categorical(vocabulary="pets"),
]


@pytest.mark.parametrize("feature", OWN)
def test_a_feature_has_its_kind_and_survives_a_record(feature: Feature) -> None:
    kind = choose_kind(feature)
    assert kind.spec is feature and type(kind) is list_kinds()[feature.modality]
    assert feature_from_json(feature_to_json(feature)) == feature


def test_kinds_know_their_vocabularies() -> None:
    vocabulary = ByteVocabulary()
    kinds = choose_kinds({"a": Language(), "b": Image()}, {"a": vocabulary})
    assert type(kinds["a"]) is TextKind and kinds["a"].vocabulary is vocabulary
    assert kinds["b"].vocabulary is None


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        (Language("a"), "a"),
        (Language("a", alternatives=True), "a"),
        (Categorical(vocabulary="pets"), "pets"),
        (Categorical(num_classes=10), "classes_10"),
        (Image(), ""),
        (Audio(), ""),
    ],
)
def test_features_know_the_name_of_their_vocabulary(feature: Feature, name: str) -> None:
    assert name_vocabulary(feature) == name


@pytest.mark.usefixtures("nobody_knows_wind")
def test_a_kind_of_ones_own_is_registered() -> None:
    with pytest.raises(
        UserError, match=r"Language.*, or a kind of your own.*Received: feature=Wind"
    ):
        choose_kind(Wind())
    registry.register_feature_kind(WindKind)
    assert type(choose_kind(Wind())) is WindKind
    assert feature_from_json(feature_to_json(Wind(7))) == Wind(7)


@pytest.mark.usefixtures("nobody_knows_wind")
def test_a_kind_has_the_name_of_its_modality() -> None:
    registry.register_feature_kind("weather")(WindKind)
    with pytest.raises(UserError, match=r"Expected: 'wind'. Received: name='weather'"):
        choose_kind(Wind())


def test_a_record_of_an_unknown_kind_says_how_to_bring_ones_own() -> None:
    with pytest.raises(UserError, match=r"no kind of features named 'smoke'.*--t2t_usr_dir"):
        feature_from_json({"modality": "smoke"})


def test_a_cell_that_is_run_again_leaves_what_was_declared_before(nobody_knows_wind: None) -> None:
    registry.register_feature_kind("wind")(WindKind)
    again = dataclass(frozen=True)(
        type("Wind", (Feature,), {"modality": "wind", "__module__": __name__})
    )
    assert type(choose_kind(again())) is WindKind
    other = dataclass(frozen=True)(
        type("Breeze", (Feature,), {"modality": "wind", "__module__": __name__})
    )
    with pytest.raises(UserError, match="of no kind that can be stored"):
        choose_kind(other())
