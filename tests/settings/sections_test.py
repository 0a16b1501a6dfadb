import dataclasses

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings import (
    SECTIONS,
    DataHParams,
    ExpertHParams,
    HParams,
    ModelHParams,
    OptimizerHParams,
)
from t2t_mm.settings.sections import SCHEDULE_FACTORS


def test_the_record_of_records_has_each_section_under_its_name() -> None:
    hparams = HParams()
    assert [field.name for field in dataclasses.fields(hparams)] == list(SECTIONS)
    for name, record in SECTIONS.items():
        assert getattr(hparams, name) == record()


def test_records_check_types_and_ranges_in_python_too() -> None:
    assert isinstance(ModelHParams(dropout=0).dropout, float)
    with pytest.raises(UserError, match=r"model\.width has the wrong type"):
        ModelHParams(width="64")  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"model\.num_heads is out of range"):
        dataclasses.replace(ModelHParams(), num_heads=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        HParams().model.width = 3  # type: ignore[misc]


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_a_share_of_the_examples_is_a_share(share: float) -> None:
    assert HParams(data=DataHParams(shares={"mini_parse": 0.125})).data.shares
    with pytest.raises(UserError, match=r"above 0 and up to 1\. Received: data\.shares="):
        DataHParams(shares={"mini_parse": share})


def test_a_schedule_is_a_product_of_known_factors() -> None:
    assert OptimizerHParams(schedule="constant * linear_decay").factors == (
        "constant",
        "linear_decay",
    )
    with pytest.raises(UserError, match=r"Unknown learning-rate factor 'constnat'.*'constant'"):
        OptimizerHParams(schedule="constnat*linear_warmup")


@pytest.mark.parametrize(("factor", "has_end"), SCHEDULE_FACTORS.items())
def test_a_decay_with_an_end_depends_on_it_unless_it_is_given(factor: str, has_end: bool) -> None:
    schedule = f"constant*{factor}"
    assert OptimizerHParams(schedule=schedule).depends_on_total_steps is has_end
    assert not OptimizerHParams(schedule=schedule, decay_steps=9).depends_on_total_steps


def test_a_mixture_follows_no_more_blocks_than_there_are() -> None:
    model = ModelHParams(encoder_blocks=2, decoder_blocks=1)
    assert HParams(model=model, experts=ExpertHParams(moe_after=(2, 1)))
    with pytest.raises(UserError, match=r"more blocks than .*model\.decoder_blocks=1"):
        HParams(model=model, experts=ExpertHParams(moe_after=(2, 2)))
