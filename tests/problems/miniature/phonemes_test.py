"""The table of sounds: what holds for every row of a kind."""

import pytest

from t2t_mm.problems.miniature.phonemes import AFFRICATES, PHONEMES


@pytest.mark.parametrize("symbol", PHONEMES)
def test_formants_rise_and_durations_are_those_of_speech(symbol: str) -> None:
    phoneme = PHONEMES[symbol]
    for first, second, third in (phoneme.formants, phoneme.glide_to or phoneme.formants):
        assert 200 <= first < second < third <= 3100
    assert 0.03 <= phoneme.seconds <= 0.25
    assert 0.0 <= phoneme.yielding <= 1.0


def test_vowels_differ_audibly() -> None:
    """No two vowels have their first two formants within five per cent of each other."""
    vowels = [
        (p.formants, p.glide_to or p.formants) for p in PHONEMES.values() if p.kind == "vowel"
    ]
    for index, one in enumerate(vowels):
        for other in vowels[:index]:
            ratios = [
                abs(mine / theirs - 1.0)
                for ours, yours in zip(one, other, strict=True)
                for mine, theirs in zip(ours, yours, strict=True)
            ]
            assert max(ratios) > 0.05


def test_voiceless_sounds_have_noise_and_stops_a_burst() -> None:
    for symbol, phoneme in PHONEMES.items():
        if phoneme.kind in ("stop", "fricative"):
            assert phoneme.noise is not None and phoneme.noise.level > 0, symbol
        assert (phoneme.breath_seconds > 0) == (symbol in ("P", "T", "K"))
        voiceless = symbol in ("P", "T", "K", "S", "SH", "F", "TH", "HH")
        assert (phoneme.voicing == 0.0) == voiceless


def test_affricates_are_a_stop_and_a_fricative() -> None:
    for parts in AFFRICATES.values():
        assert [PHONEMES[part].kind for part in parts] == ["stop", "fricative"]
