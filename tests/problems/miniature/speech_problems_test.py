"""mini_speech: its sizes and parts, its words, its lengths, its place beside the text problems."""

from itertools import islice
from typing import ClassVar

import numpy as np
import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.splits import SPLITS
from t2t_mm.features import Audio, Language
from t2t_mm.problems.miniature.articulation import add_up_seconds, articulate
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.problems import MiniEnde, MiniEnfr
from t2t_mm.problems.miniature.pronunciation import PRONUNCIATIONS, list_spoken_words, pronounce
from t2t_mm.problems.miniature.scene import COLOURS, KINDS, SIZES
from t2t_mm.problems.miniature.speech_problems import MiniSpeech
from t2t_mm.problems.miniature.splits import choose_content_split
from t2t_mm.problems.miniature.synthesis import SAMPLE_RATE_HZ
from t2t_mm.problems.miniature.voice import SPEAKERS


class Small(MiniSpeech):
    num_examples: ClassVar = {"train": 19, "validation": 5, "test": 5}


def sentences(split: str) -> list[str]:
    problem = MiniSpeech(name="mini_speech")
    parts = range(problem.num_parts(split))
    return [text for part in parts for _, text in problem.draw_sentences(split, part)]


@pytest.fixture(scope="module")
def by_split() -> dict[str, list[str]]:
    return {split: sentences(split) for split in SPLITS}


def test_what_it_declares() -> None:
    problem = registry.problem("mini_speech")
    assert problem.modalities == {"inputs": Audio(), "targets": Language()}
    assert problem.features["inputs"].share_key == "audio:16000:80"
    assert (problem.command_name, problem.metrics) == ("en", ("wer",))


def test_parts_make_up_the_split() -> None:
    problem = Small(name="small")
    assert (problem.num_parts("train"), problem.num_parts("test")) == (8, 1)
    parts = [row for part in range(8) for row in problem.generate_part("train", part)]
    whole = list(problem.generate("train"))
    assert len(parts) == len(whole) == 19
    for one, other in zip(parts, whole, strict=True):
        assert one["targets"] == other["targets"]
        assert np.array_equal(one["inputs"](), other["inputs"]())


def test_an_example_is_a_sound_and_the_words_in_it() -> None:
    for split in SPLITS:
        for row in Small(name="small").generate(split):
            assert set(row) == {"inputs", "targets"}
            assert row["inputs"]().dtype == np.int16
            words = row["targets"].split()
            assert set(words) <= set(PRONUNCIATIONS)
            assert 0.08 * len(words) < len(row["inputs"]()) / SAMPLE_RATE_HZ < 5.0


def test_sizes_and_number_of_words(by_split: dict[str, list[str]]) -> None:
    assert {split: len(texts) for split, texts in by_split.items()} == {
        "train": 4_000,
        "validation": 200,
        "test": 300,
    }
    lengths = [len(text.split()) for texts in by_split.values() for text in texts]
    assert min(lengths) == 4 and max(lengths) == 8


def test_at_most_120_words_and_none_that_only_the_test_has(by_split: dict[str, list[str]]) -> None:
    words = {
        split: {word for text in texts for word in list_spoken_words(text)}
        for split, texts in by_split.items()
    }
    assert 100 < len(set.union(*words.values())) <= 120
    assert words["validation"] | words["test"] <= words["train"]


def test_the_longest_sentences_last_less_than_five_seconds(by_split: dict[str, list[str]]) -> None:
    """Those with the most sounds, by the slowest speaker."""
    slowest = min(SPEAKERS, key=lambda speaker: speaker.rate)
    everything = [text for texts in by_split.values() for text in texts]
    longest = sorted(everything, key=lambda text: sum(len(w.phonemes) for w in pronounce(text)))
    for text in longest[-60:]:
        assert add_up_seconds(articulate(pronounce(text), slowest, Dice(text))) * 1.05 < 5.0


def test_held_out_sentences_repeat_nothing_and_are_in_no_training_set(
    by_split: dict[str, list[str]],
) -> None:
    held_out = [
        " ".join(list_spoken_words(text)) for split in SPLITS[1:] for text in by_split[split]
    ]
    assert len(set(held_out)) == len(held_out)
    training = {" ".join(list_spoken_words(text)) for text in by_split["train"]}
    for problem in (MiniEnde(name="mini_ende"), MiniEnfr(name="mini_enfr")):
        rows = islice(problem.generate("train"), 2_000)
        training |= {" ".join(list_spoken_words(row["inputs"])) for row in rows}
    assert training.isdisjoint(held_out)


def test_the_spoken_words_alone_decide_on_the_split(by_split: dict[str, list[str]]) -> None:
    """So a sentence of another split cannot be said here, nor written elsewhere."""
    content = {name: name for name in (*KINDS, *COLOURS, *SIZES)}
    content |= {"bigger": "big", "smaller": "small", "leaves": "leaf"}
    content |= {"boxes": "box", "crosses": "cross"}
    content |= {f"{kind}s": kind for kind in KINDS}
    content |= {word: str(2 + i) for i, word in enumerate(("two", "three", "four", "five"))}
    for split in SPLITS:
        for text in by_split[split][::7]:
            named = sorted(content[word] for word in list_spoken_words(text) if word in content)
            assert choose_content_split(tuple(named)) == split
