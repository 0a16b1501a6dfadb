"""Lists of class names: names to ids 0 to N-1 and back, kept in one file each."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.text_files import is_unicode

if TYPE_CHECKING:
    import tensorflow as tf

_NUMBERED = re.compile(r"classes_(\d+)")
_FIRST_LINE = "#sha256 "


class LabelVocabulary(Vocabulary):
    """The names of classes; an id is a name's place in the list.

    Args:
        name: What a `Categorical` feature calls it.
        names: The class names in order; each one line of text, none twice.

    Raises:
        UserError: If the names do not fit.

    Example:
        >>> LabelVocabulary("pets", ["cat", "dog"]).encode("dog")
        [1]
    """

    def __init__(self, name: str, names: Sequence[str]) -> None:
        self.names = tuple(names)
        _check_names(name, self.names)
        self._ids = {class_name: index for index, class_name in enumerate(self.names)}
        digest = hashlib.sha256("\n".join(self.names).encode()).hexdigest()
        super().__init__(name, len(self.names), hash=digest)

    def encode(self, text: str) -> list[int]:
        """Return the id of a class by its name, in a list of one.

        Raises:
            UserError: If no class has that name.
        """
        if text not in self._ids:
            hint = suggest_closest(text, self.names)
            raise UserError(
                f"Vocabulary {self.name!r} has no class of that name.{hint}",
                expected=f"one of {len(self.names)} names such as {self.names[0]!r}",
                received={"name": text},
            )
        return [self._ids[text]]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the name of a class by its id, in a list of one.

        Raises:
            UserError: If it is no id of this list.
        """
        (index,) = (int(value) for value in ids)
        self.check_id(index)
        return self.names[index]

    def encode_tensor(self, text: tf.Tensor) -> tf.Tensor:
        """Return the id of the class that string[] names, int32[1]; another name is an error."""
        import tensorflow as tf

        found = tf.reshape(tf.where(tf.equal(tf.constant(self.names), text)), [-1])
        no_class = f"Vocabulary {self.name} has no class of that name"
        with tf.control_dependencies([tf.debugging.assert_equal(tf.size(found), 1, no_class)]):
            return tf.cast(found, tf.int32)

    def decode_tensor(self, ids: tf.Tensor) -> tf.Tensor:
        """Return the name of the class of each row's one id."""
        import tensorflow as tf

        return tf.gather(tf.constant(self.names), ids[:, 0])


def _check_names(vocabulary: str, names: tuple[str, ...]) -> None:
    bad: Iterable[object] = [
        name
        for name in names
        if not isinstance(name, str)
        or not name
        or name != name.strip()
        or {"\n", "\r"} & {*name}
        or not is_unicode(name)
    ]
    if not bad:
        bad = [name for name, number in Counter(names).items() if number > 1]
    if bad or len(names) < 2:
        raise UserError(
            f"The class names of vocabulary {vocabulary!r} do not fit",
            expected="at least two names, none twice, each a line of UTF-8 without spaces around",
            received={"names": list(bad)[:5] if bad else list(names)},
        )


def make_numbered_labels(name: str) -> LabelVocabulary | None:
    """Return the classes "0" to "N-1" of a vocabulary `classes_N`, None of another name."""
    match = _NUMBERED.fullmatch(name)
    return LabelVocabulary(name, [str(i) for i in range(int(match[1]))]) if match else None


def locate_labels(data_dir: str | Path, name: str) -> Path:
    """Return where a list of class names lies."""
    return Path(data_dir) / "vocab" / f"{name}.labels"


def load_labels(data_dir: str | Path, name: str) -> LabelVocabulary:
    """Load a list of class names that `save_labels` wrote.

    Raises:
        UserError: If the names have not the hash that the first line of the file records.
    """
    path = locate_labels(data_dir, name)
    first, *names = (
        path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")
    )
    labels = LabelVocabulary(name, names)
    if first != _FIRST_LINE + labels.hash:
        raise UserError(
            f"Vocabulary {name!r} is damaged or exchanged: {path} has not the hash that its "
            "first line records",
            expected=first,
            received={"hash": labels.hash},
            fix="Put the right file back, or write a new one with t2t-datagen --overwrite of all "
            "problems that use it (--overwrite_vocab trains their text vocabularies again, too).",
        )
    return labels


def save_labels(data_dir: str | Path, labels: LabelVocabulary) -> None:
    """Write a list of class names: the hash, then one name per line."""
    lines = [_FIRST_LINE + labels.hash, *labels.names]
    write_text_atomically(
        locate_labels(data_dir, labels.name), "".join(f"{line}\n" for line in lines)
    )
