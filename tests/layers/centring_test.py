import keras
import numpy as np
import pytest

from t2t_mm.layers.centring import centre_inputs, draw_level_kernels
from t2t_mm.layers.convolution2d import ConvRes
from t2t_mm.modalities.image import ImageModality


def test_kernels_over_places_sum_to_one_and_differ():
    kernels = np.asarray(draw_level_kernels((9, 5), "float32"))
    np.testing.assert_allclose(kernels.sum(0), np.ones(5), atol=1e-5)
    assert kernels.std() > 0.1


@pytest.mark.parametrize(("channels", "centred"), [(32, True), (2, False), (1, False)])
def test_a_mixing_of_many_channels_sums_to_zero(channels, centred):
    values = np.random.default_rng(0).normal(size=(channels, 4)).astype("float32")
    kernel = keras.Variable(values)
    centre_inputs(kernel)
    if centred:
        np.testing.assert_allclose(np.asarray(kernel).sum(0), np.zeros(4), atol=1e-5)
        assert np.abs(np.asarray(kernel) - values).max() < 1
    else:
        np.testing.assert_array_equal(kernel, values)


def test_what_all_channels_have_in_common_does_not_pass_a_new_block():
    block, rng = ConvRes(16), np.random.default_rng(0)
    x = np.abs(rng.normal(size=(1, 9, 9, 16))).astype("float32")
    inside = np.s_[:, 2:3, 2:3]  # where no margin is seen
    difference = np.asarray(block(x) - block(x + 3.0))[inside]
    assert np.abs(difference).max() < 1e-3


def test_the_output_of_a_new_picture_net_depends_on_the_picture():
    net = ImageModality(64)
    net.build()
    out = np.asarray(net.bottom(np.random.default_rng(0).normal(size=(16, 48, 48, 3))).x)
    assert out.var(0).mean() / (out**2).mean() > 0.1
