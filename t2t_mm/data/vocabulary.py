"""Named vocabularies: text to ids and back, kept in `data_dir/vocab`.

Ids 0, 1 and 2 mean the same in every vocabulary: padding, end of sequence, unknown.
"""

from __future__ import annotations

import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from t2t_mm.errors import UserError

PAD_ID = 0
EOS_ID = 1
UNKNOWN_ID = 2
NUM_SPECIAL_IDS = 3

BYTES = "bytes"


class Vocabulary(ABC):
    """Text to ids and back.

    Args:
        name: what a `Language` feature calls it.
        size: number of ids, the special ones included.
        hash: hexadecimal digest of what decides the ids; kept in data and checkpoints.
    """

    def __init__(self, name: str, size: int, hash: str) -> None:
        self.name = name
        self.size = size
        self.hash = hash

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Returns the ids of `text`, without an end of sequence."""

    @abstractmethod
    def _decode(self, ids: list[int]) -> str:
        """Returns the text of ids that are all at least `UNKNOWN_ID` and below `size`."""

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of `ids` up to the first end of sequence; padding is left out.

        Raises:
            UserError: if an id does not belong to this vocabulary.
        """
        kept: list[int] = []
        for value in ids:
            index = int(value)
            if index == EOS_ID:
                break
            if not 0 <= index < self.size:
                raise UserError(
                    f"Vocabulary {self.name!r} cannot decode an id",
                    expected=f"ids from 0 to {self.size - 1}",
                    received={"id": index},
                )
            if index != PAD_ID:
                kept.append(index)
        return self._decode(kept)


class ByteVocabulary(Vocabulary):
    """The bytes of UTF-8: needs no training and no file.

    Example:
        >>> ByteVocabulary().encode("ab")
        [100, 101]
    """

    def __init__(self) -> None:
        super().__init__(BYTES, NUM_SPECIAL_IDS + 256, hash="bytes")

    def encode(self, text: str) -> list[int]:
        return [NUM_SPECIAL_IDS + value for value in text.encode("utf-8")]

    def _decode(self, ids: list[int]) -> str:
        values = bytes(value - NUM_SPECIAL_IDS for value in ids if value >= NUM_SPECIAL_IDS)
        return values.decode("utf-8", errors="replace")


class SubwordVocabulary(Vocabulary):
    """Pieces of words from a SentencePiece model, with bytes for whatever it has not seen.

    Text comes back exactly as it went in, spaces included, except that the character "▁"
    (U+2581), SentencePiece's own mark of a space, comes back as a space.

    Args:
        name: what a `Language` feature calls it.
        model: a serialized SentencePiece model with pad 0, end of sequence 1 and unknown 2.

    Raises:
        UserError: if the model has other special ids.
    """

    def __init__(self, name: str, model: bytes) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        special = (
            self._processor.pad_id(),
            self._processor.eos_id(),
            self._processor.unk_id(),
        )
        if special != (PAD_ID, EOS_ID, UNKNOWN_ID):
            raise UserError(
                f"The SentencePiece model of vocabulary {name!r} numbers its special pieces "
                "otherwise",
                expected="pad, end of sequence and unknown = 0, 1, 2",
                received={"special": special},
            )
        self.model = model
        size = self._processor.get_piece_size()
        super().__init__(name, size, hash=hashlib.sha256(model).hexdigest())

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self._processor.encode(text)
        return ids

    def _decode(self, ids: list[int]) -> str:
        text: str = self._processor.decode(ids)
        return text

    def pieces(self, text: str) -> list[str]:
        """Returns the pieces that `text` is cut into, to look at."""
        pieces: list[str] = self._processor.encode(text, out_type=str)
        return pieces


def vocabulary_path(data_dir: str | Path, name: str) -> Path:
    """Returns where the SentencePiece model of a vocabulary lies."""
    return Path(data_dir) / "vocab" / f"{name}.model"


def vocabulary_exists(data_dir: str | Path, name: str) -> bool:
    """Returns whether `load_vocabulary` would find both files of the vocabulary."""
    path = vocabulary_path(data_dir, name)
    return name == BYTES or (path.is_file() and path.with_suffix(".json").is_file())


def load_vocabulary(data_dir: str | Path, name: str) -> Vocabulary:
    """Loads a vocabulary of `data_dir`; "bytes" needs no file.

    Args:
        data_dir: folder of generated data.
        name: what a `Language` feature calls it.

    Raises:
        UserError: if it has not been trained, or if its two files do not belong together.
    """
    if name == BYTES:
        return ByteVocabulary()
    path = vocabulary_path(data_dir, name)
    if not vocabulary_exists(data_dir, name):
        raise UserError(
            f"Vocabulary {name!r} has not been trained",
            expected=f"the file {path} and its .json",
            received={"data_dir": str(data_dir)},
            fix="t2t-datagen trains it with the first problem that uses it.",
        )
    vocabulary = SubwordVocabulary(name, path.read_bytes())
    recorded = _recorded_hash(path.with_suffix(".json"))
    if vocabulary.hash not in (recorded, _recorded_hash(_unfinished(path.with_suffix(".json")))):
        raise UserError(
            f"Vocabulary {name!r} is damaged or exchanged: {path} has not the hash that its "
            ".json records",
            expected=f"hash {recorded}",
            received={"hash": vocabulary.hash},
            fix="Put the right file back, or train a new one with "
            "t2t-datagen --overwrite_vocab (all data that uses it must be generated again).",
        )
    return vocabulary


def save_vocabulary(
    data_dir: str | Path, vocabulary: SubwordVocabulary, facts: dict[str, object]
) -> None:
    """Writes model and facts so that a kill at any moment leaves the old pair or the new.

    The new facts lie ready under another name when the model is exchanged, and count from then on.

    Args:
        data_dir: folder of generated data.
        vocabulary: what to save.
        facts: how it was trained, for a reader; size and hash are added.
    """
    model = vocabulary_path(data_dir, vocabulary.name)
    record = model.with_suffix(".json")
    model.parent.mkdir(parents=True, exist_ok=True)
    _finish_killed_save(model, record)
    written = {"name": vocabulary.name, "size": vocabulary.size, "hash": vocabulary.hash, **facts}
    text = json.dumps(written, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    _unfinished(model).write_bytes(vocabulary.model)
    _unfinished(record).write_text(text, encoding="utf-8")
    os.replace(_unfinished(model), model)
    os.replace(_unfinished(record), record)


def _finish_killed_save(model: Path, record: Path) -> None:
    """Gives the facts their name if a kill came just after their model got its own."""
    if model.is_file():
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        if _recorded_hash(_unfinished(record)) == digest:
            os.replace(_unfinished(record), record)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")


def _recorded_hash(record: Path) -> str:
    """Returns the hash in a file of facts, or an empty string without a whole one."""
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["hash"])
    except (OSError, ValueError, KeyError):
        return ""
