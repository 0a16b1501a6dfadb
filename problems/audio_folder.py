"""audio_folder: a problem made of sounds and their classes in --tmp_dir, without any code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.sounds.raw_sounds import RawSoundReader
from t2t_mm.features import Audio, BatchSpec, Categorical
from t2t_mm.problems.class_folder import ClassFolderProblem
from t2t_mm.problems.file_kinds import SOUNDS
from t2t_mm.problems.label_pattern import propose_patterns
from t2t_mm.problems.speech import read_raw_sound
from t2t_mm.registry import register_problem


@register_problem("audio_folder")
class AudioFolder(ClassFolderProblem):
    """Names the class of a sound, which its folder, its name or a table says.

    `audio_folder` reads --tmp_dir, `audio_folder/NAME` the folder NAME in it, so that several sets
    of sounds may stand side by side. They lie there as pictures do for `image_folder`:

    - `train/CLASS/*.wav` with `validation` (`valid`, `val`, `dev`) and `test` like it, each with
      any folders below the class. Without validation sounds 10% of the training sounds are held
      out, at most 2,000, and without test sounds there is no test split.
    - `CLASS/*.wav` alone: 10% for validation and 10% for test, at most 2,000 each; or those that
      `validation_list.txt` and `testing_list.txt` beside the classes name, as in Speech Commands.
    - `metadata.csv` with the columns `file_name` and `label` or another table, names that
      `--label_pattern` of t2t-datagen fits, or shards of `KEY.wav` and `KEY.cls` in a `.tar` or of
      `audio` and `label` in a `.parquet`; see `image_folder`.

    What is held out is chosen by a hash of the path, and never the last sound of a class;
    `--validation_share` and `--test_share` of t2t-datagen say how much.

    Sounds are files that end in .wav, .flac, .ogg, .mp3, .sph or .wv1. Several channels are
    averaged; other sample rates than 16,000 Hz are converted and counted. Other files are left out
    and counted, and so are empty sounds.

    t2t-datagen notices sounds that came or changed since, up to 20,000 of them.

    Raises:
        UserError: When data is generated: no sounds, a single class, validation sounds of a class
            without training sounds.
    """

    modalities: ClassVar = {
        "inputs": Audio(),
        "targets": Categorical(vocabulary="audio_folder_classes"),
    }
    kind = SOUNDS
    propose = staticmethod(partial(propose_patterns, SOUNDS))
    batch = BatchSpec(examples=16)
    skip_bad_examples = True
    licence = "that of your sounds"
    size = "that of your sounds"
    source = (
        "Put sounds in folders named by their classes, train/CLASS/*.wav and likewise val and "
        "test, or CLASS/*.wav alone, or metadata.csv with file_name and label beside them, in "
        "--tmp_dir (audio_folder) or in a folder NAME of --tmp_dir (audio_folder/NAME)."
    )
    substitute = "Speech Commands (open, CC BY 4.0) or ESC-50 (CC BY-NC 3.0)."

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield at most 2,000 sounds of a split, and tell at the end what was resampled."""
        reader = RawSoundReader(Audio().sample_rate_hz)
        for example in super().generate_part(split, part):
            yield {**example, "inputs": partial(read_raw_sound, reader, example["inputs"])}
        if note := reader.describe_resampling():
            warn_once(f"Problem {self.name}, {split}: {note}")
