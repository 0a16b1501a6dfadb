"""A process of its own for what needs several devices: a mesh is made before TensorFlow starts.

Trains on four slices and scores the run, trains another whose updates are of two batches, then runs
layers of experts on two and four. It leaves the second run in RESULTS/accumulated, the scores in
RESULTS/scores.json, the numbers in RESULTS/numbers.npz and where all was in RESULTS/places.json.

Example: python tests/mesh_run.py DATA_DIR RUN_DIR RESULTS
"""

import collections
import json
import sys
from pathlib import Path

import numpy as np

NUM_EXPERTS, WIDTH, EXPERT_WIDTH, CHOSEN, POSITIONS = 8, 6, 9, 3, 23
MESHES = {"none": (), "two": ("CPU:0", "CPU:1"), "four": ("CPU:0", "CPU:1", "CPU:2", "CPU:3")}


def train_on_four(data_dir, output_dir, further=""):
    from tiny_run import PROBLEMS, TINY

    import t2t_mm
    from t2t_mm.registry import load_hparams

    overrides = f"{TINY},train.steps=2,experts.mesh_shape=experts:4{further}"
    hparams = load_hparams("multimodel_tiny", overrides=overrides)
    t2t_mm.train(
        list(PROBLEMS),
        hparams=hparams,
        data_dir=data_dir,
        output_dir=output_dir,
        options=t2t_mm.TrainingOptions(evaluate=False),
    )


def batch():
    generator = np.random.default_rng(0)
    chosen = [generator.permutation(NUM_EXPERTS)[:CHOSEN] for _ in range(POSITIONS)]
    return {
        "x": generator.normal(size=(POSITIONS, WIDTH)).astype("float32"),
        "experts": np.stack(chosen).astype("int32"),
        "gates": generator.uniform(0.1, 1.0, (POSITIONS, CHOSEN)).astype("float32"),
        "mask": generator.uniform(size=POSITIONS) < 0.8,
    }


def layer_on(devices, dispatch):
    from t2t_mm.layers.experts.mixture_of_experts import Experts

    layer = Experts(NUM_EXPERTS, EXPERT_WIDTH, dispatch, devices=devices)
    layer.build((None, WIDTH))
    for index, weight in enumerate(layer.weights):
        weight.assign(np.random.default_rng(index).normal(size=weight.shape))
    return layer


def traced_step(layer):
    import tensorflow as tf

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, WIDTH], tf.float32, name="x"),
            tf.TensorSpec([None, CHOSEN], tf.int32, name="experts"),
            tf.TensorSpec([None, CHOSEN], tf.float32, name="gates"),
            tf.TensorSpec([None], tf.bool, name="mask"),
        ]
    )
    def step(x, experts, gates, mask):
        with tf.GradientTape() as tape:
            tape.watch([x, gates])
            y = layer(x, experts, gates, position_mask=mask)
            total = tf.reduce_sum(tf.square(y))
        watched = {weight.path: weight.value for weight in layer.weights} | {"x": x, "gates": gates}
        return {"y": y} | tape.gradient(total, watched)

    return step


def matmuls_by_device(step):
    graph = step.get_concrete_function().graph
    places = [op.device[-5:] for op in graph.get_operations() if op.type == "MatMul"]
    return dict(collections.Counter(places))


def main(data_dir, output_dir, results):
    train_on_four(data_dir, output_dir)
    import t2t_mm

    scores = t2t_mm.evaluate(output_dir, options=t2t_mm.EvaluationOptions(limit=4))
    (results / "scores.json").write_text(json.dumps(scores))
    train_on_four(data_dir, results / "accumulated", ",train.accumulate_steps=2")
    from t2t_mm.layers.on_mesh_tensorflow.expert_mesh import count_traffic
    from t2t_mm.training.on_tensorflow.postponed import make_zeros_beside

    numbers, places = {}, {"traffic": count_traffic(NUM_EXPERTS, CHOSEN, WIDTH, MESHES["four"])}
    for mesh, devices in MESHES.items():
        for dispatch in ("dense", "ragged"):
            layer = layer_on(devices, dispatch)
            step = traced_step(layer)
            for name, value in step(**batch()).items():
                numbers[f"{mesh}/{dispatch}/{name.partition('/')[2] or name}"] = value.numpy()
        eager = layer(**{name: value for name, value in batch().items() if name != "mask"})
        numbers[f"{mesh}/eager"] = eager.numpy()
        places[mesh] = {
            "variables": [matrix.value.device[-5:] for matrix in (*layer.w_in, *layer.w_out)],
            "moments": [make_zeros_beside(matrix.value).device[-5:] for matrix in layer.w_in],
            "matmuls": matmuls_by_device(step),
        }
    np.savez(results / "numbers.npz", **numbers)
    (results / "places.json").write_text(json.dumps(places))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
