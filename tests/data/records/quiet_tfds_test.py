"""TFDS keeps silent inside, and talks again outside whatever happened."""

import logging

import pytest

from t2t_mm.data.records.quiet_tfds import silence_tfds


def test_only_errors_are_told_inside_and_the_old_level_is_back_outside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("absl")
    with caplog.at_level(logging.INFO, logger="absl"):
        with silence_tfds():
            logger.warning("Generating dataset")
            logger.error("A shard is gone")
        logger.info("outside")
        with pytest.raises(KeyError), silence_tfds():
            raise KeyError
        logger.info("after an error")
    assert caplog.messages == ["A shard is gone", "outside", "after an error"]
