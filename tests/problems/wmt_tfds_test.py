"""Pairs of a TFDS translation set, by a builder that a test made."""

import logging
from types import SimpleNamespace

from t2t_mm.problems.wmt_tfds import read_tfds_pairs


def test_empty_pairs_of_tfds_are_told(tmp_path, caplog):
    import tensorflow as tf

    texts = {"en": ["a dog", " ", "", "a cat"], "de": ["ein Hund", "x", "\n", "eine Katze"]}
    builder = SimpleNamespace(
        info=SimpleNamespace(full_name="small/de-en"),
        name="small",
        is_prepared=lambda: False,
        download_and_prepare=lambda **options: None,
        as_dataset=lambda **options: tf.data.Dataset.from_tensor_slices(texts),
    )
    with caplog.at_level(logging.WARNING):
        found = list(read_tfds_pairs(builder, "train", ("en", "de"), tmp_path))
    assert found == [("a dog", "ein Hund"), ("a cat", "eine Katze")]
    assert (
        "small/de-en of TFDS, train: skipped 1 pairs with both sides empty and 1 pairs with one"
        in caplog.text
    )


def test_languages_are_in_the_order_that_was_asked_for(tmp_path):
    import tensorflow as tf

    asked = {}

    def as_dataset(**options):
        asked.update(options)
        return tf.data.Dataset.from_tensor_slices({"en": [" a dog\n"], "de": ["ein Hund"]})

    builder = SimpleNamespace(
        info=SimpleNamespace(full_name="small/de-en"),
        name="small",
        is_prepared=lambda: False,
        download_and_prepare=lambda **options: None,
        as_dataset=as_dataset,
    )
    found = list(read_tfds_pairs(builder, "validation", ("de", "en"), tmp_path))
    assert found == [("ein Hund", "a dog")]
    assert asked["split"] == "validation" and not asked["shuffle_files"]
