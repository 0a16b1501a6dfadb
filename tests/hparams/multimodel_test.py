"""The built-in sets of settings, and the overlays that lie beside them."""

import re
from pathlib import Path

import pytest

from t2t_mm import hparams as sets
from t2t_mm import registry
from t2t_mm.registry import load_hparams
from t2t_mm.settings.hparams_json import from_json, to_json


@pytest.mark.parametrize("name", sets.BUILTIN)
def test_every_set_survives_json_and_says_what_it_is_for(name: str) -> None:
    hparams = registry.hparams(name)
    assert from_json(to_json(hparams)) == hparams
    assert "For: " in (registry.HPARAMS.lookup(name).__doc__ or "")


@pytest.mark.parametrize(
    ("name", "width", "expert_width", "num_experts", "chosen"),
    [
        ("multimodel_base", 512, 2048, 30, 2),
        ("multimodel_small", 256, 256, 16, 4),
        ("multimodel_tiny", 128, 512, 10, 2),
        ("multimodel_paper", 1024, 1024, 240, 4),
    ],
)
def test_sizes_of_the_sets(
    name: str, width: int, expert_width: int, num_experts: int, chosen: int
) -> None:
    hparams = registry.hparams(name)
    model, experts = hparams.model, hparams.experts
    sizes = (model.width, experts.expert_width, experts.num_experts, experts.experts_per_token)
    assert sizes == (width, expert_width, num_experts, chosen)
    assert (model.encoder_blocks, model.mixer_blocks, model.decoder_blocks) == (6, 2, 4)


def test_the_paper_has_eight_blocks_of_sound_and_a_ninth_to_the_body():
    paper = registry.hparams("multimodel_paper").modality
    assert paper.audio_widths == (2, 4, 8, 16, 32, 64, 128, 256, 0)
    assert set(paper.audio_time_strides) == {2}
    assert set(paper.audio_frequency_strides) == {1}
    assert (paper.audio_stem_width, paper.audio_bands) == (0, "positions")
    assert paper.categorical_widths == (1536, 2048)


def test_the_demo_draws_all_eight_problems_with_rates_that_sum_to_one() -> None:
    data = registry.hparams("multimodel_demo").data
    assert set(data.rates) == set(registry.expand_problems("mini_8"))
    assert sum(data.rates.values()) == pytest.approx(1.0)
    assert set(data.batches) < set(data.rates)


OVERLAYS = sorted(Path(sets.__file__).parent.glob("*.gin"))


def test_there_are_overlays() -> None:
    assert "small_corpus" in [path.stem for path in OVERLAYS]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.stem)
def test_every_overlay_fits_the_set_that_it_names(overlay: Path) -> None:
    named = re.search(r"multimodel_(tiny|small|base)", overlay.read_text(encoding="utf-8"))
    assert named
    overlaid = load_hparams(named[0], gin_files=[overlay.name])
    assert overlaid != registry.hparams(named[0])


BLOCKS = ("encoder_blocks", "mixer_blocks", "decoder_blocks")


def test_half_depth_has_half_of_the_papers_blocks_and_its_own_rate_over_another_overlay() -> None:
    whole = registry.hparams("multimodel_tiny").model
    half = load_hparams("multimodel_tiny", gin_files=["small_corpus.gin", "half_depth.gin"])
    for name in BLOCKS:
        assert 2 * getattr(half.model, name) == getattr(whole, name)
    assert half.optimizer.learning_rate == 4e-3
    assert half.data.vocab_size == 2048


def test_third_depth_has_a_third_of_the_papers_blocks_at_the_rate_of_half_of_them() -> None:
    whole = registry.hparams("multimodel_tiny").model
    half, third = (
        load_hparams("multimodel_tiny", gin_files=[f"{name}_depth.gin"])
        for name in ("half", "third")
    )
    assert 3 * sum(getattr(third.model, name) for name in BLOCKS) == sum(
        getattr(whole, name) for name in BLOCKS
    )
    assert third.optimizer == half.optimizer
