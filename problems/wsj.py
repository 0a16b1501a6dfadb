"""Read Wall Street Journal articles to text: WSJ0 and WSJ1 from the discs of the LDC."""

from __future__ import annotations

from collections.abc import Sized
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from t2t_mm.errors import UserError
from t2t_mm.problems.speech import Listing, SpeechProblem, Utterance, note_left_out
from t2t_mm.problems.wsj_files import WsjFiles, read_ndx
from t2t_mm.problems.wsj_transcripts import DotFiles, strip_marks
from t2t_mm.registry import register_problem

_SI84 = ("11_13_1", "wsj0/doc/indices/train/tr_s_wv1.ndx")
_SI200 = ("13_34_1", "wsj1/doc/indices/si_tr_s.ndx")
_DEV93 = ("13_34_1", "wsj1/doc/indices/h1_p0.ndx")
_EVAL92 = ("11_13_1", "wsj0/doc/indices/test/nvp/si_et_20.ndx")
# Listed, but not on any disc.
_NEVER_THERE = "wsj0/si_tr_s/401/"
_MOST_MISSING = 0.01
_PARTS = 16


@register_problem("wsj_speech")
class WsjSpeech(SpeechProblem):
    """Writes down read newspaper text: trained on si284, validated on dev93, tested on eval92.

    Microphone 1 (`.wv1`); validation and test with the large vocabulary (20,000 words and more) and
    without read-out punctuation. A recording or a transcript that is not there is counted
    and told; more than one in a hundred is an error, since then a disc is missing.

    Source: Paul and Baker, "The design for the Wall Street Journal-based CSR corpus", 1992; the
    sets as in the Kaldi recipe for WSJ.
    """

    lists: ClassVar[dict[str, tuple[tuple[str, str], ...]]] = {
        "train": (_SI84, _SI200),
        "validation": (_DEV93,),
        "test": (_EVAL92,),
    }
    known_counts: ClassVar[dict[str, int]] = {"train": 37_416, "validation": 503, "test": 333}
    licence = "the LDC's user agreement: LDC93S6A (WSJ0) and LDC94S13A (WSJ1); not to be passed on"
    size = (
        "49 CD-ROMs, up to 30 GB; 37,416 training utterances (81 hours), 503 for validation, "
        "333 for test"
    )
    source = (
        "Put the discs of WSJ0 and WSJ1 in --tmp_dir under their names (11-1.1 to 11-15.1, "
        "13-1.1 to 13-34.1), or merge them into wsj0 and wsj1; up to two folders below is fine. "
        "Needed are the recordings .wv1, the transcripts .dot and the lists .ndx in wsj0/doc and "
        "wsj1/doc; and `pip install t2t_mm[audio]`."
    )
    substitute = "librispeech (open, CC BY 4.0)"

    def num_parts(self, split: str) -> int:
        """Return 16 for train, so that several processes can decode."""
        return _PARTS if split == "train" else 1

    def listing(self, split: str, part: int) -> Listing:
        """Return every n-th utterance of the lists of a split; notes with the first part."""
        if split not in self._listings:
            self._listings[split] = self._list_split(split)
        whole = self._listings[split]
        return Listing(whole.utterances[part :: self.num_parts(split)], () if part else whole.notes)

    def raw_files_wanted(self) -> list[Path]:
        """Return the lists of all splits; transcripts and recordings come from them."""
        return [self._find_list(*place) for split in self.splits for place in self.lists[split]]

    @cached_property
    def _listings(self) -> dict[str, Listing]:
        return {}

    @cached_property
    def _files(self) -> WsjFiles:
        if self.tmp_dir is None or not self.tmp_dir.is_dir():
            raise self._make_no_lists_error()
        return WsjFiles(self.tmp_dir)

    @cached_property
    def _dot_files(self) -> DotFiles:
        return DotFiles(self._files.list_transcripts())

    def _find_list(self, disc: str, key: str) -> Path:
        path = self._files.find(key, disc)
        if path is None:
            raise self._make_no_lists_error()
        return path

    def _make_no_lists_error(self) -> UserError:
        places = dict.fromkeys(place for split in self.splits for place in self.lists[split])
        return self.missing(
            all_of=[f"{_name_folder(disc)}/{key} (or {key})" for disc, key in places]
        )

    def _list_split(self, split: str) -> Listing:
        for place in (place for lists in self.lists.values() for place in lists):
            self._find_list(*place)  # all lists are there before the first sound is read
        recordings: dict[str, Path | None] = {}
        for place in self.lists[split]:
            path = self._find_list(*place)
            self.raw_files_read.append(path)
            for disc, key in read_ndx(path):
                if not key.startswith(_NEVER_THERE):
                    recordings[key] = self._files.find(key, disc)
        there = {key: path for key, path in sorted(recordings.items()) if path}
        told = self._note_absent(
            recordings.keys() - there.keys(), "recordings are not there", recordings
        )
        if len(recordings) != self.known_counts[split]:
            told.append(
                f"the lists in {self.tmp_dir} name {len(recordings):,} recordings; the corpus has "
                f"{self.known_counts[split]:,}."
            )
        utterances, notes = self._add_text(there)
        return Listing(utterances, [*told, *notes])

    def _add_text(self, recordings: dict[str, Path]) -> tuple[list[Utterance], list[str]]:
        """Add their text to the recordings that have some, and note the others."""
        utterances, without, wordless = [], set(), []
        for key, path in recordings.items():
            name = key.rpartition("/")[2].removesuffix(".wv1")
            transcript = self._dot_files.find_transcript(name)
            if transcript is None:
                without.add(key)
            elif text := strip_marks(transcript):
                utterances.append(Utterance(name, path, text))
            else:
                wordless.append(key)
        self.raw_files_read += self._dot_files.read
        self._dot_files.read.clear()
        return utterances, [
            *self._note_absent(
                without, "recordings have no transcript in any .dot file", recordings
            ),
            *note_left_out(len(wordless), "transcripts are without a word", wordless),
        ]

    def _note_absent(self, absent: set[str], what: str, listed: Sized) -> list[str]:
        """Note what is absent; raise an error if that is too much for a flaw."""
        notes = note_left_out(len(absent), f"of {len(listed):,} {what}", sorted(absent))
        if len(absent) > _MOST_MISSING * len(listed):
            raise UserError(
                f"Problem {self.name}: {notes[0]}",
                expected="all of them, or all but a few",
                received={"tmp_dir": str(self.tmp_dir)},
                fix=f"A disc seems to be missing. {self.source}",
            )
        return notes


@register_problem("wsj_speech_si84")
class WsjSpeechSi84(WsjSpeech):
    """Writes down read newspaper text: trained on si84, the training set of WSJ0 alone.

    Validation (dev93) is from WSJ1, test (eval92) from WSJ0, as for wsj_speech.
    """

    lists: ClassVar = {**WsjSpeech.lists, "train": (_SI84,)}
    known_counts: ClassVar = {**WsjSpeech.known_counts, "train": 7_138}
    size = (
        "WSJ0 (15 CD-ROMs) and from WSJ1 the discs with dev93 (13-16.1, 13-34.1), up to 11 GB; "
        "7,138 training utterances (15 hours), 503 for validation, 333 for test"
    )


def _name_folder(disc: str) -> str:
    """Name the folder of a disc: 11-13.1 for 11_13_1."""
    first, second, third = disc.split("_")
    return f"{first}-{second}.{third}"
