"""Speakers: eight of them, each with a range of their own."""

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.voice import SPEAKERS, draw_voice


def test_all_speakers_are_drawn_and_stay_within_human_ranges() -> None:
    drawn = [draw_voice(Dice(str(number))) for number in range(400)]
    for voice in drawn:
        assert 90 <= voice.pitch_hz <= 230
        assert 0.9 <= voice.tract_length <= 1.12
        assert 0.85 <= voice.rate <= 1.16
    for speaker in SPEAKERS:
        assert (
            sum(abs(voice.tract_length / speaker.tract_length - 1) < 0.012 for voice in drawn) > 20
        )


def test_a_speaker_never_speaks_quite_the_same() -> None:
    assert len({draw_voice(Dice(str(number))).pitch_hz for number in range(100)}) == 100


def test_high_voices_have_short_vocal_tracts() -> None:
    pitches = [speaker.pitch_hz for speaker in SPEAKERS]
    lengths = [speaker.tract_length for speaker in SPEAKERS]
    assert pitches == sorted(pitches) and lengths == sorted(lengths, reverse=True)
