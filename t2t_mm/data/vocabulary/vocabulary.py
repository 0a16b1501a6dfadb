"""Named vocabularies, kept in `data_dir/vocab`: text in pieces or bytes, and class names."""

from __future__ import annotations

import filecmp
import functools
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2t_mm.data.vocabulary.labels import (
    load_labels,
    locate_labels,
    make_numbered_labels,
)
from t2t_mm.data.vocabulary.symbols import EOS_ID as EOS_ID
from t2t_mm.data.vocabulary.symbols import (
    NUM_SPECIAL_IDS,
    UNKNOWN_ID,
    TextVocabulary,
    Vocabulary,
)
from t2t_mm.data.vocabulary.symbols import PAD_ID as PAD_ID
from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_bytes_atomically
from t2t_mm.files.disk import refuse_folder
from t2t_mm.files.parsed_json import parse_json

if TYPE_CHECKING:
    import tensorflow as tf

BYTES = "bytes"


class ByteVocabulary(TextVocabulary):
    """The bytes of UTF-8: needs no training and no file.

    Example:
        >>> ByteVocabulary().encode("ab")
        [100, 101]
    """

    def __init__(self) -> None:
        super().__init__(BYTES, NUM_SPECIAL_IDS + 256, hash="bytes")

    def encode(self, text: str) -> list[int]:
        """Return the ids of the bytes of `text`."""
        return [NUM_SPECIAL_IDS + value for value in text.encode("utf-8")]

    def _decode(self, ids: list[int]) -> str:
        values = bytes(value - NUM_SPECIAL_IDS for value in ids if value >= NUM_SPECIAL_IDS)
        return values.decode("utf-8", errors="replace")

    def encode_tensor(self, text: tf.Tensor) -> tf.Tensor:
        """Return the ids of the bytes of string[]."""
        import tensorflow as tf

        return NUM_SPECIAL_IDS + tf.cast(tf.io.decode_raw(text, tf.uint8), tf.int32)

    def _decode_pieces(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Return the text of each row; of broken UTF-8 the marks may be other than Python's."""
        import tensorflow as tf

        of_ids = [*[b""] * NUM_SPECIAL_IDS, *(bytes([value]) for value in range(256))]
        rows = tf.strings.reduce_join(tf.gather(tf.constant(of_ids), ids), axis=1)
        return tf.strings.unicode_transcode(rows, "UTF-8", "UTF-8", errors="replace")


class SubwordVocabulary(TextVocabulary):
    """Pieces of words from a SentencePiece model, with bytes for whatever it has not seen.

    Text comes back exactly as it went in, spaces included, except that the character "▁"
    (U+2581), SentencePiece's own mark of a space, comes back as a space.

    Args:
        name: What a `Language` feature calls it.
        model: A serialized SentencePiece model with pad 0, end of sequence 1 and unknown 2.

    Raises:
        UserError: If the model has other special ids.
    """

    def __init__(self, name: str, model: bytes) -> None:
        import sentencepiece  # here: models without text files run where it is not installed

        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        processor = self._processor
        special = (processor.pad_id(), processor.eos_id(), processor.unk_id())
        if special != (PAD_ID, EOS_ID, UNKNOWN_ID):
            raise UserError(
                f"The SentencePiece model of vocabulary {name!r} numbers its special pieces "
                "otherwise",
                expected="pad, end of sequence and unknown = 0, 1, 2",
                received={"special": special},
            )
        self.model = model
        super().__init__(name, processor.get_piece_size(), hash=hashlib.sha256(model).hexdigest())

    def encode(self, text: str) -> list[int]:
        """Return the ids of the pieces of `text`."""
        return list(self._processor.encode(text))

    def name_symbol(self, index: int) -> str:
        """Return the piece, "▁" for a space in it."""
        self.check_id(index)
        return str(self._processor.id_to_piece(index))

    def _decode(self, ids: list[int]) -> str:
        return str(self._processor.decode(ids))

    @functools.cached_property
    def _tokenizer(self) -> Any:
        import tensorflow as tf
        import tensorflow_text

        with tf.init_scope():  # it outlives the graph that asks for it first
            return tensorflow_text.SentencepieceTokenizer(self.model, out_type=tf.int32)

    @property
    def resources(self) -> Sequence[Any]:
        """The tokenizer, which holds the model."""
        return (self._tokenizer,)

    def encode_tensor(self, text: tf.Tensor) -> tf.Tensor:
        """Return the ids of the pieces of string[]."""
        return self._tokenizer.tokenize(text)

    def _decode_pieces(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Return the text of each row; spaces in front of all else are left out."""
        return self._tokenizer.detokenize(ids)


def locate_vocabulary(data_dir: str | Path, name: str) -> Path:
    """Return where the SentencePiece model of a vocabulary lies."""
    return Path(data_dir) / "vocab" / f"{name}.model"


def has_vocabulary(data_dir: str | Path, name: str) -> bool:
    """Return whether `load_vocabulary` would find the files of the vocabulary, if it has any."""
    if name == BYTES or make_numbered_labels(name) or locate_labels(data_dir, name).is_file():
        return True
    path = locate_vocabulary(data_dir, name)
    return path.is_file() and path.with_suffix(".json").is_file()


def load_vocabulary(data_dir: str | Path, name: str) -> Vocabulary:
    """Load a vocabulary of `data_dir`; "bytes" and "classes_10" need no file.

    Args:
        data_dir: Folder of generated data.
        name: What a feature calls it; of a class by its number "classes_10".

    Raises:
        UserError: If it has not been trained, or if its two files do not belong together.
    """
    if name == BYTES:
        return ByteVocabulary()
    if numbered := make_numbered_labels(name):
        return numbered
    if locate_labels(data_dir, name).is_file():
        return load_labels(data_dir, name)
    path = locate_vocabulary(data_dir, name)
    if not has_vocabulary(data_dir, name):
        raise UserError(
            f"Vocabulary {name!r} has not been trained",
            expected=f"the file {path} and its .json, or {path.stem}.labels",
            received={"data_dir": str(data_dir)},
            fix="t2t-datagen makes it with the first problem that uses it.",
        )
    model = path.read_bytes()
    digest, recorded = hashlib.sha256(model).hexdigest(), _read_hash(path.with_suffix(".json"))
    if digest not in (recorded, _read_hash(_name_unfinished(path.with_suffix(".json")))):
        raise UserError(
            f"Vocabulary {name!r} is damaged or exchanged: {path} has not the hash that its "
            ".json records",
            expected=f"hash {recorded}",
            received={"hash": digest},
            fix="Put the right file back, or train a new one with "
            "t2t-datagen --overwrite_vocab (all data that uses it must be generated again).",
        )
    return SubwordVocabulary(name, model)


def save_vocabulary(
    data_dir: str | Path, vocabulary: SubwordVocabulary, facts: Mapping[str, object]
) -> None:
    """Write model and facts so that a kill at any moment leaves the old pair or the new.

    The new facts lie ready under another name when the model is exchanged, and count from then on.

    Args:
        data_dir: Folder of generated data.
        vocabulary: What to save.
        facts: How it was trained, for a reader; size and hash are added.
    """
    model = locate_vocabulary(data_dir, vocabulary.name)
    record = model.with_suffix(".json")
    model.parent.mkdir(parents=True, exist_ok=True)
    _finish_killed_save(model, record)
    written = {"name": vocabulary.name, "size": vocabulary.size, "hash": vocabulary.hash, **facts}
    text = json.dumps(written, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    _name_unfinished(model).write_bytes(vocabulary.model)
    _name_unfinished(record).write_text(text, encoding="utf-8")
    os.replace(_name_unfinished(model), model)
    os.replace(_name_unfinished(record), record)


def load_facts(data_dir: str | Path, name: str) -> dict[str, Any]:
    """Load how a vocabulary was trained, as `save_vocabulary` wrote it; earlier ones wrote less.

    Args:
        data_dir: Folder of generated data.
        name: Of a vocabulary that `load_vocabulary` finds and that is of a model.
    """
    record = locate_vocabulary(data_dir, name).with_suffix(".json")
    facts: dict[str, Any] = parse_json(record.read_bytes())
    return facts


def copy_vocabulary(name: str, from_dir: str | Path, to_dir: str | Path) -> None:
    """Copy the files of a vocabulary, if it has any, where the copy is missing or differs.

    Args:
        name: Of the vocabulary.
        from_dir: Folder of generated data, or of a run.
        to_dir: The same; gets a folder `vocab` in any case.
    """
    model = locate_vocabulary(from_dir, name)
    target = locate_vocabulary(to_dir, name).parent
    target.mkdir(parents=True, exist_ok=True)
    for path in (model, model.with_suffix(".json"), locate_labels(from_dir, name)):
        copy = target / path.name
        refuse_folder(copy)
        if path.exists() and not (copy.exists() and filecmp.cmp(path, copy, shallow=False)):
            write_bytes_atomically(copy, path.read_bytes())


def _finish_killed_save(model: Path, record: Path) -> None:
    """Give the facts their name if a kill came just after their model got its own."""
    if model.is_file():
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        if _read_hash(_name_unfinished(record)) == digest:
            os.replace(_name_unfinished(record), record)


def _name_unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")


def _read_hash(record: Path) -> str:
    """Return the hash in a file of facts, or an empty string without a whole one."""
    try:
        return str(parse_json(record.read_bytes())["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
