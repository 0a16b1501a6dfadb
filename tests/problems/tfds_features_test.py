"""Which features of a TFDS data set become inputs and targets."""

from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Image, Language
from t2t_mm.problems.tfds_features import Field, choose_fields, find_fields, find_rates

TEXT = tfds.features.Text()
CLASS = tfds.features.ClassLabel(num_classes=3)
SOUND = tfds.features.Audio(sample_rate=16_000)
PICTURE = tfds.features.Image()


def choose(features: dict[str, Any], supervised: Any = None, **given: str) -> tuple[str, str]:
    fields = find_fields(tfds.features.FeaturesDict(features), "x")
    chosen = choose_fields("tfds/x", fields, supervised, given)
    return chosen["inputs"].path, chosen["targets"].path


@pytest.mark.parametrize(
    ("features", "supervised", "expected"),
    [
        ({"label": CLASS, "image": PICTURE, "image/filename": TEXT}, None, ("image", "label")),
        ({"title": TEXT, "description": TEXT, "label": CLASS}, ("description", "label"), None),
        ({"text": TEXT, "speech": SOUND}, ("text", "speech"), ("speech", "text")),
        ({"gender": CLASS, "sentence": TEXT, "voice": SOUND}, None, ("voice", "sentence")),
        ({"audio": SOUND, "speaker_id": TEXT, "label": CLASS}, None, ("audio", "label")),
        ({"question": TEXT, "answer": TEXT, "id": TEXT}, None, ("question", "answer")),
        ({"review": TEXT, "stars": CLASS, "x": np.float32}, None, ("review", "stars")),
        ({"image": PICTURE, "of": {"label": CLASS}}, None, ("image", "of/label")),
    ],
)
def test_the_usual_pairs(features: Any, supervised: Any, expected: Any) -> None:
    assert choose(features, supervised) == (expected or supervised)


def test_captions_are_alternatives() -> None:
    captions = tfds.features.Sequence({"id": np.int64, "text": TEXT})
    features = {"captions": captions, "image": PICTURE, "image/id": np.int64}
    assert choose(features) == ("image", "captions/text")
    field = find_fields(tfds.features.FeaturesDict(features), "x")["captions/text"]
    assert field.spec == Language(alternatives=True)
    texts = field.take({"captions": {"text": [b"a  dog", b" "]}})
    assert field.convert(texts) == ["a dog"]


def test_what_is_given_comes_first_and_the_other_side_is_found() -> None:
    features = {"title": TEXT, "description": TEXT, "label": CLASS}
    pair = ("description", "label")
    assert choose(features, pair, inputs="title") == ("title", "label")
    assert choose(features, pair, targets="title") == ("description", "title")


def test_what_is_not_clear_is_asked_for() -> None:
    features = {"premise": TEXT, "hypothesis": TEXT, "label": CLASS}
    with pytest.raises(UserError, match=r"one of premise, hypothesis, other as inputs.*--columns="):
        choose({**features, "other": TEXT})
    with pytest.raises(UserError, match=r"'x'.* cannot be its targets.*premise, hypothesis, label"):
        choose(features, targets="x")


def test_a_sound_without_a_rate_asks_for_one() -> None:
    text = Field("text", ("text",), Language())
    fields = {"inputs": Field("voice", ("voice",), Audio()), "targets": text}
    for told, message in (("", "does not say.*'voice'"), ("fast", "no sample rate"), ("0", "no ")):
        with pytest.raises(UserError, match=f"{message}.*columns='rate=48000'"):
            find_rates(fields, told)
    found = find_rates(fields, "8000")
    assert len(found["inputs"].convert(np.zeros(80, np.int64))) == 160
    assert found["targets"] is text and find_rates(found, "") == found
    with pytest.raises(UserError, match="Only sounds have a sample rate"):
        find_rates({"inputs": text, "targets": text}, "8000")


def test_pictures_keep_a_small_size_and_sounds_become_one_channel() -> None:
    small = tfds.features.Image(shape=(32, 32, 3))
    features = {
        "small": small,
        "large": PICTURE,
        "deep": tfds.features.Image(shape=(None, None, 1), dtype=np.float32),
    }
    stereo = tfds.features.Audio(shape=(None, 2), sample_rate=16_000)
    fields = find_fields(tfds.features.FeaturesDict({**features, "stereo": stereo}), "x")
    assert (fields["small"].spec, fields["large"].spec) == (Image(32, 32), Image(64, 64))
    assert "deep" not in fields
    assert fields["stereo"].convert(np.array([[1, 3], [5, 5]], np.int64)).tolist() == [2, 5]
    loud = fields["stereo"].convert(np.array([[65536, 65536]], np.int64))
    assert loud.tolist() == [2.0], "the check of sounds then refuses it"
