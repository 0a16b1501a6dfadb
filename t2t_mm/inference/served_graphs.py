"""Graphs of an exported model: raw values in, texts or classes out, a graph for each problem.

raw values -> rows as evaluation data holds them, padded -> search or ranking -> texts, names
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.kinds.kind_table import choose_kind, name_vocabulary
from t2t_mm.data.vocabulary.symbols import PAD_ID
from t2t_mm.inference.user_inputs import TIMES_AS_LONG
from t2t_mm.run.restore import RestoredModel
from t2t_mm.run.task import Task
from t2t_mm.search.class_ranking import TopClasses
from t2t_mm.search.forward import compile_forward
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.tracing import describe_outputs, trace
from t2t_mm.settings import DataHParams

Tensors = Mapping[str, tf.Tensor]
_NUMBER = tf.TensorSpec([], tf.int32)


class ServedGraphs:
    """Makes the graphs of a model's problems; what those of one pair of nets share is traced once.

    Args:
        restored: Model and vocabularies.
        extra_length: How much longer than its input an output may be, in symbols.
        data: The run's, which tell how long an input may be; without them it may have any length.

    Example:
        >>> import t2t_mm
        >>> loaded = t2t_mm.load("demo/run")
        >>> graph = ServedGraphs(loaded.restored, 4).trace(loaded.run.task("mini_ende"))
        >>> answers = graph(inputs=tf.constant(["A tree.", "", "A red boat."]))
        >>> answers["outputs"].shape, answers["outputs"][1].numpy()
        (TensorShape([3]), b'')
    """

    def __init__(
        self, restored: RestoredModel, extra_length: int, data: DataHParams | None = None
    ) -> None:
        self.restored = restored
        self.extra_length = extra_length
        self.data = data
        self._searches: dict[Any, Any] = {}
        self._vocabularies_in_use: set[str] = set()

    def trace(self, task: Task) -> Any:
        """Return the graph of a problem, for at least one row.

        Args:
            task: One of the model's.

        Returns:
            A concrete function. What it takes is named as the kind of its inputs says, each of
            [B, ...]. It returns "outputs", the texts, string[B]; or, best first, "classes",
            string[B, K], and their "probabilities", float32[B, K]. A blank text gives blank ones.
        """
        vocabularies = self.restored.vocabularies
        name = name_vocabulary(task.inputs)
        kind = choose_kind(task.inputs, vocabularies.get(name))
        target_name = name_vocabulary(task.targets)
        vocabulary = vocabularies[target_name]
        self._vocabularies_in_use |= {name, target_name} - {""}
        read = trace_reading(kind, self.data)
        answer = self._trace_answer(task, describe_outputs(read))

        def run(**given: tf.Tensor) -> dict[str, tf.Tensor]:
            batch = read(given)
            found = answer(batch, task.command_index, self.extra_length, task.problem_index)
            if "ids" in found:
                return {"outputs": vocabulary.decode_tensor(found["ids"])}
            ranked, probabilities = found["ranked"], found["probabilities"]
            names = vocabulary.decode_tensor(tf.reshape(ranked, [-1, 1]))
            names = tf.reshape(names, tf.shape(ranked))
            if kind.text_vocabulary:
                is_blank = tf.reduce_all(tf.equal(batch["inputs"], PAD_ID), 1, keepdims=True)
                names = tf.where(is_blank, "", names)
                probabilities = tf.where(is_blank, 0.0, probabilities)
            return {"classes": names, "probabilities": probabilities}

        specs = {
            name: tf.TensorSpec([None, *spec.shape], spec.dtype, name)
            for name, spec in kind.served_specs.items()
        }
        return tf.function(run, autograph=False).get_concrete_function(**specs)

    def make_module(self, graphs: Iterable[Any]) -> tf.Module:
        """Return what has to be saved with graphs: the weights that they read, and tokenizers."""
        captured = {id(tensor) for graph in graphs for tensor in graph.captured_inputs}
        variables = [variable.value for variable in self.restored.model.variables]
        module = tf.Module()
        module.weights = [one for one in variables if id(one.handle) in captured]
        module.resources = [
            resource
            for name in sorted(self._vocabularies_in_use)
            for resource in self.restored.vocabularies[name].resources
        ]
        return module

    def _trace_answer(self, task: Task, batch: Mapping[str, tf.TensorSpec]) -> Any:
        """Return the graph from a batch, and numbers of the task, to symbols or ranked classes."""
        # Of any length, since another problem of the same nets may declare no sizes.
        batch = {
            name: tf.TensorSpec([None] * spec.shape.rank, spec.dtype)
            for name, spec in batch.items()
        }
        key = (task.signature, tuple(batch.items()))
        if key not in self._searches:
            compute = self._choose_answer(task)
            examples = [batch, _NUMBER, _NUMBER, _NUMBER]
            self._searches[key] = compile_forward(self.restored.model, compute, examples)
        return self._searches[key]

    def _choose_answer(self, task: Task) -> Callable[..., dict[str, tf.Tensor]]:
        model = self.restored.model
        if model.modalities[task.nets[1]].reads_encoder:
            ranking = TopClasses(model, *task.signature)

            def rank(batch: Tensors, *numbers: tf.Tensor) -> dict[str, tf.Tensor]:
                ids, probabilities = ranking.rank_in_graph(batch, numbers[-1])
                return {"ranked": ids, "probabilities": probabilities}

            return rank
        greedy = GreedySearch(model, *task.signature)

        def search(batch: Tensors, *numbers: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"ids": greedy.search_in_graph(batch, *numbers)}

        return search


def trace_reading(kind: FeatureKind, data: DataHParams | None = None) -> Any:
    """Return the graph from rows of raw values to the padded batch that a net reads.

    Args:
        kind: Of the inputs, with its vocabulary where it has one.
        data: As `ServedGraphs` takes them.

    Returns:
        A concrete function from a dict of what the kind's `served_specs` name, each with an axis
        of rows in front, to "inputs", and their "inputs_size" where no id tells the padding.

    Example:
        >>> from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
        >>> from t2t_mm.features import Language
        >>> read = trace_reading(choose_kind(Language("bytes"), ByteVocabulary()))
        >>> read({"inputs": tf.constant(["ab", ""])})["inputs"].numpy().tolist()
        [[100, 101, 1], [0, 0, 0]]
    """
    specs = kind.served_specs
    read_one = trace(lambda row: kind.prepare(kind.store_tensors(row), None), [specs])
    read = describe_outputs(read_one)
    rank = read.shape.rank
    open_axes = max((axis for axis, size in enumerate(read.shape, 1) if size is None), default=0)
    row_spec = read
    if open_axes:
        row_spec = tf.RaggedTensorSpec(read.shape, read.dtype, ragged_rank=open_axes - 1)

    def read_row(row: Tensors) -> tuple[Any, tf.Tensor]:
        value = _limit_length(read_one(row), kind, data)
        size = tf.shape(value)[: kind.size_axes]
        if open_axes > 1:
            value = tf.RaggedTensor.from_tensor(value, ragged_rank=open_axes - 1)
        return value, size

    def read_rows(given: Tensors) -> dict[str, tf.Tensor]:
        sizes = tf.TensorSpec([kind.size_axes], tf.int32)
        signature = row_spec, sizes
        rows, sizes = tf.map_fn(  # one at a time: several large pictures would fill the memory
            read_row, dict(given), fn_output_signature=signature, parallel_iterations=1
        )
        inputs = rows.to_tensor() if open_axes else rows
        inputs.set_shape([None] * (rank + 1))
        return {"inputs": inputs, **({"inputs_size": sizes} if kind.size_axes else {})}

    batch = {name: tf.TensorSpec([None, *spec.shape], spec.dtype) for name, spec in specs.items()}
    return trace(read_rows, [batch])


def _limit_length(value: tf.Tensor, kind: FeatureKind, data: DataHParams | None) -> tf.Tensor:
    """Return a value as long as `prepare_input` takes it; the graph refuses a longer one."""
    limit = kind.choose_limit(data) if data else None
    if limit is None:
        return value
    positions = TIMES_AS_LONG * limit.positions
    most = [length or tf.int32.max for length in kind.find_batch_shape(positions)]
    check = tf.debugging.assert_less_equal(
        tf.shape(value),
        most,
        f"An input is more than {positions:,} positions long, {TIMES_AS_LONG} times what training "
        f"keeps ({limit.setting}): split it",
    )
    with tf.control_dependencies([check]):
        return tf.identity(value)
