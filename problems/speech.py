"""What all problems of speech share: sound in, lower-case words out, nothing lost silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.sounds.raw_sounds import RawSoundReader
from t2t_mm.data.sounds.sound_files import Samples
from t2t_mm.features import Audio, BatchSpec, Language
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.packed_files import PackedFile


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of sound and what is said in it.

    Args:
        key: Its name in the corpus.
        sound: The file that holds it, perhaps in another.
        text: What is said.
        group: Speaker, recording or whatever must not be in two splits.
        start_s: Where it begins in the file, in seconds.
        end_s: Where it ends; None for the end of the file.
        channel: Counted from 0; None for the average of all.
    """

    key: str
    sound: Path | PackedFile
    text: str
    group: str = ""
    start_s: float = 0.0
    end_s: float | None = None
    channel: int | None = None


@dataclass(frozen=True)
class Listing:
    """The utterances of a part of a split, and what a person has to know about those left out.

    Args:
        utterances: In order.
        notes: What is told once.
        odd: What nobody can read: see `leave_out`.
    """

    utterances: Sequence[Utterance]
    notes: Sequence[str] = ()
    odd: Sequence[str] = ()


class SpeechProblem(Problem):
    """Writes down what is said: a subclass lists the utterances, this class reads the sounds.

    Transcripts are lower-case in all of them, whatever the corpus has: so they share subwords with
    text, and word error rates do not depend on a corpus's habit. The command is that of
    translation into English.

    A sound without any sample, or with samples that are none, is left out, counted and told; so is
    an utterance without words.
    """

    sound: ClassVar[Audio] = Audio()
    modalities: ClassVar = {"inputs": sound, "targets": Language()}
    batch = BatchSpec(examples=16)
    metrics = ("wer",)
    command = "en"
    skip_bad_examples = True

    def listing(self, split: str, part: int) -> Listing:
        """Return the utterances of one part of a split, always the same in the same order."""
        raise NotImplementedError(f"{type(self).__name__}.listing(split, part) is not written yet")

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": what reads int16 or float32[samples], "targets": text}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield the examples of one part, and tell at its end what was resampled."""
        listing = self.listing(split, part)
        for note in listing.notes:
            warn_once(f"Problem {self.name}, {split}: {note}")
        for reason in listing.odd:
            leave_out(reason)
        num_parts = self.num_parts(split)
        where = split if num_parts == 1 else f"{split} (part {part + 1} of {num_parts})"
        reader = RawSoundReader(self.sound.sample_rate_hz)
        try:
            for utterance in listing.utterances:
                sound = partial(
                    read_raw_sound,
                    reader,
                    utterance.sound,
                    channel=utterance.channel,
                    start_s=utterance.start_s,
                    end_s=utterance.end_s,
                )
                yield {"inputs": sound, "targets": utterance.text}
        finally:
            if note := reader.describe_resampling():
                warn_once(f"Problem {self.name}, {where}: {note}")


def read_raw_sound(reader: RawSoundReader, source: Path | PackedFile, **segment: Any) -> Samples:
    """Read a sound file, or one within a file; see `RawSoundReader.read`."""
    if isinstance(source, PackedFile):
        return reader.read(source(), name=str(source), **segment)
    return reader.read(source, **segment)


def lower_text(text: str) -> str:
    """Put the words of a transcript in lower case, one space between them."""
    return " ".join(text.lower().split())


def note_left_out(number: int, what: str, examples: Sequence[str]) -> list[str]:
    """Write one note about what was left out, with the first names; none if nothing was."""
    if not number:
        return []
    names = ", ".join(examples[:3]) + (", ..." if number > 3 else "")
    return [f"{number:,} {what} ({names})."]
