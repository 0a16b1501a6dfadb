"""What a user did wrong, said in one clear block: commands print it without a traceback."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

_SHOWN = 400
_LONG_WORD = re.compile(rf"\S{{{_SHOWN + 100},}}")  # of a value that nobody reads to its end


class UserError(ValueError):
    """Bad input by the user: what happened, what was expected, what came, and how to fix it.

    Commands print it as `t2t-trainer: error: ...` and leave with exit code 2. A bug of our own is
    never a `UserError`: it keeps its traceback.

    Args:
        what: What happened, one sentence; or the whole message.
        expected: What would have been right, as "a folder that exists"; may be empty.
        received: Names and values that came instead; each is shown as `name=value`.
        fix: What to type or change, one sentence; may be empty.

    Example:
        >>> print(UserError("The batch is empty", expected="tokens > 0", received={"tokens": 0}))
        The batch is empty. Expected: tokens > 0. Received: tokens=0.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: str = "",
        received: Mapping[str, object] | None = None,
        fix: str = "",
    ) -> None:
        sentences = [what]
        if expected:
            sentences.append(f"Expected: {expected}")
        if received:
            values = ", ".join(f"{name}={value!r}" for name, value in received.items())
            sentences.append(f"Received: {values}")
        if fix:
            sentences.append(fix)
        told = " ".join(_close_sentence(sentence) for sentence in sentences)
        super().__init__(_LONG_WORD.sub(lambda word: f"{word[0][:_SHOWN]}...", told))

    def __str__(self) -> str:
        return str(self.args[0])  # also for those that are a KeyError as well, which shows a repr


class UndecidedError(UserError):
    """Several things could be meant, and the user is to say which: what is there can be read."""


def suggest_closest(name: str, names: Iterable[str]) -> str:
    """Suggest the names that look most like `name`.

    Args:
        name: The name that was not found.
        names: The names that exist.

    Returns:
        An empty string where nothing is close, else a sentence with a leading space, to be
        appended to a message.

    Example:
        >>> suggest_closest("mini_endee", ["mini_ende", "wmt_ende"])
        " Did you mean 'mini_ende', 'wmt_ende'?"
    """
    matches = difflib.get_close_matches(name, list(names), n=3, cutoff=0.6)
    if not matches:
        return ""
    return f" Did you mean {', '.join(repr(match) for match in matches)}?"


def _close_sentence(sentence: str) -> str:
    """Close a sentence with a full stop unless it already ends in a mark or a new line."""
    text = sentence.rstrip()
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def check_count(name: str, value: int) -> None:
    """Check that a number of things is not negative.

    Raises:
        UserError: It is.

    Example:
        >>> check_count("limit", -1)
        Traceback (most recent call last):
        t2t_mm.errors.UserError: limit cannot be negative. Expected: 0, or more. Received: limit=-1.
    """
    if value < 0:
        raise UserError(f"{name} cannot be negative", expected="0, or more", received={name: value})
