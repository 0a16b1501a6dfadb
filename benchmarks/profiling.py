"""Where the time of a computation goes, by kind of operation.

TensorFlow's profiler writes one event for each operation that a thread runs; their durations are
added up. Two threads that work at once count twice, so the sums are core seconds, not seconds.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

KINDS: Mapping[str, str] = {
    "matrix products": r"(Batch)?MatMul(V2)?|Fused(Batch)?MatMul",
    "convolutions": r"(Native)?(Fused)?(DepthwiseConv2d|Conv2D).*",
    "optimizer": r"ResourceApply.*|L2Loss|Assign.*|ResourceScatter.*",
    "moving data": r"Transpose|Gather.*|Concat.*|Pack|Unpack|Pad.*|.*Slice.*|Split.*|Tile|Scatter.*"
    r"|InvertPermutation|.*Scatter.*|Resource(Strided)?.*",
    "random numbers": r"Stateless.*|Random.*",
    "sums, norms, activations": r"Mul|Add.*|Sub|Sum|Mean|Max|Exp|Log.*|Relu.*|Softmax|Sq.*|Rsqrt"
    r"|Neg|.*Div.*|Select.*|Greater.*|Less.*|Equal.*|.*UnaryOps.*|Erf|Softplus.*|Cast|OneHot|Bincount"
    r"|UnsortedSegment.*|TopK.*|Fill|Range|BiasAdd.*|FusedBatchNorm.*|MaxPool.*|AvgPool.*",
}
REST = "everything else"
# Operations are written as "multimodel/encoder/block0/MatMul:MatMul", name and type; beside them
# are whole calls and the runtime's own functions, without a type or as "ExecutorState::Process".
_OPERATION = re.compile(r"[^:]+:(\w+)")


def measure_seconds_by_kind(run: Callable[[], Any], repeats: int = 3) -> dict[str, float]:
    """Measure the core seconds of one run by kind of operation, with the profiler.

    Args:
        run: Waits until what it computes is there.
        repeats: Runs that are averaged.

    Returns:
        Kind -> core seconds, for every kind of `KINDS`, and `REST`.
    """
    sums = dict.fromkeys((*KINDS, REST), 0.0)
    for operation, seconds in measure_seconds_by_operation(run, repeats).items():
        sums[find_kind(operation)] += seconds
    return sums


def find_kind(operation: str) -> str:
    """Find the kind of an operation's type, such as "matrix products" for "_MklMatMul"."""
    plain = operation.removeprefix("_Mkl").removeprefix("_")
    return next((kind for kind, form in KINDS.items() if re.fullmatch(form, plain)), REST)


def measure_seconds_by_operation(run: Callable[[], Any], repeats: int = 3) -> dict[str, float]:
    """Measure the core seconds of one run by type of operation."""
    import tensorflow as tf

    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2)
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder, options=options):
            for _ in range(repeats):
                run()
        (trace,) = Path(folder).rglob("*.xplane.pb")
        sums = _sum_durations(trace.read_bytes())
    return {operation: seconds / repeats for operation, seconds in sums.items()}


def _sum_durations(trace: bytes) -> dict[str, float]:
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(trace)
    sums: dict[str, float] = defaultdict(float)
    for plane in space.planes:
        if "CPU" not in plane.name:
            continue
        for line in plane.lines:
            for event in line.events:
                operation = _OPERATION.fullmatch(plane.event_metadata[event.metadata_id].name)
                if operation:
                    sums[operation[1]] += event.duration_ps / 1e12
    return sums
