"""What is read does not hang on whether tf.data tunes."""

import tensorflow as tf

from t2t_mm.data.pipeline.tuning import leave_tuning_out


def test_the_same_is_read_without_tuning() -> None:
    def make() -> tf.data.Dataset:
        return tf.data.Dataset.range(100).shuffle(10, seed=1).map(lambda number: 2 * number)

    quiet = leave_tuning_out(make())
    assert not quiet.options().autotune.enabled
    assert list(quiet.as_numpy_iterator()) == list(make().as_numpy_iterator())
