"""Where the device time of a compiled JAX program goes: by kernel, by kind and by source file.

JAX's profiler writes one event for each kernel that a GPU runs (on a CPU: for each operation of the
program), under the name of the operation in the compiled program. The programs in memory say what
such an operation does and for which line of our sources it stands.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Sums = dict[str, Any]
MOST_KERNELS = 25
KINDS: Mapping[str, str] = {
    "matrix products": r"dot|.*(gemm|cublas|nvjet|cutlass|matmul).*",
    "convolutions": r"convolution|.*(conv(?!ert)|cudnn|dgrad|wgrad|fprop).*",
    "attention": r".*(fmha|flash|sdpa).*",
    "sorting": r"sort|topk|.*(radix|bitonic|sort|topk).*",
    "random numbers": r"rng.*|shift-left|.*(philox|threefry).*",
    "gathers and scatters": r"gather|scatter|dynamic-(update-)?slice|.*(gather|scatter).*",
    "reductions": r"reduce(-window)?|.*reduc.*",
    "copies": r"copy.*|transpose|.*(memcpy|memset|copy|transpose).*",
}
"""By operation or kernel name; the first that any operation of a fusion has."""
REST = "elementwise and others"
_NO_WORK = ("while", "conditional", "call")  # what they run has events of its own
_OURS = re.compile(r"t2t_mm/.*|hparams/.*")


class Operation(NamedTuple):
    """One of a compiled program.

    Attributes:
        kinds: The opcodes that it runs.
        source: File of ours that it stands for; empty if unknown.
        scope: Layer and operation, as JAX names them.
    """

    kinds: frozenset[str]
    source: str
    scope: str


def profile_device(run: Callable[[], Any], repeats: int) -> Sums:
    """Measure what the device's time is spent on.

    Args:
        run: Waits until what it computes is there.
        repeats: Steps that a run makes; all sums are of one.

    Returns:
        "kinds", "sources" and "scopes", seconds by name; "total_seconds" and "num_kernels"; and
        "kernels", the longest ones, with "name", "kind", "source", "scope", "seconds" and "count".
    """
    import jax

    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            run()
        (trace,) = Path(folder).rglob("*.xplane.pb")
        events = list(_list_events(jax.profiler.ProfileData.from_file(str(trace))))
    operations: dict[str, Operation] = {}
    for executable in jax.devices()[0].client.live_executables():
        for module in executable.hlo_modules():
            operations |= read_program(module.to_string(), module.name)
    return sum_events(events, operations, repeats)


def _list_events(data: Any) -> Iterable[tuple[str, str, float]]:
    """List program, name and seconds of each event of a device."""
    for plane in data.planes:
        on_device = plane.name.startswith("/device:GPU")
        for line in plane.lines:
            if on_device and not line.name.startswith("Stream"):
                continue  # sums of others
            for event in line.events:
                stats = {name: value for name, value in event.stats if name}
                if on_device or (stats.get("hlo_op") == event.name):
                    name = str(stats.get("hlo_op", event.name))
                    label = event.name if on_device else name
                    module = str(stats.get("hlo_module", ""))
                    yield f"{module}/{name}", label, event.duration_ns * 1e-9


def sum_events(
    events: Iterable[tuple[str, str, float]], operations: Mapping[str, Operation], repeats: int
) -> Sums:
    """Add up events; see `profile_device`.

    Args:
        events: Program and operation, kernel name, seconds.
        operations: By program and operation.
        repeats: Steps that they are of.
    """
    kinds = dict.fromkeys((*KINDS, REST), 0.0)
    sources: dict[str, float] = defaultdict(float)
    scopes: dict[str, float] = defaultdict(float)
    by_label = {_plain(key.rpartition("/")[2]): operation for key, operation in operations.items()}
    kernels: dict[tuple[str, ...], list[float]] = defaultdict(list)
    unknown = Operation(frozenset(), "", "")
    for key, label, seconds in events:
        operation = operations.get(key) or by_label.get(_plain(label), unknown)
        if operation.kinds & set(_NO_WORK):
            continue
        kind = find_kind(operation.kinds, label)
        kinds[kind] += seconds / repeats
        sources[operation.source or "unknown"] += seconds / repeats
        scopes[simplify_scope(operation.scope) or "unknown"] += seconds / repeats
        kernels[label[:90], kind, operation.source, operation.scope].append(seconds)
    longest = sorted(kernels.items(), key=lambda item: -sum(item[1]))[:MOST_KERNELS]
    fields = ("name", "kind", "source", "scope")
    return {
        "total_seconds": sum(kinds.values()),
        "kinds": kinds,
        "sources": sort_sums(sources),
        "scopes": sort_sums(scopes),
        "num_kernels": sum(map(len, kernels.values())) / repeats,
        "kernels": [
            dict(zip(fields, names, strict=True))
            | {"seconds": sum(found) / repeats, "count": len(found) / repeats}
            for names, found in longest
        ],
    }


def sort_sums(sums: Mapping[str, float]) -> dict[str, float]:
    """Return sums, the largest first."""
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def _plain(label: str) -> str:
    """Write the name of an operation as that of its kernel: parts of a graph have that only."""
    return re.sub(r"\W", "_", label)


def simplify_scope(scope: str) -> str:
    """Leave the layer of a scope, the same for all blocks, and "back" for a backward pass.

    Example:
        >>> simplify_scope("jit(update)/transpose(jvp(encoder))/block2/step4/dot_general")
        'encoder/block*/step4 back'
    """
    *outer, _ = scope.split("/") or [""]
    back = " back" if "transpose(" in scope else ""
    plain = [re.sub(r"\w+\(|\)", "", part) for part in outer if not part.startswith("jit(")]
    return re.sub(r"\d+", "*", "/".join(filter(None, plain))) + back


def find_kind(opcodes: Iterable[str], label: str) -> str:
    """Find the kind of a kernel by the operations of its program, else by its name."""
    for names in (list(opcodes), [label.lower()]):
        for kind, form in KINDS.items():
            if any(re.fullmatch(form, name) for name in names):
                return kind
    return REST


_COMPUTATION = re.compile(r"^(?:ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?([\w.\-]+) = .*?[ )}\]]([a-z][a-z0-9\-]*)\(([^)]*)\)")
_TARGET = re.compile(r'custom_call_target="([^"]+)"')
_CALLED = re.compile(r"(?:calls|to_apply)=%?([\w.\-]+)")
_SCOPE = re.compile(r'op_name="([^"]*)"')
_FRAME = re.compile(r"stack_frame_id=(\d+)")


def read_program(text: str, name: str) -> dict[str, Operation]:
    """Read a compiled program as XLA prints it.

    Args:
        text: Tables of files and frames, then computations.
        name: Of the program.

    Returns:
        What each of its operations is, by "program/operation".
    """
    frames = _read_frames(text)
    opcodes: dict[str, set[str]] = defaultdict(set)
    origins: dict[str, tuple[str, str]] = {}  # of computations, too: that of their last operation
    found, computation = {}, ""
    for line in text.splitlines():
        if header := _COMPUTATION.match(line):
            computation = header[1]
        if not (instruction := _INSTRUCTION.match(line)):
            continue
        operation, opcode, operands = instruction.groups()
        if opcode == "custom-call" and (target := _TARGET.search(line)):
            opcode = target[1].lower()
        opcodes[computation].add(opcode)
        scope, frame = _SCOPE.search(line), _FRAME.search(line)
        called = _CALLED.search(line) if opcode == "fusion" else None
        candidates = ["", *re.findall(r"%([\w.\-]+)", operands)]
        if called:
            candidates.insert(1, called[1])
        if scope:
            origins[""] = (frames.get(frame[1], "") if frame else "", scope[1])
        known = [origins[one] for one in candidates if one in origins]
        origins.pop("", None)
        if known:  # what XLA has made has no origin of its own: that of what it is made from
            origins[operation] = origins[computation] = known[0]
        kinds = opcodes[called[1]] if called else {opcode}
        found[f"{name}/{operation}"] = Operation(
            frozenset(kinds), *(known[0] if known else ("", ""))
        )
    return found


def _read_frames(text: str) -> dict[str, str]:
    """Read which file of ours each stack frame leads to, the innermost one."""
    files = dict(re.findall(r'^(\d+) "(.*)"$', text.partition("FunctionNames")[0], re.MULTILINE))
    places = dict(re.findall(r"^(\d+) \{file_name_id=(\d+) ", text, re.MULTILINE))
    table = re.findall(
        r"^(\d+) \{file_location_id=(\d+)(?: parent_frame_id=(\d+))?", text, re.MULTILINE
    )
    # XLA prints a parent's number plus one: the first frame has no parent, and 1 is printed.
    offset = 1 if table and table[0][2] == table[0][0] else 0
    parents = {frame: str(int(parent or offset) - offset) for frame, _, parent in table}
    own = {frame: files.get(places.get(place, ""), "") for frame, place, _ in table}

    def find_source(frame: str) -> str:
        while frame in own:
            if (path := _OURS.search(own[frame])) and "site-packages" not in own[frame]:
                return path[0]
            frame = parents[frame]
        return ""

    return {frame: find_source(frame) for frame in own}


def print_profile(name: str, sums: Sums) -> None:
    """Print what one case's device time is spent on."""
    from rich.console import Console
    from rich.table import Table

    total = sums["total_seconds"] or 1.0
    print(
        f"\n{name}: {1e3 * total:.2f} ms of device time, {sums['num_kernels']:,.0f} kernels a step"
    )
    for what in ("kinds", "sources", "scopes"):
        table = Table(box=None, pad_edge=False)
        for heading in (what, "ms", "share"):
            table.add_column(heading, justify="left" if heading == what else "right")
        for key, seconds in sorted(sums[what].items(), key=lambda item: -item[1])[:MOST_KERNELS]:
            table.add_row(key, f"{1e3 * seconds:.2f}", f"{seconds / total:.1%}")
        Console(width=100).print(table)
    for kernel in sums["kernels"]:
        print(
            f"{1e3 * kernel['seconds']:8.3f} ms {kernel['count']:6.1f}x  {kernel['kind'][:16]:16s} "
            f"{kernel['name'][:60]} | {kernel['source']} | {kernel['scope'][-80:]}"
        )
