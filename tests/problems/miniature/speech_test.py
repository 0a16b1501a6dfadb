"""Saying a sentence: the same everywhere, never silent, never clipped."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.miniature.speech import say
from t2t_mm.problems.miniature.voice import SPEAKERS

_ROOT = Path(__file__).parents[3]
_TEXT = "There are two huge purple flowers."


def test_another_process_says_it_alike() -> None:
    program = (
        "import hashlib\n"
        "from t2t_mm.problems.miniature.speech import say\n"
        f"print(hashlib.sha256(say({_TEXT!r}, 'seed').tobytes()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": str(_ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    here = hashlib.sha256(say(_TEXT, "seed").tobytes()).hexdigest()
    assert answer.stdout.decode().strip() == here


def test_global_random_state_plays_no_part() -> None:
    np.random.seed(1)
    state = np.random.get_state()[1].copy()
    first = say(_TEXT, "seed")
    assert np.array_equal(np.random.get_state()[1], state)
    np.random.seed(2)
    assert np.array_equal(first, say(_TEXT, "seed"))


def test_seeds_say_it_otherwise() -> None:
    sounds = [say(_TEXT, str(seed)) for seed in range(12)]
    assert len({len(sound) for sound in sounds}) > 6
    assert len({sound.tobytes() for sound in sounds}) == 12


@pytest.mark.parametrize("speaker", range(len(SPEAKERS)))
def test_every_speaker_is_heard_and_never_clips(speaker: int) -> None:
    for seed in range(4):
        sound = say(_TEXT, str(seed), SPEAKERS[speaker])
        assert sound.dtype == np.int16 and sound.ndim == 1
        assert 10_000 < np.abs(sound.astype(np.int64)).max() < 30_000
        assert 800 < sound.astype(np.float64).std() < 12_000


def test_noise_lies_20_to_35_db_below_the_voice() -> None:
    for seed in range(20):
        sound = say(_TEXT, str(seed)).astype(np.float64)
        frames = sound[: len(sound) // 400 * 400].reshape(-1, 400).std(axis=1)
        before = sound[:640].std()  # the first 40 ms
        ratio_db = 20 * np.log10(np.sort(frames)[-len(frames) // 3 :].mean() / before)
        assert 18 < ratio_db < 40


def test_case_and_full_stop_are_not_heard_and_a_comma_is() -> None:
    plain = say("below the moon there is a star", "1", SPEAKERS[0])
    assert np.array_equal(plain, say("Below the moon there is a star.", "1", SPEAKERS[0]))
    assert len(say("Below the moon, there is a star.", "1", SPEAKERS[0])) > len(plain)


def test_words_of_another_world_are_refused() -> None:
    with pytest.raises(UserError, match="cannot pronounce"):
        say("The dog barks.", "1")
