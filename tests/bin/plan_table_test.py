"""A row for each problem: what it gets, when in the run, and what it costs."""

import io

import pytest
from rich.console import Console

from t2t_mm.bin.plan_table import draw_parts, print_plan, write_time
from t2t_mm.training.dry_run import ProblemPlan, TrainingPlan

WHOLE = ProblemPlan(
    batches=6,
    over_run=(2, 2, 2, 0),
    examples=96,
    target_tokens=1234,
    padded_share=0.125,
    epochs=0.5,
    operations=2.5e9,
    seconds=90.0,
    peak_bytes=3 * 2**28,
    batches_read=6,
)
PART = ProblemPlan(batches=2, over_run=(0, 0, 1, 1), examples=40, batches_read=1, seconds=7_200)


def show(follows_losses: bool = False) -> str:
    plan = TrainingPlan(
        first_step=4,
        steps=12,
        problems={"mini_ende": WHOLE, "mini_image": PART},
        parameters=2**26,
        model_bytes=2**30,
        device="on the CPU",
        start_seconds=10.0,
        update_seconds=0.0,
        follows_losses=follows_losses,
    )
    output = io.StringIO()
    print_plan(plan, Console(file=output, width=160))
    return output.getvalue()


def test_what_was_read_whole_is_exact_and_the_rest_about() -> None:
    first, second = (" ".join(line.split()) for line in show().splitlines()[1:3])
    assert first == "mini_ende ███ 75.0% 6 96 1,234 12.5% 0.50 2.5 0.75 90 s"
    assert second == "mini_image ▄▄ 25.0% 2 ~40 ~0 0.0% ~0.00 0.0 - 2.0 h"


def test_the_whole_run_is_below() -> None:
    text = show()
    assert "steps 4 to 12, 8 batches: 2.0 h on the CPU, 10 s of it to begin with" in text
    assert "67,108,864 parameters: 1.00 GiB" in text
    assert "rates follow losses" not in text and "rates follow losses" in show(True)


@pytest.mark.parametrize(
    ("seconds", "text"), [(9.94, "9.9 s"), (119, "119 s"), (120, "2.0 min"), (3_600, "1.0 h")]
)
def test_times(seconds: float, text: str) -> None:
    assert write_time(seconds) == text


def test_no_batches_draw_nothing() -> None:
    assert draw_parts((0, 0), most=0) == "  "
