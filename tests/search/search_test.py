"""What every search does, by the greedy one and a model whose answers are known."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from search_cases import run_searches
from small_model import TEXT, ids, make_talkative_model

from t2t_mm.modalities.base import Positions
from t2t_mm.model.multimodel import Encoded
from t2t_mm.run.named_variables import name_variables
from t2t_mm.search import search as search_module
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.search import Search

ROOT = Path(__file__).parents[2]


class CountDown:
    """Says n, n - 1, ... 1 for an input that begins with n; 1 is the end of a sequence.

    The index of the problem is added to n.
    """

    def encode(self, inputs: tf.Tensor, *, problem: tf.Tensor, **told: object) -> Encoded:
        x = inputs + problem  # so that an answer tells which problem it was asked
        return Encoded(Positions(x, inputs > 0), [])

    def start_decoding(
        self, encoded: Encoded, *, modality: str, command: tf.Tensor
    ) -> tuple[tf.Tensor]:
        return (encoded.positions.x[None, :, 0],)

    def decode_step(
        self, previous: tf.Tensor, position: tf.Tensor, cache: tuple[tf.Tensor], **told: object
    ) -> tuple[tf.Tensor, tuple[tf.Tensor]]:
        return tf.maximum(cache[0][0] - position, 0), cache

    def compute_logits(self, x: tf.Tensor, modality: str) -> tf.Tensor:
        return tf.one_hot(x, 101)

    def classify(self, encoded: Encoded, modality: str) -> tf.Tensor:
        return tf.one_hot(encoded.positions.x[:, 0], 10)


def test_a_first_call_that_is_interrupted_leaves_nothing_half_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    greedy = GreedySearch(CountDown(), "", "")  # type: ignore[arg-type]
    batch = {"inputs": np.array([[3]], np.int32)}
    compiled = search_module.compile_forward

    def interrupt(model: object, function: Any, *more: Any, **told: Any) -> Any:
        if function == greedy._decode_segment:
            raise KeyboardInterrupt
        return compiled(model, function, *more, **told)

    monkeypatch.setattr(search_module, "compile_forward", interrupt)
    with pytest.raises(KeyboardInterrupt):
        greedy(batch, command_index=0, extra_length=9)
    monkeypatch.setattr(search_module, "compile_forward", compiled)
    found = greedy(batch, command_index=0, extra_length=9)
    assert found.ids[:, 0].tolist() == [[3, 2, 1]]


def search(inputs: list[list[int]], extra_length: int, problem: int = 0) -> list[list[int]]:
    greedy = GreedySearch(CountDown(), "", "")  # type: ignore[arg-type]
    batch = {"inputs": np.array(inputs, np.int32)}
    found = greedy(batch, command_index=0, extra_length=extra_length, problem_index=problem)
    return found.ids[:, 0].tolist()


def test_each_row_ends_at_its_own_end_of_sequence() -> None:
    assert search([[3, 1], [1, 0], [4, 1]], extra_length=9) == [
        [3, 2, 1, 0],
        [1, 0, 0, 0],
        [4, 3, 2, 1],
    ]


def test_the_limit_is_each_inputs_own_length_and_what_is_extra() -> None:
    assert search([[9, 1, 0, 0], [9, 7, 7, 1]], extra_length=1) == [
        [9, 8, 7, 0, 0],
        [9, 8, 7, 6, 5],
    ]


def test_rows_longer_than_the_first_room_go_on_where_they_were() -> None:
    [row] = search([[100] + [1] * 79], extra_length=9)
    assert row == list(range(100, 11, -1))


def test_a_row_without_inputs_has_no_output() -> None:
    assert search([[0, 0], [2, 1]], extra_length=9) == [[0, 0], [2, 1]]


def test_the_model_is_told_which_problem_it_is() -> None:
    assert search([[2, 1]], extra_length=9, problem=2) == [[4, 3, 2, 1]]


def test_inputs_that_are_finished_leave_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: list[int] = []
    greedy = GreedySearch(CountDown(), "", "")  # type: ignore[arg-type]
    batch = {"inputs": np.array([[40] + [1] * 39, [3] + [1] * 39, [90] + [1] * 39], np.int32)}
    greedy(batch, command_index=0, extra_length=60)
    go_on = greedy._go_on
    monkeypatch.setattr(
        greedy, "_go_on", lambda state: rows.append(len(state.limits)) or go_on(state)
    )
    found = greedy(batch, command_index=0, extra_length=60).ids[:, 0]
    assert rows == [3, 2, 1]
    assert [np.count_nonzero(row) for row in found] == [40, 3, 90]


@pytest.mark.slow
def test_xla_finds_the_same_symbols() -> None:
    plain = GreedySearch(make_talkative_model(), TEXT, TEXT)
    compiled = GreedySearch(plain.model, TEXT, TEXT)
    compiled.jit_compile = True
    batch = ids(3, 13)
    batch[1, 5:] = 0
    for inputs in (batch, batch[:, :9]):
        given = {"batch": {"inputs": inputs}, "command_index": 1, "extra_length": 12}
        given["open_axes"] = [1]
        np.testing.assert_array_equal(compiled(**given).ids, plain(**given).ids)
    assert compiled._go_on.function_def.attr["_XlaMustCompile"].b


@pytest.mark.slow
@pytest.mark.long
def test_xla_finds_the_same_in_every_way_to_search(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_talkative_model()
    plain = run_searches(model)
    monkeypatch.setattr(Search, "jit_compile", True)
    for name, found in run_searches(model).items():
        np.testing.assert_array_equal(found, plain[name], err_msg=name)


ON_JAX = """
import sys
sys.modules["tensorflow"] = None  # any import of it now fails
import numpy as np
from search_cases import run_searches
from small_model import make_model
from t2t_mm.run.named_variables import assign_arrays, name_variables

model = make_model()
with np.load(sys.argv[1]) as arrays:
    assign_arrays(name_variables(model.variables, model.row_names), arrays.__getitem__)
np.savez(sys.argv[2], **run_searches(model))
"""


@pytest.mark.slow
def test_jax_without_tensorflow_finds_the_same_symbols(tmp_path: Path) -> None:
    """Of batches of other sizes than it compiles for, over two rooms for positions."""
    pytest.importorskip("jax")
    model = make_talkative_model()
    weights, outputs = tmp_path / "weights.npz", tmp_path / "out.npz"
    named = name_variables(model.variables, model.row_names)
    np.savez(weights, **{name: np.asarray(variable) for name, variable in named.items()})
    subprocess.run(
        [sys.executable, "-c", ON_JAX, weights, outputs],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
        | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        check=True,
    )
    with np.load(outputs) as found:
        for name, expected in run_searches(model).items():
            np.testing.assert_array_equal(found[name], expected, err_msg=name)
            assert expected.shape[2] > 32 and len(np.unique(expected)) > 5, name
