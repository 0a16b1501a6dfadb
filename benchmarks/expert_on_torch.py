"""PyTorch's grouped product as an expert layer on a GPU, beside ours; for `moe.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from expert_patterns import Shape

SIZE, CALLS_AT_ONCE = 8192, 10


def measure_grouped_product(shape: Shape, chosen: Mapping[str, Any], rounds: int) -> dict[str, Any]:
    """Time forward and backward pass in bfloat16, with all gradients.

    Args:
        shape: Of the layer.
        chosen: Experts by router, int32[N, K].
        rounds: Times to measure.

    Returns:
        "seconds": those of a call, by router; "rate": of a plain product here, operations a second.
    """
    import torch

    matrix = torch.randn(SIZE, SIZE, device="cuda", dtype=torch.bfloat16)
    plain = median(_time(lambda: matrix @ matrix, rounds))
    seconds = {}
    for router, experts in chosen.items():
        step = _make_step(torch.tensor(experts, device="cuda").long(), shape)
        seconds[router] = _time(step, rounds)
    return {"seconds": seconds, "rate": 2 * SIZE**3 / plain}


def _make_step(experts_NK: Any, shape: Shape) -> Callable[[], Any]:
    import torch

    def draw(*sizes: int, scale: float = 1.0) -> Any:
        values = torch.randn(*sizes, device="cuda") * scale
        return values.to(torch.bfloat16).requires_grad_()

    num_experts, width, hidden = shape.num_experts, shape.width, shape.expert_width
    x, upstream = draw(shape.tokens, width), draw(shape.tokens, width).detach()
    w_in = draw(num_experts, width, hidden, scale=width**-0.5)
    w_out = draw(num_experts, hidden, width, scale=hidden**-0.5)
    gates = torch.full_like(experts_NK, 1.0 / shape.per_token, dtype=torch.bfloat16)
    gates.requires_grad_()
    grouped = getattr(torch.nn.functional, "grouped_mm", None) or torch._grouped_mm

    def step() -> Any:
        slots = experts_NK.reshape(-1)
        order = slots.argsort(stable=True)
        ends = torch.bincount(slots, minlength=num_experts).cumsum(0).int()
        tokens = order // shape.per_token
        rows = torch.relu(grouped(x[tokens], w_in, offs=ends))
        weighted = grouped(rows, w_out, offs=ends) * gates.reshape(-1)[order][:, None]
        out = torch.zeros_like(x).index_add(0, tokens, weighted)
        return torch.autograd.grad(out, (x, gates, w_in, w_out), upstream)

    return step


def _time(step: Callable[[], Any], rounds: int) -> list[float]:
    import torch

    seconds = []
    for _ in range(rounds + 2):
        start = time.perf_counter()
        for _ in range(CALLS_AT_ONCE):
            step()
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - start) / CALLS_AT_ONCE)
    return seconds[2:]
