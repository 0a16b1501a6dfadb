"""What happens where TFDS downloads and prepares, or cannot."""

import errno
from pathlib import Path
from typing import Any

import pytest

from t2t_mm.problems.tfds_sets import DownloadFailedError, prepare_set


class Builder:
    """Stands in for a builder of TFDS; keeps what it was asked for, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: dict[str, Any] = {}

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


def test_a_full_disk_is_no_failed_download(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as caught:
        prepare_set(Builder(OSError(errno.ENOSPC, "No space left on device")), tmp_path)
    assert caught.value.errno == errno.ENOSPC


def test_other_errors_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a bug"):
        prepare_set(Builder(ValueError("a bug")), tmp_path)
