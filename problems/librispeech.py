"""LibriSpeech: audio books to text, from the folders of its archives or from TFDS."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.sounds.raw_sounds import RawSoundReader
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.librispeech_tfds import read_tfds_sets
from t2t_mm.problems.picture_listing import is_hidden
from t2t_mm.problems.speech import (
    Listing,
    SpeechProblem,
    Utterance,
    lower_text,
    note_left_out,
)
from t2t_mm.problems.tfds_sets import DownloadFailedError
from t2t_mm.registry import register_problem

_TRANSCRIPT = ".trans.txt"
_PARTS = 16


@register_problem("librispeech")
class Librispeech(SpeechProblem):
    """Writes down what is read from audio books: up to 960 hours, clean validation and test sets.

    Trains on those of the three training sets that lie in --tmp_dir. Where no set lies there at
    all, TFDS downloads everything into --tmp_dir/tfds (60 GB, and as much again on the way).

    Class attributes:
        sets: Which sets of LibriSpeech make up each split.

    Source: Panayotov et al., "LibriSpeech: an ASR corpus based on public domain audio books",
    2015; https://www.openslr.org/12
    """

    sets: ClassVar[dict[str, tuple[str, ...]]] = {
        "train": ("train-clean-100", "train-clean-360", "train-other-500"),
        "validation": ("dev-clean",),
        "test": ("test-clean",),
    }
    licence = "CC BY 4.0"
    size = (
        "281,241 training utterances (960 hours), 2,703 for validation, 2,620 for test; 60 GB. "
        "Any of train-clean-100 (6 GB), train-clean-360 (23 GB), train-other-500 (30 GB) will do"
    )
    source = (
        "Unpack dev-clean.tar.gz, test-clean.tar.gz and the training sets from "
        "https://www.openslr.org/12 in --tmp_dir: LibriSpeech/dev-clean/1272/128104/*.flac with "
        "1272-128104.trans.txt. With an empty --tmp_dir TFDS downloads all seven archives."
    )
    substitute = "it is open itself; smaller: librispeech_100, or mini_speech without any files"

    def num_parts(self, split: str) -> int:
        """Return 16 for train from folders, so that several processes can decode."""
        return _PARTS if split == "train" and self._folders else 1

    def listing(self, split: str, part: int) -> Listing:
        """Return the utterances of every n-th chapter of the sets of a split."""
        chapters = self._chapters[split][part :: self.num_parts(split)]
        utterances: list[Utterance] = []
        unwritten: list[str] = []
        for path in chapters:
            utterances += _read_chapter(path)
            written = {
                path.with_name(f"{line.split(None, 1)[0]}.flac") for line in _read_lines(path)
            }
            sounds = {one for one in path.parent.glob("*.flac") if not is_hidden(one.name)}
            unwritten += sorted(sound.stem for sound in sounds - written)
        return Listing(utterances, note_left_out(len(unwritten), "sounds have no text", unwritten))

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield the examples of one part of the folders, or the whole split from TFDS."""
        if self._folders:
            yield from super().generate_part(split, part)
        else:
            yield from self._read_tfds_examples(split)

    def raw_files_wanted(self) -> list[Path]:
        """Return the transcripts of all sets that there are now; none where TFDS has them."""
        return [path for chapters in self._chapters.values() for path in chapters]

    @cached_property
    def _folders(self) -> dict[str, list[Path]]:
        """The folders of the sets of each split; empty if there is no set of LibriSpeech at all.

        Raises:
            UserError: If only some of the splits have a folder.
        """
        if self.tmp_dir is None:
            raise self.missing(
                one_of=["a --tmp_dir with LibriSpeech", "an empty one to download to"]
            )
        found = {}
        for split, names in self.sets.items():
            places = [(self.tmp_dir / "LibriSpeech" / name, self.tmp_dir / name) for name in names]
            folders = [next((path for path in two if path.is_dir()), None) for two in places]
            found[split] = [folder for folder in folders if folder]
        if not any(found.values()):
            return {}
        lacking = [
            self.tmp_dir / "LibriSpeech" / name
            for split, folders in found.items()
            for name in self.sets[split][:1]
            if not folders
        ]
        if lacking:
            raise self.missing(all_of=lacking)
        return found

    @cached_property
    def _chapters(self) -> dict[str, list[Path]]:
        """The transcripts of all chapters by split."""
        chapters = {
            split: [path for folder in folders for path in _find_transcripts(folder)]
            for split, folders in self._folders.items()
        }
        self.raw_files_read += [path for paths in chapters.values() for path in paths]
        return chapters

    def _read_tfds_examples(self, split: str) -> Iterator[dict[str, Any]]:
        assert self.tmp_dir is not None
        reader = RawSoundReader(self.sound.sample_rate_hz)
        try:
            for key, flac, text in read_tfds_sets(self.sets[split], self.tmp_dir):
                sound = partial(reader.read, flac, name=key)
                yield {"inputs": sound, "targets": lower_text(text)}
        except DownloadFailedError as failure:
            folders = [self.tmp_dir / "LibriSpeech" / names[0] for names in self.sets.values()]
            raise UserError(
                f"{self.missing(all_of=folders)}\n  TFDS could not download it either: {failure}"
            ) from failure


@register_problem("librispeech_100")
class Librispeech100(Librispeech):
    """Writes down what is read from audio books: trained on the 100 hours of train-clean-100."""

    sets: ClassVar = {**Librispeech.sets, "train": ("train-clean-100",)}
    size = "28,539 training utterances (100 hours), 2,703 for validation, 2,620 for test; 7 GB"
    substitute = "it is open itself; without any files: mini_speech"


def _find_transcripts(folder: Path) -> list[Path]:
    found = folder.glob(f"*/*/*{_TRANSCRIPT}")
    return sorted(path for path in found if not is_hidden(path.name))


def _read_lines(path: Path) -> list[str]:
    return [line for line in decode_lines(path) if line.strip()]


def _read_chapter(path: Path) -> Iterator[Utterance]:
    """Yield the utterances of a chapter: `1272-128104-0000 MISTER QUILTER IS ...`.

    Raises:
        UserError: If a sound file is not there or a line has no words.
    """
    for number, line in enumerate(_read_lines(path), start=1):
        key, *rest = line.split(None, 1)
        sound = path.with_name(f"{key}.flac")
        if not rest or not sound.is_file():
            raise UserError(
                f"{path}, line {number}: there are no words or no sound",
                expected=f"{sound.name} beside it, and its words after its name",
                received={"line": line[:100]},
                fix="Unpack the archive again.",
            )
        yield Utterance(key, sound, lower_text(rest[0]), path.parts[-3])
