"""The sets of LibriSpeech as TFDS downloads and prepares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from t2t_mm.problems.tfds_sets import prepare_set


def read_tfds_sets(sets: Sequence[str], tmp_dir: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yield the utterances of sets of LibriSpeech, in the same order every time.

    What TFDS downloads and prepares stays in `tmp_dir/tfds` and is used again. It has one form of
    this data that stores the `.flac` files as they are, and that is taken: the other needs pydub
    and ffmpeg, and more room.

    Args:
        sets: Names of the archives, as "train-clean-100".
        tmp_dir: Folder of raw files.

    Yields:
        The name of the utterance, the bytes of its `.flac` file and its transcript.

    Raises:
        DownloadFailedError: Without a network, or when a server refuses.
    """
    import tensorflow_datasets as tfds

    builder = tfds.builder("librispeech/lazy_decode", data_dir=tmp_dir / "tfds")
    prepare_set(builder, tmp_dir)
    for name in sets:
        examples = builder.as_dataset(
            split=name_tfds_split(name),
            shuffle_files=False,
            decoders={"speech": tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(interleave_cycle_length=1),
        )
        for example in examples.as_numpy_iterator():
            yield example["id"].decode(), example["speech"], example["text"].decode()


def name_tfds_split(name: str) -> str:
    """Name a set as TFDS does.

    Example:
        >>> name_tfds_split("train-clean-100"), name_tfds_split("dev-clean")
        ('train_clean100', 'dev_clean')
    """
    first, second, *hours = name.split("-")
    return f"{first}_{second}{''.join(hours)}"
