import dataclasses
import re
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.settings import HParams, ModelHParams, OptimizerHParams
from t2t_mm.settings.differences import differences, resume_differences
from t2t_mm.settings.hparams_json import from_json, to_json
from t2t_mm.settings.overrides import parse_overrides


@pytest.mark.parametrize("name", registry.hparams_names())
def test_every_set_survives_json_and_says_what_it_is_for(name: str) -> None:
    hparams = registry.hparams(name)
    assert from_json(to_json(hparams)) == hparams
    assert registry.HPARAMS.lookup(name).__doc__
    assert hparams.model.width % hparams.model.num_heads == 0


@pytest.mark.parametrize(
    ("name", "width", "expert_width", "num_experts", "chosen"),
    [
        ("multimodel_base", 512, 2048, 30, 2),
        ("multimodel_small", 256, 256, 16, 4),
        ("multimodel_tiny", 128, 512, 10, 2),
        ("multimodel_paper", 1024, 1024, 240, 4),
    ],
)
def test_sizes_of_the_sets(
    name: str, width: int, expert_width: int, num_experts: int, chosen: int
) -> None:
    hparams = registry.hparams(name)
    model, experts = hparams.model, hparams.experts
    sizes = (model.width, experts.expert_width, experts.num_experts, experts.experts_per_token)
    assert sizes == (width, expert_width, num_experts, chosen)
    assert (model.encoder_blocks, model.mixer_blocks, model.decoder_blocks) == (6, 2, 4)


def test_authority_set_then_file_then_parameter_then_override(tmp_path: Path) -> None:
    file = tmp_path / "mine.gin"
    file.write_text("model.width = 96\nmodel.num_heads = 4\ntrain.steps = 5\ntrain.seed = 9\n")
    hparams = load_hparams(
        "multimodel_tiny",
        gin_files=[file],
        gin_params=["model.num_heads=2", "train.steps=6"],
        overrides="train.steps=7",
    )
    assert hparams.experts.expert_width == 512  # the set
    assert hparams.model.width == 96  # the file
    assert hparams.model.num_heads == 2  # the parameter
    assert hparams.train.steps == 7  # the override
    assert hparams.train.seed == 9


def test_a_later_gin_file_is_stronger_and_none_leaves_traces(tmp_path: Path) -> None:
    first, second = tmp_path / "a.gin", tmp_path / "b.gin"
    first.write_text("model.width = 32\n")
    second.write_text("model.width = 64\n")
    assert load_hparams("multimodel_tiny", gin_files=[first, second]).model.width == 64
    assert load_hparams("multimodel_tiny", gin_params=["train.steps=3"]).model.width == 128


def test_gin_macros_and_containers() -> None:
    hparams = load_hparams(
        "multimodel_tiny", gin_params=["data.rates={'mini_ende': 2}", "model.dropout=0"]
    )
    assert hparams.data.rates == {"mini_ende": 2.0}
    assert isinstance(hparams.model.dropout, float)


def test_the_overlay_beside_the_sets_is_found_by_its_name() -> None:
    overlaid = load_hparams("multimodel_small", gin_files=["multimodel_laptop.gin"])
    assert overlaid.data.max_length == 64
    assert overlaid.model == registry.hparams("multimodel_small").model


OVERLAYS = sorted((Path(__file__).parents[1] / "hparams").glob("*.gin"))


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.stem)
def test_every_overlay_fits_the_set_that_it_names(overlay: Path) -> None:
    named = re.search(r"multimodel_(tiny|small|base)", overlay.read_text(encoding="utf-8"))
    assert named
    overlaid = load_hparams(named[0], gin_files=[overlay.name])
    assert overlaid != registry.hparams(named[0])


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("model.width=256", "model.width", 256),
        ("width=256", "model.width", 256),
        (" width = 256 ", "model.width", 256),
        ("vocabulary_bytes=1_000_000", "data.vocabulary_bytes", 1_000_000),
        ("learning_rate=1e-3", "optimizer.learning_rate", 0.001),
        ("learning_rate=2", "optimizer.learning_rate", 2.0),
        ("use_experts=false", "experts.use_experts", False),
        ("deterministic=True", "train.deterministic", True),
        ("mixer_join=concat", "model.mixer_join", "concat"),
        ("schedule='constant'", "optimizer.schedule", "constant"),
        ("rates={a:1,b:2.5}", "data.rates", {"a": 1.0, "b": 2.5}),
        ("rates={'a': 1, \"t/en-de\": 2}", "data.rates", {"a": 1.0, "t/en-de": 2.0}),
        ("data.batches={}", "data.batches", {}),
    ],
)
def test_override_grammar(text: str, name: str, value: object) -> None:
    found = parse_overrides(text)
    assert found == {name: value}
    assert type(found[name]) is type(value)


def test_several_overrides_with_commas_inside_brackets() -> None:
    found = parse_overrides("width=64,rates={a:1,b:2},train.steps=10,")
    assert list(found) == ["model.width", "data.rates", "train.steps"]


