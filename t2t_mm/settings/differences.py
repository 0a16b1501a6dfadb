"""What of two settings that differ forbids going on with a run."""

from __future__ import annotations

from t2t_mm.settings.companions import flatten_fields, list_idle_fields
from t2t_mm.settings.sections import HParams

_FREE_ON_RESUME = frozenset(
    {
        "data.eval_batch_tokens",
        "experts.mesh_shape",
        "train.eval_every",
        "train.checkpoint_every",
        "train.jit_compile",
        "train.keep_checkpoint_max",
        "train.log_every",
        "train.max_faults",
        "train.num_threads",
        "train.overlap_update",
    }
)


def list_resume_differences(run: HParams, asked: HParams) -> list[str]:
    """List the differences that forbid resuming a run, one line per field.

    These may differ: decode.*, intervals, logging, batches of evaluations, on which devices and
    beside what the updates are computed, the number of steps where the schedule does not depend on
    it, and what counts for nothing beside the other fields in both.

    Args:
        run: The settings of the run that is there.
        asked: Those that are asked for now.

    Example:
        >>> from t2t_mm.settings import DecodeHParams
        >>> list_resume_differences(HParams(), HParams(decode=DecodeHParams(batch_size=1)))
        []
    """
    free = _FREE_ON_RESUME | set(list_idle_fields(run)).intersection(list_idle_fields(asked))
    if not run.optimizer.depends_on_total_steps:
        free |= {"train.steps"}
    had, wanted = flatten_fields(run), flatten_fields(asked)
    differences = [
        f"{name}: run has {had[name]!r}, asked for {wanted[name]!r}"
        for name in had
        if had[name] != wanted[name] and name not in free and not name.startswith("decode.")
    ]
    if had["train.steps"] != wanted["train.steps"] and "train.steps" not in free:
        differences.append(
            f"(by optimizer.schedule={run.optimizer.schedule} the rate falls to 0 by step "
            f"{run.train.steps}: for more steps those before would have had other rates. What was "
            "trained can be evaluated and decoded with; more steps begin anew. To go on later, "
            "train by a schedule without an end, as "
            "constant*linear_warmup*rsqrt_decay, or give its end as optimizer.decay_steps)"
        )
    return differences
