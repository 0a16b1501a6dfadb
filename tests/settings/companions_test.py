"""No setting is accepted and ignored: each field of the table beside its companion's values."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from t2t_mm import hparams as sets
from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.settings import DataHParams, ExpertHParams, HParams
from t2t_mm.settings.companions import (
    COMPANIONS,
    Companion,
    flatten_fields,
    list_idle_changes,
    list_idle_fields,
)
from t2t_mm.settings.sections import FIELD_TYPES, SCHEDULE_FACTORS

BASE = flatten_fields(HParams())
VALUES: dict[str, Any] = {
    "data.rates": {"mini_ende": 2.0},
    "decode.sampling_keep_top_k": 5,
    "decode.sampling_keep_top_p": 0.5,
    "experts.balancing": "switch",
    "experts.expert_dispatch": "dense",
    "experts.gate": "problem",
    "experts.mesh_shape": "experts:2",
    "experts.moe_after": (1, 1),
    "experts.outer_residual": True,
    "mixture.rate_function": "by_hand",
    "model.attention_convolutions": "blocks",
    "train.overlap_update": True,
}


def choose_value(field: str) -> Any:
    """A value of a field other than its default, in its range."""
    return VALUES[field] if field in VALUES else BASE[field] * 2 or 5


def list_other_values(companion: Companion) -> list[Any]:
    """The values of a companion that make the field idle."""
    if companion.beside == "optimizer.schedule":
        return [name for name in SCHEDULE_FACTORS if name not in companion.values]
    if companion.beside == "train.accumulate_steps":
        return [2]
    hint = FIELD_TYPES[companion.beside]
    choices = get_args(hint) if get_origin(hint) is Literal else (True, False)
    return [choice for choice in choices if choice not in companion.values]


PAIRS = [(companion, value) for companion in COMPANIONS for value in list_other_values(companion)]


def test_the_table_names_fields_that_there_are() -> None:
    for companion in COMPANIONS:
        assert {companion.field, companion.beside} <= BASE.keys()
        assert list_other_values(companion), companion


@pytest.mark.parametrize(("companion", "value"), PAIRS, ids=str)
def test_a_field_beside_what_makes_it_idle_is_refused(companion: Companion, value: Any) -> None:
    fields = {companion.field: choose_value(companion.field), companion.beside: value}
    with pytest.raises(UserError, match="counts for nothing beside") as caught:
        load_hparams("multimodel_base", fields=fields)
    assert str(caught.value).startswith(companion.field)
    assert companion.beside in str(caught.value)


@pytest.mark.parametrize("companion", COMPANIONS, ids=str)
def test_a_field_beside_what_lets_it_count_is_taken(companion: Companion) -> None:
    value = choose_value(companion.field)
    fields = {companion.field: value, companion.beside: companion.values[0]}
    if companion.field == "experts.capacity_factor":
        fields["experts.expert_dispatch"] = "capacity"
    if companion.field == "experts.bias_update_rate":
        fields["experts.balancing"] = "bias"
    if companion.field == "optimizer.decay_steps":
        fields["optimizer.schedule"] = "constant * linear_decay"
    loaded = flatten_fields(load_hparams("multimodel_base", fields=fields))
    assert loaded[companion.field] == value
    assert companion.field not in list_idle_fields(load_hparams("multimodel_base", fields=fields))


@pytest.mark.parametrize(
    ("overrides", "mixing"),
    [
        ("rates={mini_ende:1}", "given"),
        ("temperature=2.0", "temperature"),  # its default, but said
        ("rates={}", "uniform"),
        ("mixing=by_size", "by_size"),
    ],
)
def test_rates_and_temperature_imply_their_mixing(overrides: str, mixing: str) -> None:
    assert load_hparams("multimodel_base", overrides=overrides).data.mixing == mixing
    bound = [f"data.{overrides}".replace("{mini_ende:1}", "{'mini_ende': 1}")]
    if "by_size" not in overrides:
        assert load_hparams("multimodel_base", gin_params=bound).data.mixing == mixing


def test_rates_and_a_temperature_cannot_both_be_meant() -> None:
    with pytest.raises(UserError, match=r"^data\.temperature counts for nothing.*mixing='given'"):
        load_hparams("multimodel_base", overrides="rates={mini_ende:1},temperature=3")


def test_a_set_may_hold_more_than_is_used() -> None:
    demo = load_hparams("multimodel_demo", overrides="mixing=by_size,use_experts=false")
    assert demo.data.rates and demo.data.mixing == "by_size"
    assert list_idle_changes(demo) == ["data.rates", "experts.num_experts", "experts.expert_width"]


def test_a_file_may_lie_under_a_switch_and_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.gin"
    file.write_text("model.attention_dropout = 0.0\n")
    loaded = load_hparams(
        "multimodel_tiny", gin_files=[file], overrides="model.use_attention=false"
    )
    assert not loaded.model.use_attention
    file.write_text("experts.capacity_factor = 2.0\n")
    dispatch = "experts.expert_dispatch=capacity"
    assert load_hparams("multimodel_tiny", gin_files=[file], overrides=dispatch)
    with pytest.raises(UserError, match=r"experts\.capacity_factor counts for nothing"):
        load_hparams("multimodel_tiny", gin_files=[file])


def test_heads_need_not_divide_a_width_without_attention() -> None:
    assert load_hparams("multimodel_base", overrides="use_attention=false,width=20").model.width


@pytest.mark.parametrize("name", sets.BUILTIN)
def test_the_built_in_sets_use_all_that_they_change(name: str) -> None:
    assert list_idle_changes(registry.hparams(name)) == []


def test_what_is_written_in_python_is_told() -> None:
    hparams = HParams(
        data=DataHParams(rates={"mini_ende": 1.0}), experts=ExpertHParams(bias_update_rate=0.5)
    )
    assert list_idle_changes(hparams) == ["data.rates", "experts.bias_update_rate"]
