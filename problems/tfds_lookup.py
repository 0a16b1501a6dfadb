"""Any data set of TFDS by its name: found where it is prepared, or by its code; else one error."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.problems.tfds_sets import DownloadFailedError, prepare_set


def find_builder(name: str, tmp_dir: Path | None) -> Any:
    """Find the TFDS builder of a data set, with its data where that is prepared.

    Looked at are `tmp_dir/tfds`, `tmp_dir` and TFDS's own folder: `~/tensorflow_datasets` or what
    TFDS_DATA_DIR says.

    Args:
        name: `NAME` or `NAME/CONFIG`.
        tmp_dir: Folder of raw files.

    Raises:
        UserError: TFDS knows none of that name, and none is prepared.
    """
    import tensorflow_datasets as tfds

    from t2t_mm.data.records.quiet_tfds import silence_tfds

    homes = [*([tmp_dir / "tfds", tmp_dir] if tmp_dir else []), None]
    builders, told = [], ""
    for home in homes:
        try:
            with silence_tfds():
                builder = tfds.builder(name, data_dir=home)
                if builder.is_prepared():
                    return builder
        except (ValueError, ImportError) as error:  # in another home there may be one
            told = str(error)
        else:
            builders.append(builder)
    if not builders:
        raise _make_unknown_error(name, tmp_dir, told)
    return builders[0]


def prepare_builder(name: str, builder: Any, tmp_dir: Path | None) -> None:
    """Download and prepare a data set in `tmp_dir/tfds` unless it is prepared.

    Args:
        name: See `find_builder`.
        builder: What that found.
        tmp_dir: Folder of raw files.

    Raises:
        UserError: No folder is given, or it cannot be downloaded or prepared.
    """
    from t2t_mm.data.records.quiet_tfds import silence_tfds

    with silence_tfds():
        if builder.is_prepared():
            return
    if tmp_dir is None:
        raise UserError(
            f"The TFDS data set {name} is not prepared",
            expected=f"it in {builder.data_path}, or a folder to download to",
            fix="Name that folder with --tmp_dir.",
        )
    try:
        with _log_no_retries():
            prepare_set(builder, tmp_dir)
    except (DownloadFailedError, AssertionError, ImportError) as error:
        told = " ".join(str(error).split())
        raise UserError(
            f"The TFDS data set {name} is not prepared and cannot be",
            expected=f"it in {builder.data_path}, or a network and what its download needs",
            received={"error": told[:300]},
            fix='On a machine with a network run: python -c "import tensorflow_datasets as tfds; '
            f"tfds.builder('{name}', data_dir='tfds').download_and_prepare()\" and copy the "
            f"folder tfds into {tmp_dir}. What has to be fetched by hand goes into {tmp_dir}.",
        ) from error


@contextlib.contextmanager
def _log_no_retries() -> Iterator[None]:
    """Keep the network's attempts, dozens of lines where there is none, out of the log."""
    logger = logging.getLogger("urllib3.connectionpool")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _make_unknown_error(name: str, tmp_dir: Path | None, told: str) -> UserError:
    import tensorflow_datasets as tfds

    known = tfds.list_builders(with_community_datasets=False)
    base, _, config = name.partition("/")
    if base in known:
        configs = [*tfds.builder_cls(base).builder_configs]
        if config and config not in configs:
            close = suggest_closest(config, configs)
            return UserError(
                f"The TFDS data set {base!r} has no form {config!r}.{close}",
                expected=f"tfds/{base}, or behind it one of {', '.join(configs[:10]) or 'none'}",
            )
        return UserError(f"The TFDS data set {name!r} cannot be opened", received={"error": told})
    return UserError(
        f"TFDS knows no data set named {name!r}.{suggest_closest(base, known)}",
        expected="a name of https://www.tensorflow.org/datasets/catalog, or a prepared one in "
        f"{(tmp_dir or Path('TMP_DIR')) / 'tfds' / base}",
        received={"tmp_dir": str(tmp_dir or "")},
    )
