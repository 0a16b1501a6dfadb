import dataclasses

import pytest

from t2t_mm.settings import HParams, OptimizerHParams
from t2t_mm.settings.differences import list_resume_differences


def _changed(**sections: dict[str, object]) -> HParams:
    base = HParams()
    parts = {
        name: dataclasses.replace(getattr(base, name), **fields)
        for name, fields in sections.items()
    }
    return dataclasses.replace(base, **parts)


def test_steps_intervals_logging_and_decoding_may_change_on_resume() -> None:
    asked = _changed(
        train={
            "steps": 5,
            "eval_every": 1,
            "checkpoint_every": 2,
            "keep_checkpoint_max": 9,
            "log_every": 4,
            "num_threads": 1,
            "overlap_update": False,
        },
        decode={"batch_size": 1},
        data={"eval_batch_tokens": 64},
    )
    assert list_resume_differences(HParams(), asked) == []


def test_all_else_is_refused_on_resume() -> None:
    asked = _changed(
        train={"seed": 2}, data={"mixing": "given", "rates": {"a": 1.0}}, optimizer={"beta1": 0.5}
    )
    assert list_resume_differences(HParams(), asked) == [
        "data.mixing: run has 'uniform', asked for 'given'",
        "data.rates: run has {}, asked for {'a': 1.0}",
        "optimizer.beta1: run has 0.9, asked for 0.5",
        "train.seed: run has 1, asked for 2",
    ]


def test_what_counts_for_nothing_in_either_is_no_difference_on_resume() -> None:
    run = _changed(data={"rates": {"a": 1.0}}, experts={"capacity_factor": 2.0})
    assert list_resume_differences(run, HParams()) == []
    asked = _changed(experts={"expert_dispatch": "capacity"})
    assert [line.partition(":")[0] for line in list_resume_differences(run, asked)] == [
        "experts.expert_dispatch",
        "experts.capacity_factor",
    ]


@pytest.mark.parametrize(("decay_steps", "free"), [(0, False), (100, True)])
def test_steps_are_fixed_where_the_schedule_ends_with_them(decay_steps: int, free: bool) -> None:
    optimizer = OptimizerHParams(schedule="constant*cosine_decay", decay_steps=decay_steps)
    run = HParams(optimizer=optimizer)
    asked = dataclasses.replace(run, train=dataclasses.replace(run.train, steps=9))
    differences = list_resume_differences(run, asked)
    assert (differences == []) is free
    if not free:
        steps, why = differences
        assert steps == "train.steps: run has 250000, asked for 9"
        assert "falls to 0 by step 250000" in why and "rsqrt_decay" in why
