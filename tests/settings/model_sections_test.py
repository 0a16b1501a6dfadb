import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings import ExpertHParams, ModalityHParams, ModelHParams


@pytest.mark.parametrize(("width", "num_heads"), [(15, 3), (16, 3)])
def test_the_width_is_even_and_a_multiple_of_the_heads(width: int, num_heads: int) -> None:
    with pytest.raises(UserError, match=rf"model\.width must be even.*model\.width={width}"):
        ModelHParams(width=width, num_heads=num_heads)
    assert ModelHParams(width=18, num_heads=3).width == 18


def test_no_more_experts_are_chosen_than_there_are() -> None:
    assert ExpertHParams(num_experts=3, experts_per_token=3).experts_per_token == 3
    message = (
        r"experts\.experts_per_token is larger than experts\.num_experts. Received: "
        r"experts\.experts_per_token=4, experts\.num_experts=3"
    )
    with pytest.raises(UserError, match=message):
        ExpertHParams(num_experts=3, experts_per_token=4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_widths": (32, 0)}, r"modality.image_widths is out of range"),
        ({"image_widths": (32,)}, r"at least the two first steps"),
        ({"image_widths": (32, 6.5)}, r"modality.image_widths has the wrong type"),
        ({"audio_widths": (4, 8)}, r"need a width and two strides each"),
        ({"audio_time_strides": (2, 0, 1)}, r"modality.audio_time_strides is out of range"),
        ({"audio_bands": "both"}, r"modality.audio_bands has the wrong type"),
        ({"categorical_widths": (8,)}, r"needs two widths"),
    ],
)
def test_what_no_net_can_be_built_from_is_refused(changes, message):
    with pytest.raises(UserError, match=message):
        ModalityHParams(**changes)


@pytest.mark.parametrize(
    "changes", [{"balancing": "bias"}, {"balancing": "none"}, {"gate": "problem"}], ids=str
)
def test_a_gate_that_nothing_teaches_is_refused(changes):
    with pytest.raises(UserError, match=r"learns from a balance loss only.*experts.gate="):
        ExpertHParams(experts_per_token=1, **changes)
    ExpertHParams(experts_per_token=2, **changes)
    ExpertHParams(experts_per_token=1, num_experts=1, **changes)
    ExpertHParams(experts_per_token=1, balancing="switch")


def test_a_balance_loss_without_weight_is_none():
    with pytest.raises(UserError, match=r"balance loss only.*balance_loss_weight=0"):
        ExpertHParams(experts_per_token=1, balance_loss_weight=0.0).check_gate_is_taught()
    ExpertHParams(experts_per_token=2, balance_loss_weight=0.0).check_gate_is_taught()
    ExpertHParams(experts_per_token=1).check_gate_is_taught()


@pytest.mark.parametrize(
    "changes",
    [
        {"gate": "problem"},
        *({"expert_dispatch": name} for name in ("blocked", "capacity", "tiered")),
    ],
    ids=str,
)
def test_slices_need_a_gate_of_positions_and_a_dispatch_by_slices(changes):
    ExpertHParams(**changes)
    with pytest.raises(UserError, match=r"Expected: experts\.gate=position and experts\.expert"):
        ExpertHParams(mesh_shape="experts:2", **changes)


def test_the_places_of_the_mixtures_are_two_or_none() -> None:
    assert ExpertHParams().moe_after == ()
    assert ExpertHParams(moe_after=(2, 2)).moe_after == (2, 2)
    with pytest.raises(UserError, match=r"for the decoder\. Received: experts\.moe_after=\(2,\)"):
        ExpertHParams(moe_after=(2,))
