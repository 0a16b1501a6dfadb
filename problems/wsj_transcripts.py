"""Transcripts of the Wall Street Journal corpora: `.dot` files, and the marks in them.

Source: the transcription rules on the discs (`dot_spec.doc`) and the steps that the Kaldi recipe
for WSJ takes, written anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from t2t_mm.files.text_files import refuse_dangling_link

_LINE = re.compile(r"(.*)\((\w+)\)\s*")
_NOISE = re.compile(r"\[[^\]]*\]")
_UNSPOKEN = re.compile(r"\([^()\s]*\)")
_MARKS = str.maketrans("`", "'", "\\<>*~")
_DRAWN_OUT_OR_STRESSED = str.maketrans("", "", "!:;")
# A punctuation mark that is read out stands before its name; an apostrophe mostly begins a word.
_READ_OUT = re.compile(r"(?:[^\w\s']+|'(?=single-quote))(?=\w)")


def strip_marks(transcript: str) -> str:
    r"""Strip the marks of the transcriber: what a reader said, as lower-case words.

    - Noises in brackets, pauses (`.`) and the mark of a cut utterance (`~`) go.
    - Words between `<` and `>` (dropped and said again), with `*` (mispronounced), `!` (stress) or
      `:` (drawn out) stay, the marks go. Of a fragment, `revo(lutionary)-`, what was said stays.
    - Punctuation that was read out, as `,COMMA`, `--DASH`, `"CLOSE-QUOTE` or `%PERCENT`, becomes
      the words that were said: `comma`, `dash`, `close quote`, `percent`.

    Args:
        transcript: A line of a `.dot` file without the utterance's name.

    Example:
        >>> strip_marks("Mr\\. <and> Smith [loud_breath] said ,COMMA no .")
        'mr. and smith said comma no'

    Departs: Kaldi's recipe keeps read-out punctuation as `,COMMA` and writes `<NOISE>` for noises
    that stand alone. Neither occurs in words of other text. The test sets have no read-out
    punctuation.
    """
    words = []
    for marked in _NOISE.sub(" ", transcript.lower()).split():
        word = _UNSPOKEN.sub("", marked).translate(_MARKS)
        if mark := _READ_OUT.match(word):
            word = word[mark.end() :].replace("-", " ")
        word = word.translate(_DRAWN_OUT_OR_STRESSED)
        if any(character.isalnum() for character in word):
            words.append(word)
    return " ".join(words)


class DotFiles:
    """The `.dot` files of a corpus, each read when its first utterance is asked for.

    A file has the transcripts of one speaker in one session: `01ic0200.dot` has all utterances
    whose names begin with `01ic02`.

    Args:
        paths: All of them; where several have the same utterance the first one counts.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files: dict[str, list[Path]] = {}
        for path in paths:
            self._files.setdefault(path.name.lower()[:6], []).append(path)
        self._transcripts: dict[str, dict[str, str]] = {}
        self.read: list[Path] = []

    def find_transcript(self, utterance: str) -> str | None:
        """Find the transcript of an utterance, as it is in the file; None if there is none.

        Args:
            utterance: Eight letters and digits in lower case, as "01ic0201".
        """
        session = utterance[:6]
        if session not in self._transcripts:
            found: dict[str, str] = {}
            for path in self._files.get(session, ()):
                self.read.append(path)
                for name, transcript in read_dot_file(path).items():
                    found.setdefault(name, transcript)
            self._transcripts[session] = found
        return self._transcripts[session].get(utterance)


def read_dot_file(path: Path) -> dict[str, str]:
    """Read the transcripts of a `.dot` file by the name of the utterance in lower case.

    Other lines than `words (utterance)` are left out: they have no utterance that could miss them.
    """
    # Latin-1 takes any byte: nobody can mend a file on a disc.
    refuse_dangling_link(path)
    matches = map(_LINE.fullmatch, path.read_text("latin-1").splitlines())
    return {match[2].lower(): match[1].strip() for match in matches if match}
