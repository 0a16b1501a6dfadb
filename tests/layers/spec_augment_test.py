"""What SpecAugment hides: runs, of bands and of real frames, in training only."""

from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.spec_augment import FREQUENCY_SHARE, TIME_SHARE, SpecAugment

SOUNDS, FRAMES, BANDS = 400, 50, 80


def count_runs(hidden: np.ndarray) -> int:
    return int(hidden[0]) + sum(not before and after for before, after in pairwise(hidden))


def hide(frequency_masks: int, time_masks: int, sizes: np.ndarray | None = None) -> np.ndarray:
    layer = SpecAugment(frequency_masks, time_masks, seed=1)
    x = np.ones((SOUNDS, FRAMES, BANDS, 1), "float32")
    return np.asarray(layer(x, sizes, training=True))[..., 0] == 0


@pytest.mark.parametrize("masks", [1, 2])
def test_bands_are_hidden_in_runs_evenly_from_none_to_the_widest(masks: int) -> None:
    hidden = hide(masks, 0)
    assert (hidden == hidden[:, :1]).all()  # in all frames
    bands = hidden[:, 0]
    widest = int(FREQUENCY_SHARE * BANDS)
    assert max(map(count_runs, bands)) == masks
    assert bands.sum(axis=1).max() <= masks * widest
    if masks == 1:
        assert set(bands.sum(axis=1)) == set(range(widest + 1))
        assert abs(bands.sum(axis=1).mean() - widest / 2) < 1.5


def test_frames_are_hidden_within_the_sound_and_by_its_length() -> None:
    sizes = np.full((SOUNDS, 1), 20, "int32")
    sizes[: SOUNDS // 2] = FRAMES
    hidden = hide(0, 1, sizes)
    assert (hidden == hidden[..., :1]).all()  # in all bands
    long, short = np.split(hidden[..., 0], 2)
    assert set(long.sum(axis=1)) == set(range(int(TIME_SHARE * FRAMES) + 1))
    assert set(short.sum(axis=1)) == set(range(int(TIME_SHARE * 20) + 1))
    assert max(map(count_runs, hidden[..., 0])) == 1
    assert not short[:, 20:].any() and short[:, 0].any() and short[:, 19].any()
    assert long[:, -1].any()


def test_without_sizes_all_frames_are_real() -> None:
    of_all = hide(1, 1, np.full((SOUNDS, 1), FRAMES, "int32"))
    np.testing.assert_array_equal(hide(1, 1), of_all)
    assert len(np.unique(of_all.reshape(SOUNDS, -1), axis=0)) > SOUNDS // 2  # each its own


def test_nothing_is_hidden_outside_of_training_or_without_masks() -> None:
    x = np.ones((2, 10, 5, 1), "float32")
    np.testing.assert_array_equal(SpecAugment(2, 2, seed=1)(x, training=False), x)
    layer = SpecAugment(0, 0)
    np.testing.assert_array_equal(layer(x, training=True), x)
    assert not layer.variables


def test_a_graph_of_any_length_and_precision_hides_the_same() -> None:
    layer, twin = (SpecAugment(2, 2, seed=3, dtype="mixed_bfloat16") for _ in range(2))
    run = tf.function(
        lambda x, sizes: layer(x, sizes, training=True),
        input_signature=[
            tf.TensorSpec([None, None, 6, 1], tf.float32),
            tf.TensorSpec([None, 1], tf.int32),
        ],
    )
    x, sizes = np.ones((3, 40, 6, 1), "float32"), np.array([[40], [7], [1]], "int32")
    found = run(x, sizes)
    assert found.dtype == tf.bfloat16
    np.testing.assert_array_equal(found, twin(x, sizes, training=True))
    np.testing.assert_array_equal(run.get_concrete_function().outputs[0].shape[2], 6)


def test_a_restored_state_hides_the_same_again() -> None:
    x = np.ones((4, 30, 8, 1), "float32")
    layer = SpecAugment(1, 1, seed=3)
    first = np.asarray(layer(x, training=True))
    state = np.asarray(layer.variables[0])
    second = np.asarray(layer(x, training=True))
    assert (first != second).any()
    layer.variables[0].assign(state)
    np.testing.assert_array_equal(second, layer(x, training=True))


def test_a_layer_is_made_again_from_its_config() -> None:
    layer = SpecAugment(2, 1, seed=5)
    assert SpecAugment.from_config(layer.get_config()).get_config() == layer.get_config()


def test_a_negative_number_of_masks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"from 0. Received: .*time_masks=-1"):
        SpecAugment(time_masks=-1)
