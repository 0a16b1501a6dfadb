import numpy as np
import pytest

from t2t_mm import registry
from t2t_mm.features import Image
from t2t_mm.modalities.image import ImageModality
from t2t_mm.settings import ModalityHParams

D = 16


@pytest.fixture(scope="module")
def net():
    net = ImageModality(D)
    net.build()
    return net


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_sizes_on_the_way_through_a_picture_of_299(net):
    x, sizes = noise(1, 299, 299, 3), []
    for layer in net.stack:
        x = layer(x)
        sizes.append(tuple(x.shape[1:]))
    # No width above the body's: at D 1024 these are 32, 64, 128, 256, 1024.
    assert sizes == [(150, 150, 16), (150, 150, 16), (75, 75, 16), (38, 38, 16), (19, 19, 16)]


@pytest.mark.parametrize(
    ("size", "grid"), [((64, 64), (4, 4)), ((96, 64), (6, 4)), ((32, 33), (2, 3)), ((1, 1), (1, 1))]
)
def test_the_same_weights_take_any_size(net, size, grid):
    positions = net.bottom(noise(2, *size, 3))
    assert tuple(positions.x.shape) == (2, grid[0] * grid[1], D)
    assert (positions.grid.rows, positions.grid.columns) == grid
    assert np.asarray(positions.mask).all()


def test_a_picture_in_a_batch_of_larger_ones_is_what_it_is_alone(net):
    heights, widths = (33, 64, 16, 47), (64, 40, 31, 48)
    batch = np.full((4, 70, 80, 3), 3.0, "float32")
    for row, size in enumerate(zip(heights, widths, strict=True)):
        batch[row, : size[0], : size[1]] = noise(*size, 3, seed=row)
    together = net.bottom(batch, np.stack([heights, widths], axis=1))
    for row, (height, width) in enumerate(zip(heights, widths, strict=True)):
        alone = net.bottom(batch[row : row + 1, :height, :width])
        count = -(-height // 16) * -(-width // 16)
        assert alone.x.shape[1] == np.asarray(together.mask)[row].sum() == count
        np.testing.assert_allclose(together.x[row, :count], alone.x[0], atol=1e-4)
        assert not np.asarray(together.x)[row, count:].any()
        expected = [-(-height // 16), -(-width // 16)]
        assert np.asarray(together.grid.sizes)[row].tolist() == expected


def test_a_changed_pixel_moves_the_positions_around_it(net):
    x = noise(1, 128, 128, 3)
    other = x.copy()
    other[0, 8, 8] += 5
    moved = np.abs(np.asarray(net.bottom(x).x - net.bottom(other).x)).max(-1).reshape(8, 8)
    assert moved[0, 0] > 1e-3
    assert not moved[5:].any()
    assert not moved[:, 5:].any()


def test_a_picture_is_not_written():
    with pytest.raises(ValueError, match="can be read, not written"):
        ImageModality(D, writes=True)


def test_the_feature_and_the_settings_name_this_net():
    net_class = registry.modality(Image().modality)
    assert net_class is ImageModality
    nets = ModalityHParams(image_widths=(4, 8))
    net = net_class.from_feature(Image(channels=1), vocabulary_size=0, width=D, nets=nets)
    net.build()
    assert (net.channels, net.widths) == (1, (4, 8))
    assert tuple(net.bottom(noise(1, 28, 28, 1)).x.shape) == (1, 7 * 7, D)
