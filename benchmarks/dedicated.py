"""A plain net of Keras's own layers, trained on one problem: what a MultiModel is compared with.

    python benchmarks/dedicated.py --problem=mini_ende --data_dir=demo/data \
        --hparams_set=multimodel_demo --seconds=60

Data, vocabulary and batches are those of the set, so that a run of `t2t-trainer` of as many seconds
is beside it. The rate rises over a fifth of the time and falls to 0 as a cosine. What is printed:
parameters, steps, milliseconds a step, teacher-forced accuracy on the split, and for texts the
scores of the problem's own metrics for greedy outputs, with intervals.
"""

from __future__ import annotations

import functools
import json
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError

Figures = dict[str, Any]

WARMUP_SHARE = 0.2
EVALUATION_BATCH = 64


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_string("problem", "", "The problem, as t2t-trainer takes it.")
    flags.DEFINE_string("data_dir", "", "Generated data.")
    flags.DEFINE_string("hparams_set", "multimodel_tiny", "Sizes of batches.")
    flags.DEFINE_multi_string("gin_file", [], "Overlays, as t2t-trainer takes them.")
    flags.DEFINE_string("hparams", "", "Settings that differ, as in t2t-trainer's --hparams.")
    flags.DEFINE_multi_string("t2t_usr_dir", [], "Your own problems.")
    flags.DEFINE_float("seconds", 60.0, "Of training.", lower_bound=0.0)
    flags.DEFINE_integer("train_steps", 0, "Steps, in place of seconds.", lower_bound=0)
    flags.DEFINE_integer("width", 128, "Of the Transformer.", lower_bound=2)
    flags.DEFINE_integer("hidden_width", 512, "Of its feed-forward layers.", lower_bound=1)
    flags.DEFINE_integer("num_heads", 4, "Of its attentions.", lower_bound=1)
    flags.DEFINE_integer("num_layers", 4, "Of its encoder, and of its decoder.", lower_bound=1)
    flags.DEFINE_float("dropout", 0.0, "On its branches.", lower_bound=0.0, upper_bound=0.9)
    flags.DEFINE_float("learning_rate", 2e-3, "The highest.", lower_bound=0.0)
    flags.DEFINE_float("label_smoothing", 0.0, "In training.", lower_bound=0.0, upper_bound=0.9)
    flags.DEFINE_float("weight_decay", 0.0, "AdamW's, of matrices.", lower_bound=0.0)
    flags.DEFINE_integer("seed", 1, "Of the initial weights and of the order of the data.")
    flags.DEFINE_string("split", "test", "What is scored.")
    flags.DEFINE_integer("limit", 0, "Examples that are scored; 0: all.", lower_bound=0)
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Train, score and print."""
    if not flags.data_dir or not flags.problem:
        raise UserError("--problem and --data_dir must be given", fix="t2t-datagen makes data.")
    if not flags.seconds and not flags.train_steps:
        raise UserError("There is nothing to train", expected="--seconds or --train_steps above 0")
    command.import_tensorflow()
    import keras

    keras.utils.set_random_seed(flags.seed)
    system = DedicatedSystem(flags)
    how = (flags.learning_rate, flags.label_smoothing, flags.weight_decay)
    figures = system.train(flags.seconds, flags.train_steps, *how)
    figures |= system.score(flags.split, flags.limit)
    print(json.dumps(figures, indent=2))
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


class DedicatedSystem:
    """The net of a problem, its data and its training.

    Args:
        flags: Those of this program.
    """

    def __init__(self, flags: Any) -> None:
        from dedicated_nets import DedicatedNet, NetSizes

        from t2t_mm import registry
        from t2t_mm.registry import load_hparams
        from t2t_mm.run.task import load_task_vocabularies, make_tasks
        from t2t_mm.training.training_inputs import open_inputs

        registry.import_user_modules(flags.t2t_usr_dir)
        self.hparams = load_hparams(
            flags.hparams_set, gin_files=flags.gin_file, overrides=flags.hparams
        )
        self.data_dir = Path(flags.data_dir)
        names = registry.expand_problems(flags.problem)
        if len(names) > 1:
            raise UserError(
                "A dedicated net is of one problem", received={"problem": ", ".join(names)}
            )
        inputs = open_inputs(names, self.hparams.data, data_dir=self.data_dir)
        (self.task,), (self.problem,) = make_tasks(inputs.problems), inputs.problems
        vocabularies = load_task_vocabularies([self.task], self.data_dir)
        self.pieces, num_pieces, num_classes = self._choose_outputs(vocabularies)
        self.streams = inputs.open_streams(self.hparams)
        sizes = NetSizes(
            flags.width,
            flags.hidden_width,
            flags.num_heads,
            flags.num_layers,
            flags.num_layers,
            flags.dropout,
        )
        modality = self.task.inputs.modality
        self.net = DedicatedNet(modality, num_pieces, num_classes, sizes)

    def train(
        self, seconds: float, steps: int, rate: float, smoothing: float = 0.0, decay: float = 0.0
    ) -> Figures:
        """Train for so many seconds, or steps where they are not 0; graphs are made before."""
        import tensorflow as tf

        self.net(self._read())
        optimizer = make_optimizer(self.net.trainable_variables, rate, decay)

        def compute_update(batch: Mapping[str, Any]) -> Any:
            with tf.GradientTape() as tape:
                loss = self._compute_loss(batch, self.net(batch, training=True), smoothing)
            variables = self.net.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        update = tf.function(compute_update, reduce_retracing=True)
        optimizer.learning_rate = 0.0
        for _ in range(3):
            update(self._read())
        done, start, passed = 0, time.perf_counter(), 0.0
        while (share := done / steps if steps else passed / seconds) < 1.0:
            optimizer.learning_rate = rate * compute_factor(share)
            loss = float(update(self._read()))
            done, passed = done + 1, time.perf_counter() - start
            if done % 200 == 0:
                print(f"step {done}, {passed:.0f} s, loss {loss:.3f}", flush=True)
        return {
            "parameters": sum(math.prod(v.shape) for v in self.net.trainable_variables),
            "steps": done,
            "seconds": round(passed, 1),
            "ms_per_step": round(1000 * passed / done, 1),
        }

    def score(self, split: str, limit: int) -> Figures:
        """Score a split: with the true symbols before each, and what is written without them."""
        import numpy as np

        from t2t_mm.data.kinds.kind_table import choose_kind
        from t2t_mm.evaluation.evaluation import find_language
        from t2t_mm.scoring.decoded import Decoded
        from t2t_mm.scoring.metrics import find_intervals, score_decoded
        from t2t_mm.scoring.teacher_forced import TeacherForcedSums
        from t2t_mm.scoring.translation import choose_tokenizer

        sums, hypotheses, references = TeacherForcedSums(), [], []
        kind = choose_kind(self.task.targets)
        for batch in self._list_batches(split, limit):
            texts = batch.pop("targets_text")
            batch.pop("inputs_text")
            logits, targets = self.net(batch), np.asarray(batch["targets"])
            loss = self._compute_loss(batch, logits, mean=False)
            sums.add(float(loss), np.argmax(logits, axis=-1).astype("int32"), targets)
            references += [kind.list_texts(text.decode("utf-8")) for text in texts]
            if self.pieces:
                hypotheses += [self.pieces.decode(row) for row in self._write(batch)]
        figures: Figures = {"teacher_forced": sums.compute_scores()}
        if self.pieces:
            tokenizer = choose_tokenizer(find_language(self.task))
            decoded = Decoded(hypotheses, references, tokenizer=tokenizer)
            figures["decoded"] = score_decoded(self.task.metrics, decoded)
            figures["intervals"] = find_intervals(self.task.metrics, decoded)
        return figures

    def _choose_outputs(self, vocabularies: Mapping[str, Any]) -> tuple[Any, int, int]:
        """Return the vocabulary of what is written, if texts are, its size, number of classes."""
        from t2t_mm.data.vocabulary.symbols import TextVocabulary

        texts = [one for one in vocabularies.values() if isinstance(one, TextVocabulary)]
        if len(texts) > 1:
            raise UserError(
                "The plain Transformer ties all its embeddings",
                expected="one vocabulary of inputs and targets",
                received={"vocabularies": sorted(vocabularies)},
            )
        size = texts[0].size if texts else 0
        if self.task.targets.modality == "language":
            return texts[0], size, 0
        (classes,) = (one for one in vocabularies.values() if one not in texts)
        return None, size, classes.size

    def _read(self) -> dict[str, Any]:
        import tensorflow as tf

        return {name: tf.constant(one) for name, one in self.streams.read(self.task.name).items()}

    def _list_batches(self, split: str, limit: int) -> Iterator[dict[str, Any]]:
        from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
        from t2t_mm.data.pipeline.length_limits import choose_limits
        from t2t_mm.features import BatchSpec

        yield from map(
            dict,
            make_evaluation_dataset(
                self.problem,
                split,
                data_dir=self.data_dir,
                batch=BatchSpec(examples=EVALUATION_BATCH),
                limit=limit,
                limits=choose_limits(self.problem, self.hparams.data),
            ),
        )

    def _compute_loss(
        self, batch: Mapping[str, Any], logits: Any, smoothing: float = 0.0, mean: bool = True
    ) -> Any:
        """Return the cross-entropy of symbols that are not padding, or of classes."""
        from keras import losses, ops

        each = losses.sparse_categorical_crossentropy(batch["targets"], logits, from_logits=True)
        if smoothing:
            of_all = -ops.mean(ops.log_softmax(logits), axis=-1)
            each = (1.0 - smoothing) * each + smoothing * of_all
        counts = ops.ones_like(each)
        if self.pieces:
            counts = ops.cast(batch["targets"] != 0, each.dtype)
        total = ops.sum(each * counts)
        return total / ops.maximum(ops.sum(counts), 1.0) if mean else total

    @functools.cached_property
    def _choose_next(self) -> Any:
        """The most probable symbol for the last place of each row, compiled."""
        import tensorflow as tf
        from keras import ops

        def choose(so_far: Any, source: Any, mask: Any) -> Any:
            return ops.argmax(self.net.write(so_far, source, mask)[:, -1], axis=-1)

        return tf.function(choose, reduce_retracing=True)

    def _write(self, batch: Mapping[str, Any]) -> Any:
        """Write greedily, the decoder run over all symbols so far at every step: int[B, T]."""
        import numpy as np
        import tensorflow as tf

        from t2t_mm.data.vocabulary.symbols import EOS_ID

        source, mask = self.net.encode(batch)
        written = np.zeros((len(source), 0), np.int32)
        ended = np.zeros(len(source), bool)
        most = int(source.shape[1]) + self.hparams.decode.extra_length
        while not ended.all() and written.shape[1] < most:
            so_far = tf.constant(np.pad(written, ((0, 0), (0, 1))))
            chosen = np.where(ended, 0, np.asarray(self._choose_next(so_far, source, mask)))
            written = np.concatenate([written, chosen[:, None].astype("int32")], axis=1)
            ended |= chosen == EOS_ID
        return written


def make_optimizer(variables: Sequence[Any], rate: float, decay: float) -> Any:
    """Make Keras's Adam, built for the variables, with a weight decay of the matrices among them.

    Source: Kingma and Ba 2015; Loshchilov and Hutter 2019, Algorithm 2.
    """
    import keras

    optimizer = keras.optimizers.Adam(
        rate, epsilon=1e-9, global_clipnorm=2.0, weight_decay=decay or None
    )
    optimizer.exclude_from_weight_decay([one for one in variables if len(one.shape) < 2])
    optimizer.build(variables)
    return optimizer


def compute_factor(share: float) -> float:
    """Compute what the rate is multiplied with after a share of the training.

    Example:
        >>> [round(compute_factor(share), 2) for share in (0.0, 0.1, 0.2, 0.6, 1.0)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    fall = (share - WARMUP_SHARE) / (1.0 - WARMUP_SHARE)
    return min(share / WARMUP_SHARE, 0.5 * (1.0 + math.cos(math.pi * max(fall, 0.0))))


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    os.environ["KERAS_BACKEND"] = "tensorflow"  # before anything imports Keras
    return command.run_command("dedicated.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
