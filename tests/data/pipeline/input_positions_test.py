"""Positions of several iterators, of names with slashes, come back."""

from pathlib import Path

import tensorflow as tf

from t2t_mm.data.pipeline.input_positions import make_input_checkpoint


def test_each_iterator_goes_on_where_it_was(tmp_path: Path) -> None:
    def start() -> dict[str, object]:
        return {name: iter(tf.data.Dataset.range(10)) for name in ("a/b", "c")}

    iterators = start()
    taken = [int(next(iterators["a/b"])) for _ in range(3)] + [int(next(iterators["c"]))]
    assert taken == [0, 1, 2, 0]
    make_input_checkpoint(iterators).write(str(tmp_path / "input"))
    others = start()
    make_input_checkpoint(others).read(str(tmp_path / "input")).assert_consumed()
    assert [int(next(others[name])) for name in ("a/b", "c")] == [3, 1]
