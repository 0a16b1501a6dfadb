"""Training a vocabulary on a byte budget that is spread evenly over problems and sides."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from t2t_mm.data.declaring.bad_examples import SkippedExample
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.workers import seed_global_generators
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.records.example_records import read_checked_examples
from t2t_mm.data.vocabulary.symbols import EOS_ID, PAD_ID, UNKNOWN_ID
from t2t_mm.data.vocabulary.vocabulary import SubwordVocabulary, save_vocabulary
from t2t_mm.errors import UserError

WINDOW = 10
"""How many times its budget a part may be read to choose an even sample from it."""


def train_vocabulary(
    name: str, problems: Sequence[Problem], data_dir: str | Path, options: GenerationOptions
) -> SubwordVocabulary:
    """Train a vocabulary on the training splits of `problems` and save it in `data_dir`.

    Each problem, and in it each side that uses the vocabulary, contributes the same number of
    bytes (less where it has less). The result depends on the arguments and the data only.

    Args:
        name: Name of the vocabulary.
        problems: Those of whose features one names it count, the others are left out.
        data_dir: Folder of generated data.
        options: Wanted number of ids (fewer are made where the text does not yield as many pieces)
            and bytes of text; of each problem at most `max_cases` examples are read.

    Returns:
        The trained vocabulary.

    Raises:
        UserError: If no problem uses the vocabulary, there is no text, or its size is too small
            for its characters.
    """
    sides = {problem.name: list_text_features(problem, name) for problem in problems}
    num_sides = sum(len(features) for features in sides.values())
    if num_sides == 0:
        raise UserError(f"No problem at hand uses the vocabulary {name!r}")
    budget = max(1, options.vocab_bytes // num_sides)
    texts: list[str] = []
    counts: dict[str, int] = {}
    for problem in (problem for problem in problems if sides[problem.name]):
        limits = (budget, options.max_cases, options.random_seed)
        samples = sample_text(problem, sides[problem.name], *limits)
        for feature, sample in samples.items():
            texts += sample
            counts[f"{problem.name}/{feature}"] = sum(_count_bytes(text) for text in sample)
    vocabulary = SubwordVocabulary(name, _train_model(name, texts, options.vocab_size))
    facts = {
        "requested_size": options.vocab_size,
        "requested_bytes": options.vocab_bytes,
        "max_cases": options.max_cases,
        "trained_on_bytes": counts,
    }
    save_vocabulary(data_dir, vocabulary, facts)
    return vocabulary


def list_text_features(problem: Problem, vocabulary: str) -> list[str]:
    """Return the names of the problem's features that use the vocabulary."""
    kinds = choose_kinds(problem.features)
    return [name for name, kind in kinds.items() if kind.text_vocabulary == vocabulary]


def sample_text(
    problem: Problem,
    features: Sequence[str],
    byte_budget: int,
    max_cases: int = 0,
    random_seed: int = 0,
) -> dict[str, list[str]]:
    """Return about `byte_budget` bytes of each feature, evenly from the training split.

    The split is read once. Every part gives its share; of a part at most `WINDOW` times its share
    is read.

    Args:
        problem: The problem to read.
        features: Names of features with text.
        byte_budget: Bytes to return at most, of each feature.
        max_cases: How many examples may be read; 0 means all.
        random_seed: Seed for problems that draw from Python's or NumPy's global generator.
    """
    num_parts = problem.num_parts("train")
    share = max(1, byte_budget // num_parts)
    limit = max(1, max_cases // num_parts) if max_cases else None
    kinds = choose_kinds(problem.features)
    texts: dict[str, list[str]] = {feature: [] for feature in features}
    for part in range(num_parts):
        seed_global_generators(random_seed, problem, "train", part)
        samples = {feature: EvenSample(share) for feature in features}
        examples = read_checked_examples(problem, "train", part, only=features)
        read = (example for example in examples if not isinstance(example, SkippedExample))
        for example in itertools.islice(read, limit):
            for feature, sample in samples.items():
                for text in kinds[feature].list_texts(example[feature]):
                    sample.add(text)
            if all(sample.has_read_enough for sample in samples.values()):
                break
        for feature, sample in samples.items():
            texts[feature] += sample.choose_texts()
    return texts


class EvenSample:
    """An even choice from a stream of texts of unknown length, twice the budget in memory at most.

    Whenever too much is held, every second text goes and from then on the stream is taken at
    double the stride.

    Args:
        byte_budget: Bytes to choose.
    """

    def __init__(self, byte_budget: int) -> None:
        self._budget = byte_budget
        self._kept: list[str] = []
        self._held = 0
        self._read = 0
        self._seen = 0
        self._stride = 1

    @property
    def has_read_enough(self) -> bool:
        """Whether the stream was read for `WINDOW` times the budget."""
        return self._read > WINDOW * self._budget

    def add(self, text: str) -> None:
        """Take the next text of the stream; blank ones do not count."""
        if not text.strip() or self.has_read_enough:
            return
        self._read += _count_bytes(text)
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        self._kept.append(text)
        self._held += _count_bytes(text)
        if self._held > 2 * self._budget and len(self._kept) > 1:
            self._kept = self._kept[::2]
            self._held = sum(_count_bytes(text) for text in self._kept)
            self._stride *= 2

    def choose_texts(self) -> list[str]:
        """Return the choice: at most the budget in bytes, but one text at least."""
        if self._held <= self._budget:
            return self._kept
        rate = self._budget / self._held
        chosen = [t for i, t in enumerate(self._kept) if int((i + 1) * rate) > int(i * rate)]
        return chosen or self._kept[:1]


def _count_bytes(text: str) -> int:
    return len(text.encode("utf-8"))


def _train_model(name: str, texts: Sequence[str], size: int) -> bytes:
    """Return a serialized byte-pair model (Sennrich et al. 2016, arXiv:1508.07909)."""
    if not texts:
        raise UserError(
            f"There is no text in the training split to train the vocabulary {name!r} on",
            fix="Look into the raw files, and at what was left out of them.",
        )
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            vocab_size=size,
            model_type="bpe",
            hard_vocab_limit=False,
            byte_fallback=True,
            character_coverage=0.9995,
            # Text must come back as it went in: no rewriting of characters or spaces.
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            pad_id=PAD_ID,
            eos_id=EOS_ID,
            unk_id=UNKNOWN_ID,
            bos_id=-1,
            # The model depends on these two.
            num_threads=1,
            shuffle_input_sentence=False,
            max_sentence_length=1 << 20,
            minloglevel=2,
        )
    except (RuntimeError, ValueError, OSError) as error:
        # SentencePiece puts its source line and the failed check in brackets before its words.
        reason = str(error).strip().rpartition("] ")[2] or type(error).__name__
        raise UserError(
            f"Vocabulary {name!r} cannot be trained: {reason}",
            expected="some text, and a size above 259 (special pieces and bytes) plus the "
            "number of different characters",
            received={"vocab_size": size, "texts": len(texts)},
            fix="Choose another --vocab_size.",
        ) from None
    return model.getvalue()
