"""What a kind of a user's own is without overriding anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from served_values import read_in_graph

from t2t_mm import Feature, FeatureKind, Language, Modality, Problem, UserError, registry
from t2t_mm.settings import DataHParams


@dataclass(frozen=True)
class Track(Feature):
    modality = "track"
    channels: int = 3


class TrackKind(FeatureKind):
    """Rows of numbers, as many columns as are declared."""

    spec_class = Track

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (None, self.spec.channels)


class Matrices(FeatureKind):
    spec_class = Track
    dtype = "int16"
    shape = (4, None, None, 2)


class Number(FeatureKind):
    spec_class = Track
    shape = ()


KIND = TrackKind(Track())
ARRAY = np.arange(12.0).reshape(4, 3)


def test_an_array_is_as_long_as_its_first_axis() -> None:
    stored = KIND.check(ARRAY)
    assert KIND.measure(stored, ()) == int(KIND.count_positions(tf.constant(stored))) == 4
    assert Number(Track()).measure(Number(Track()).check(np.array(1.0)), ()) == 1
    assert int(Number(Track()).count_positions(tf.constant(b"    "))) == 1


def test_axes_of_any_length_are_measured_in_a_batch_up_to_the_last_of_them() -> None:
    kinds = (KIND, Matrices(Track()), Number(Track()))
    assert [kind.size_axes for kind in kinds] == [1, 3, 0]


def test_only_the_first_axis_of_any_length_is_bounded_by_positions() -> None:
    shapes = [kind.find_batch_shape(5) for kind in (KIND, Matrices(Track()), Number(Track()))]
    assert shapes == [(5, 3), (4, None, None, 2), ()]
    assert (KIND.count_read_positions((5, 3)), Number(Track()).count_read_positions(())) == (5, 1)


def test_a_net_reads_what_was_stored_and_a_person_sees_its_type() -> None:
    stored = KIND.check(ARRAY)
    prepared = KIND.prepare_input(ARRAY)
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, ARRAY)
    np.testing.assert_array_equal(KIND.load(stored), ARRAY)
    assert KIND.choose(stored, None) == stored and not bool(KIND.is_tall(stored))
    assert KIND.describe(stored, "") == {"array": "float32[4, 3]"}
    assert KIND.show(stored) is None


def test_a_file_of_numpy_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ARRAY)
    np.testing.assert_array_equal(KIND.read_file(tmp_path / "a.npy"), ARRAY)
    for name, content in (("b.npy", b"no array"), ("c.npy", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="holds no array"):
            KIND.read_file(tmp_path / name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"(4, 3), }", b"(4, 3 , }"),
        (b"(4, 3), }             ", b"(8000000000000000,), }"),  # more than any memory has
        (b"\x93NUMPY", b"PK\x03\x04  "),  # as an .npz file begins
    ],
    ids=["open bracket", "huge", "archive"],
)
def test_a_damaged_file_is_told_whatever_numpy_makes_of_it(
    old: bytes, new: bytes, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", ARRAY)
    whole = (tmp_path / "a.npy").read_bytes()
    assert old in whole and len(old) == len(new)
    (tmp_path / "a.npy").write_bytes(whole.replace(old, new))
    with pytest.raises(UserError, match="holds no array"):
        KIND.read_file(tmp_path / "a.npy")


def test_by_default_no_value_is_too_long() -> None:
    assert KIND.choose_limit(DataHParams()) is None and KIND.most_positions is None


@pytest.mark.parametrize(("length", "positions"), [(1, 1), (8, 2), (9, 3)])
def test_the_net_says_what_a_position_stands_for(
    length: int, positions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strided(Modality):
        units_per_position = 4

    monkeypatch.setattr(registry.MODALITIES, "_entries", dict(registry.MODALITIES._entries))
    assert KIND.units_per_position == 1
    registry.register_modality("track")(Strided)
    stored = KIND.check(np.ones((length, 3)))
    assert KIND.measure(stored, ()) == int(KIND.count_positions(tf.constant(stored))) == positions
    assert KIND.find_batch_shape(positions) == (4 * positions, 3)
    assert KIND.count_read_positions((length, 3)) == positions


def test_it_has_no_text_no_vocabulary_and_no_classes() -> None:
    assert not KIND.has_text and not KIND.has_ids
    assert (KIND.vocabulary_name, KIND.text_vocabulary, KIND.class_list) == ("", "", "")
    assert KIND.make_labels(Problem(), "inputs") is None
    assert KIND.list_texts("a\nb") == ["a\nb"]
    with pytest.raises(AssertionError, match="TrackKind has no ids"):
        KIND.encode(b"")


def test_only_text_may_change_places() -> None:
    assert Language.is_text and not Track.is_text


def test_in_a_graph_an_array_without_its_padding_is_read_as_elsewhere() -> None:
    padded = np.pad(ARRAY, ((0, 2), (0, 0)))
    read = read_in_graph(KIND, {"inputs": padded, "inputs_size": [4]})
    np.testing.assert_array_equal(read, KIND.prepare_input(ARRAY))
    for size, message in ((0, "An array is empty"), (7, "size")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            read_in_graph(KIND, {"inputs": padded, "inputs_size": [size]})
    assert read_in_graph(Number(Track()), {"inputs": 2.5}) == 2.5


class Squares(TrackKind):
    """Stores something else than what it is given."""

    def check(self, value: np.ndarray) -> bytes:
        return super().check(value**2)


class ServedSquares(Squares):
    def store_tensors(self, given: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return super().store_tensors({**given, "inputs": given["inputs"] ** 2})


def test_a_kind_that_stores_in_a_way_of_its_own_has_to_say_how_a_graph_does() -> None:
    given = {"inputs": ARRAY, "inputs_size": [4]}
    with pytest.raises(UserError, match=r"Squares does not say how .* Override served_specs"):
        read_in_graph(Squares(Track()), given)
    expected = Squares(Track()).prepare_input(ARRAY)
    np.testing.assert_array_equal(read_in_graph(ServedSquares(Track()), given), expected)
