"""A data set of TFDS that is not prepared: what is said where it cannot be."""

from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.tfds_lookup import find_builder, prepare_builder


def test_without_a_network_it_is_said_what_to_copy_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorflow_datasets.core.download import downloader

    def unreachable(*arguments: object, **options: object) -> None:
        raise ConnectionError("network is unreachable")

    monkeypatch.setattr(downloader, "_open_url", unreachable)
    builder = find_builder("mnist", tmp_path)
    told = r"mnist is not prepared and cannot be.*network is unreachable.*builder\('mnist'"
    with pytest.raises(UserError, match=told) as error:
        prepare_builder("mnist", builder, tmp_path)
    assert f"copy the folder tfds into {tmp_path}" in str(error.value)


def test_without_a_folder_there_is_nowhere_to_download_to() -> None:
    with pytest.raises(UserError, match=r"mnist is not prepared.*with --tmp_dir"):
        prepare_builder("mnist", find_builder("mnist", None), None)
