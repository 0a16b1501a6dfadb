import keras
import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.modalities.grid import Grid
from t2t_mm.settings import ModalityHParams


class Totals(Modality):
    """Predicts one number for a whole picture: it asks only for what the base class asks for."""

    def build(self, input_shape=None):
        self.scale = self.add_weight((), "ones", name="scale")

    def top(self, x, mask=None, grid=None):
        return self.scale * keras.ops.sum(x, axis=(1, 2)) / grid.rows

    def loss(self, logits, targets, label_smoothing=0.0):
        return keras.ops.sum(keras.ops.abs(logits - targets)), len(targets)


def build(**sides):
    net = Totals(4, **sides)
    net.build()
    return net


def test_the_training_loss_is_the_loss_of_the_top_unless_a_net_has_its_own():
    positions = Positions(np.ones((1, 6, 4), "float32"), None, Grid(2, 3))
    total, count = build().training_loss(positions, np.array([10.0]))
    assert (float(total), count) == (2.0, 1)  # 24 ones over 2 rows are 12


@pytest.mark.parametrize("reads", [True, False])
def test_all_variables_of_a_net_are_of_its_one_side(reads):
    net = build(reads=reads, writes=not reads)
    assert len(net.list_input_variables()) == reads
    assert len(net.list_target_variables(has_grid=False)) == (not reads)


def test_a_net_of_two_sides_has_to_say_which_variables_are_whose():
    for ask in (Modality.list_input_variables, lambda net: net.list_target_variables(True)):
        with pytest.raises(UserError, match=r"has two sides.*Received: net='Totals'"):
            ask(build())


def test_a_net_must_have_a_side():
    with pytest.raises(ValueError, match=r"must read or write\. Received: reads=False, writes=F"):
        Totals(4, reads=False, writes=False)


def test_the_configuration_has_the_width_and_the_sides():
    config = build(writes=False).get_config()
    assert (config["width"], config["reads"], config["writes"]) == (4, True, False)
    assert Totals.from_config(config).get_config() == config


@pytest.mark.parametrize(
    "ask",
    [
        lambda net: net.bottom(None),
        lambda net: net.targets_bottom(None),
        lambda net: Modality.top(net, None),
        lambda net: Modality.loss(net, None, None),
    ],
)
def test_what_a_net_does_not_have_it_says(ask):
    with pytest.raises(NotImplementedError):
        ask(build())


def test_by_default_only_the_bodys_width_shapes_a_net():
    nets = ModalityHParams()
    net = Modality.from_feature(
        None, vocabulary_size=7, nets=nets, width=4, writes=False, name="own"
    )
    assert (net.width, net.writes, net.name) == (4, False, "own")