def test_no_override() -> None:
    assert parse_overrides("") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("widht=1", "no hparams field named 'widht'. Did you mean 'width'"),
        ("model.widht=1", "Did you mean 'model.width'"),
        ("modle.width=1", "Did you mean 'model.width'"),
        ("width", "has no '='"),
        ("width=1,model.width=2", "model.width is given twice"),
        ("width=1e-3", "model.width has the wrong type. Expected: int. Received: "),
        ("width=true", "Expected: int. Received: model.width='true'"),
        ("width=1.0", "Expected: int"),
        ("width=", "Expected: int"),
        ("learning_rate=fast", "Expected: float. Received: optimizer.learning_rate='fast'"),
        ("learning_rate=nan", "Expected: float"),
        ("use_experts=1", "Expected: bool"),
        ("mixer_join=sum", "Expected: one of 'add', 'concat'"),
        ("rates=[1]", "Expected: a mapping from str to float"),
        ("rates={a}", "Expected: a mapping"),
        ("rates={a:x}", "Expected: a mapping"),
        ("rates={a:1", "not closed"),
        ("rates=a:1}", "has no partner"),
    ],
)
def test_a_bad_override_names_field_type_and_value(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_overrides(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("model.widht=1", "Did you mean 'width'"),
        ("modle.width=1", "Did you mean 'model'"),
        ("model.width='64'", "model.width has the wrong type. Expected: int"),
        ("model.width=64.0", "Expected: int"),
        ("model.dropout=True", "Expected: float"),
        ("data.rates={'a': 'b'}", "Expected: a mapping from str to float"),
        ("scope/model.width=64", "without a scope"),
        ("model.width==", "cannot be read"),
        ("model.dropout=1.5", "model.dropout is out of range. Expected: at least 0 and below 1"),
        ("model.width=@train()", "model.width has the wrong type"),
    ],
)
def test_a_bad_gin_binding_is_an_error(binding: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load_hparams("multimodel_tiny", gin_params=[binding])
    assert message in str(caught.value)


def test_a_missing_gin_file_is_an_error() -> None:
    with pytest.raises(UserError, match=r"gin_file='nowhere\.gin'"):
        load_hparams("multimodel_tiny", gin_files=["nowhere.gin"])


def test_an_unknown_set_names_the_closest() -> None:
    with pytest.raises(UserError, match="Did you mean 'multimodel_tiny'"):
        load_hparams("multimodel_tyni")


def test_records_check_types_and_ranges_in_python_too() -> None:
    assert isinstance(ModelHParams(dropout=0).dropout, float)
    with pytest.raises(UserError, match=r"model\.width has the wrong type"):
        ModelHParams(width="64")  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"model\.num_heads is out of range"):
        dataclasses.replace(ModelHParams(), num_heads=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        HParams().model.width = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "a JSON object was expected"),
        ('{"model": 3}', "section 'model'"),
        ('{"model": {"widht": 3}}', "Did you mean 'model.width'"),
        ('{"modle": {"width": 3}}', "Did you mean 'model.width'"),
        ('{"model": {"width": "3"}}', "model.width has the wrong type"),
    ],
)
def test_bad_json_is_an_error(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        from_json(text)
    assert message in str(caught.value)


def test_json_without_a_field_takes_its_default() -> None:
    assert from_json('{"model": {"width": 8}}') == HParams(model=ModelHParams(width=8))


def _changed(**sections: dict[str, object]) -> HParams:
    base = HParams()
    parts = {
        name: dataclasses.replace(getattr(base, name), **fields)
        for name, fields in sections.items()
    }
    return dataclasses.replace(base, **parts)


def test_differences_are_shown_per_field() -> None:
    asked = _changed(model={"width": 256}, train={"steps": 5})
    assert differences(HParams(), asked) == [
        "model.width: run has 512, asked for 256",
        "train.steps: run has 250000, asked for 5",
    ]
    assert differences(HParams(), HParams()) == []


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
    )
    assert resume_differences(HParams(), asked) == []


def test_all_else_is_refused_on_resume() -> None:
    asked = _changed(train={"seed": 2}, data={"rates": {"a": 1.0}}, optimizer={"beta1": 0.5})
    assert resume_differences(HParams(), asked) == [
        "data.rates: run has {}, asked for {'a': 1.0}",
        "optimizer.beta1: run has 0.9, asked for 0.5",
        "train.seed: run has 1, asked for 2",
    ]


@pytest.mark.parametrize(("decay_steps", "free"), [(0, False), (100, True)])
def test_steps_are_fixed_where_the_schedule_ends_with_them(decay_steps: int, free: bool) -> None:
    optimizer = OptimizerHParams(schedule="constant*cosine_decay", decay_steps=decay_steps)
    run = HParams(optimizer=optimizer)
    asked = dataclasses.replace(run, train=dataclasses.replace(run.train, steps=9))
    assert (resume_differences(run, asked) == []) is free
