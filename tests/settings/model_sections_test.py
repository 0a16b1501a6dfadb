import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.settings import ExpertHParams, HParams, ModalityHParams
from t2t_mm.settings.hparams_json import from_json, to_json


def test_lists_of_numbers_are_read_from_text_and_from_json():
    overrides = "modality.image_widths=[8,16,32],modality.audio_bands=positions"
    hparams = load_hparams("multimodel_tiny", overrides=overrides)
    assert hparams.modality.image_widths == (8, 16, 32)
    assert hparams.modality.audio_bands == "positions"
    assert from_json(to_json(hparams)) == hparams
    assert from_json('{"model": {"width": 64}}').modality == HParams().modality


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


def test_the_paper_has_eight_blocks_of_sound_and_a_ninth_to_the_body():
    paper = registry.hparams("multimodel_paper").modality
    assert paper.audio_widths == (2, 4, 8, 16, 32, 64, 128, 256, 0)
    assert set(paper.audio_time_strides) == {2}
    assert set(paper.audio_frequency_strides) == {1}
    assert (paper.audio_stem_width, paper.audio_bands) == (0, "positions")
    assert paper.categorical_widths == (1536, 2048)


@pytest.mark.parametrize(
    "changes", [{"balancing": "bias"}, {"balancing": "none"}, {"gate": "problem"}], ids=str
)
def test_a_gate_that_nothing_teaches_is_refused(changes):
    with pytest.raises(UserError, match=r"learns from a balance loss only.*experts.gate="):
        ExpertHParams(experts_per_token=1, **changes)
    ExpertHParams(experts_per_token=2, **changes)
    ExpertHParams(experts_per_token=1, num_experts=1, **changes)
    ExpertHParams(experts_per_token=1, balancing="switch")
