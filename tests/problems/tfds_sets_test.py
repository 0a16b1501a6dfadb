"""What happens where TFDS downloads and prepares, or cannot."""

import errno
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.disk import lock_folder
from t2t_mm.problems.tfds_sets import DownloadFailedError, prepare_set


class Builder:
    """Stands in for a builder of TFDS; keeps what it was asked for, or raises."""

    name = "any"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: dict[str, Any] = {}

    def is_prepared(self) -> bool:
        return False

    def download_and_prepare(self, **asked: Any) -> None:
        self.asked = asked
        if self.error:
            raise self.error


def test_downloads_go_below_tmp_dir_and_archives_that_lie_there_count(tmp_path: Path) -> None:
    builder = Builder()
    prepare_set(builder, tmp_path)
    assert builder.asked["download_dir"] == tmp_path / "tfds/downloads"
    config = builder.asked["download_config"]
    assert config.manual_dir == tmp_path and not config.try_download_gcs


@pytest.mark.parametrize(
    "error", [ConnectionError("network is unreachable"), TimeoutError("too late")]
)
def test_a_failed_download_says_what_failed(tmp_path: Path, error: OSError) -> None:
    with pytest.raises(DownloadFailedError, match=rf"^{type(error).__name__}: {error}$"):
        prepare_set(Builder(error), tmp_path)


def test_what_a_server_refuses_is_a_failed_download(tmp_path: Path) -> None:
    import tensorflow_datasets as tfds

    with pytest.raises(DownloadFailedError, match="DownloadError"):
        prepare_set(Builder(tfds.download.DownloadError("404")), tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("Not enough disk space. Needed: 9.31 GiB (download: 6.2 GiB, generated: 3.1 GiB)"),
        RuntimeError("writing failed: No space left on device"),
    ],
)
def test_a_full_disk_is_no_failed_download(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(UserError, match=r"The disk is full.*--tmp_dir") as caught:
        prepare_set(Builder(error), tmp_path)
    assert f"folder='{tmp_path / 'tfds'}'" in str(caught.value)
    assert str(error) in str(caught.value)


def make_set(home: Path, made: list[Path]) -> Any:
    """Make the builder of a data set of three numbers."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.registered import skip_registration

    with skip_registration():

        class CountedNumbers(tfds.core.GeneratorBasedBuilder):
            VERSION = tfds.core.Version("1.0.0")

            def _info(self) -> Any:
                features = tfds.features.FeaturesDict({"number": tfds.features.Scalar(np.int64)})
                return self.dataset_info_from_configs(features=features)

            def _split_generators(self, dl_manager: Any) -> Any:
                return {"train": self._generate_examples()}

            def _generate_examples(self) -> Any:
                made.append(home)
                yield from ((number, {"number": number}) for number in range(3))

    return CountedNumbers(data_dir=home / "tfds")


@pytest.mark.slow
def test_what_another_process_prepares_is_waited_for_and_read(tmp_path: Path) -> None:
    made: list[Path] = []
    first, second = make_set(tmp_path, made), make_set(tmp_path, made)
    waiting = threading.Thread(target=prepare_set, args=(second, tmp_path))
    with lock_folder(tmp_path / "tfds" / first.name):
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive() and not made
        first.download_and_prepare()
    waiting.join()
    assert len(made) == 1
    assert second.info.splits["train"].num_examples == 3
    assert [*second.as_dataset(split="train", shuffle_files=False)]


def test_other_errors_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a bug"):
        prepare_set(Builder(ValueError("a bug")), tmp_path)
