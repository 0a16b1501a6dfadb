"""speech_files: a problem made of sounds and texts that lie in --tmp_dir, without any code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from t2t_mm.data.declaring.splits import SPLIT_NAMES, SPLITS, find_named_split, hash_bytes, hold_out
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems.file_kinds import SOUNDS, propose_kind
from t2t_mm.problems.labelled_table import find_metadata
from t2t_mm.problems.nemo_shards import NEMO_MANIFEST
from t2t_mm.problems.packed_tables import find_packed_splits
from t2t_mm.problems.speech import Listing, SpeechProblem, Utterance
from t2t_mm.problems.speech_lists import MANIFEST_SUFFIXES, find_list_files, read_list
from t2t_mm.registry import register_problem

_ONE_PART_UP_TO = 10_000
_PARTS = 16


@register_problem("speech_files")
class SpeechFiles(SpeechProblem):
    """Learns to write down what is said from own recordings.

    The bare name reads --tmp_dir, `speech_files/NAME` its folder NAME, so that several corpora may
    stand side by side. Each split is one of these, with `train`, `validation` (`valid`, `val`,
    `dev`) or `test` in the place of SPLIT:

    - a Kaldi directory `SPLIT/` with `text` and `wav.scp`, and `segments` and `utt2spk` where you
      have them. Commands (`sph2pipe ... |`) are refused: name the SPHERE file itself; where two
      recordings are the sides of one file, `reco2file_and_channel` says which is which;
    - a manifest `SPLIT.jsonl` or `SPLIT.json` (one object a line, as NeMo's), `SPLIT.csv` or
      `SPLIT.tsv` with the columns `audio` and `text` (see
      `t2t_mm.problems.speech_lists.read_manifest` for other names; `--columns` of t2t-datagen names
      the rest); or `metadata.csv` (.jsonl) as Hugging Face has it, in `SPLIT/` or alone;
    - NeMo's `tarred_audio_manifest.json` beside `audio_0.tar` and so on, in `SPLIT/` or alone;
    - where there are no such lists, shards with the sounds in them: `SPLIT-000000.tar` of `KEY.wav`
      and `KEY.txt` (or `KEY.json` with a field `text`), or `SPLIT-00000-of-00002.parquet` with the
      columns `audio` and `text`; or such shards in `SPLIT/`, or for training alone.

    Paths in these are absolute, or start from the folder of the list, from one above it up to
    --tmp_dir, from the working directory, or from `clips/` beside the list, as Common Voice has
    it; the first of these that has the file counts.
    Sounds are wav, flac, ogg, mp3 or NIST SPHERE. Several channels are averaged; other sample
    rates than 16,000 Hz are converted and counted.

    - No validation: about 10% of the training utterances, at most 2,000, are held out instead,
      or what `--validation_share` of t2t-datagen says: whole speakers of them; where no speakers
      are known, whole recordings. Which ones depends on their names only.
    - No test: the problem has no test split, unless `--test_share` holds one out.
    - A text without sound or without words, a sound without text, an empty sound and one that
      cannot be decoded are left out; how many is told. A sound file that is not there is an error.

    Raises:
        UserError: When data is generated: a missing or malformed file, or two lists of one split.
    """

    takes_argument = True
    propose = staticmethod(partial(propose_kind, SOUNDS))
    licence = "that of your files"
    size = "that of your files"
    source = (
        "Kaldi directories train/, validation/ and test/ (each with text and wav.scp), or "
        "manifests train.jsonl, validation.jsonl and test.jsonl (or .json, .csv, .tsv) with the "
        "columns audio and text, in --tmp_dir; in its folder NAME for speech_files/NAME."
    )
    substitute = "librispeech (open, CC BY 4.0)"

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless the folder is known to have none."""
        folder_known = self._folder is not None and self._folder.is_dir()
        if folder_known and not self.test_share and not self._find_candidates("test"):
            return SPLITS[:2]
        return SPLITS

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Validation, and test if a share of it is given, where they have no list."""
        wanted = SPLITS[1:] if self.test_share else SPLITS[1:2]
        return [split for split in wanted if split not in self._lists]

    def num_parts(self, split: str) -> int:
        """Return 16 for a training split of more than 10,000 utterances, else one."""
        if split != "train" or len(self._list_whole("train").utterances) <= _ONE_PART_UP_TO:
            return 1
        return _PARTS

    def listing(self, split: str, part: int) -> Listing:
        """Return every n-th utterance of a split; notes with the first part."""
        whole = self._list_whole(split)
        utterances = whole.utterances[part :: self.num_parts(split)]
        return Listing(utterances) if part else replace(whole, utterances=utterances)

    @property
    def options_that_count(self) -> frozenset[str]:
        """The shares of splits that are held out, and columns where there is a manifest."""
        has_table = any(path.is_file() for path in self._lists.values())
        return super().options_that_count | ({"columns"} if has_table else set())

    def raw_files_wanted(self) -> list[Path]:
        """Return the lists of all splits that there are now; not the sounds."""
        return [file for path in self._lists.values() for file in find_list_files(path)]

    @property
    def _folder(self) -> Path | None:
        return None if self.tmp_dir is None else self.tmp_dir / self.argument

    @cached_property
    def _lists(self) -> dict[str, Path]:
        """The directory or manifest of each split that has one."""
        found = {split: self._choose_list(split) for split in SPLIT_NAMES}
        if not found["train"]:
            folder = self._folder or Path("TMP_DIR", self.argument)
            raise self.missing(one_of=_list_wanted(folder, "train"))
        return {split: path for split, path in found.items() if path}

    def _choose_list(self, split: str) -> Path | None:
        paths = self._find_candidates(split)
        if len(paths) > 1:
            raise UserError(
                f"Problem {self.name} cannot choose its {split} list: there are "
                f"{', '.join(path.name for path in paths)}",
                expected="one of them",
                received={"folder": str(self._folder)},
                fix="Keep one of them there.",
            )
        return next(iter(paths), None)

    def _find_candidates(self, split: str) -> list[Path]:
        """Find the lists of a split; shards count where no list is for training."""
        if self._folder is None:
            return []
        lists = self._find_plain_lists(self._folder, split)
        if lists or self._find_plain_lists(self._folder, "train"):
            return lists
        packed = find_packed_splits(self._folder)
        return [packed[split]] if split in packed else []

    def _find_plain_lists(self, folder: Path, split: str) -> list[Path]:
        paths = []
        if folder.is_dir():
            folders = (path for path in sorted(folder.iterdir()) if path.is_dir())
            named = (path for path in folders if find_named_split(path.name) == split)
            for path in named:
                if (path / "text").is_file():
                    paths.append(path)
                elif listed := find_metadata(path) or _find_nemo_manifest(path):
                    paths.append(listed)
        for stem in SPLIT_NAMES[split]:
            manifests = (folder / f"{stem}{suffix}" for suffix in MANIFEST_SUFFIXES)
            paths += [path for path in manifests if path.is_file()]
        if split == "train" and not paths:
            alone = find_metadata(folder) or _find_nemo_manifest(folder)
            return [alone] if alone else []
        return paths

    def _list_whole(self, split: str) -> Listing:
        if split not in self._listings:
            self._listings[split] = self._list_split(split)
        return self._listings[split]

    @cached_property
    def _listings(self) -> dict[str, Listing]:
        return {}

    def _list_split(self, split: str) -> Listing:
        lists = self._lists
        if split not in (*lists, *self.held_out_splits):
            raise self.missing(one_of=_list_wanted(self._folder or Path(), "test"))
        path = lists.get(split, lists["train"])
        self.raw_files_read += find_list_files(path)
        assert self.tmp_dir is not None
        with collect_odd_items() as odd:
            listing = replace(read_list(path, self.tmp_dir, self.columns), odd=odd)
        if not self.held_out_splits or (split in lists and split != "train"):
            return listing
        groups = group_utterances(listing.utterances)
        held_out = hold_out(groups, self.held_out_shares, may_exceed=False)
        grouped = zip(listing.utterances, groups, strict=True)
        chosen = [utt for utt, value in grouped if held_out.find_split(value) == split]
        if split != "train":
            return Listing(chosen)
        note = (
            f"{held_out.describe('utterances')}, which has no list; chosen by a hash of speaker, "
            "recording or name."
        )
        return replace(listing, utterances=chosen, notes=[*listing.notes, note])


def _find_nemo_manifest(folder: Path) -> Path | None:
    path = folder / NEMO_MANIFEST
    return path if path.is_file() else None


def _list_wanted(folder: Path, split: str) -> list[Path]:
    """List what a split may be, one of them."""
    return [folder / split / "text", *(folder / f"{split}{end}" for end in MANIFEST_SUFFIXES)]


def group_utterances(utterances: Sequence[Utterance]) -> list[int]:
    """Return for each utterance a hash of the group that must not be in two splits.

    Args:
        utterances: All of them. Where they are all of one group each is a group of its own.
    """
    groups = [utt.group or utt.key for utt in utterances]
    if len(set(groups)) < 2:
        groups = [utt.key for utt in utterances]
    return [hash_bytes(group.encode("utf-8", "surrogateescape"), "big") for group in groups]
