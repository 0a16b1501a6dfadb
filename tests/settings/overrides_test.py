import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings import HParams
from t2t_mm.settings.overrides import apply_overrides, parse_overrides, resolve_field_name


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("model.width=256", "model.width", 256),
        ("width=256", "model.width", 256),
        (" width = 256 ", "model.width", 256),
        ("vocab_bytes=1_000_000", "data.vocab_bytes", 1_000_000),
        ("learning_rate=1e-3", "optimizer.learning_rate", 0.001),
        ("learning_rate=2", "optimizer.learning_rate", 2.0),
        ("use_experts=false", "experts.use_experts", False),
        ("deterministic=True", "train.deterministic", True),
        ("mixer_join=concat", "model.mixer_join", "concat"),
        ("schedule='constant'", "optimizer.schedule", "constant"),
        ("rates={a:1,b:2.5}", "data.rates", {"a": 1.0, "b": 2.5}),
        ("rates={'a': 1, \"t/en-de\": 2}", "data.rates", {"a": 1.0, "t/en-de": 2.0}),
        (
            "rates={t:{rate:3,'a:1':1},c:2}",
            "data.rates",
            {"t": {"rate": 3.0, "a:1": 1.0}, "c": 2.0},
        ),
        ("schedules={a:{step:{0:0,9:1}}}", "mixture.schedules", {"a": {"step": {0: 0.0, 9: 1.0}}}),
        ("data.batches={}", "data.batches", {}),
        ("modality.image_widths=[8,16,32]", "modality.image_widths", (8, 16, 32)),
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
        ("rates={a:{b:{c:{d:1}}}}", "Expected: a mapping"),
        ("schedules={a:{cosine:{0:1}}}", "from one of 'step', 'linear' to a mapping from int to"),
        ("schedules={a:{step:{0.5:1}}}", "Expected: a mapping"),
        ("rates={a:1", "not closed"),
        ("rates=a:1}", "has no partner"),
        ("batch_size=4096", "Expected: data.batch_tokens or data.batch_examples, or decode.batch"),
    ],
)
def test_a_bad_override_names_field_type_and_value(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_overrides(text)
    assert message in str(caught.value)


def test_a_field_alone_is_completed_where_one_section_has_it() -> None:
    assert resolve_field_name("width") == resolve_field_name("model.width") == "model.width"
    with pytest.raises(UserError, match=r"no hparams field named 'model\.steps'"):
        resolve_field_name("model.steps")


def test_fields_are_replaced_in_their_sections_and_checked() -> None:
    changed = apply_overrides(HParams(), {"model.width": 64, "train.steps": 5, "train.seed": 3})
    assert (changed.model.width, changed.train.steps, changed.train.seed) == (64, 5, 3)
    assert changed.model.num_heads == HParams().model.num_heads
    assert HParams().model.width == 512
    with pytest.raises(UserError, match=r"model\.dropout is out of range"):
        apply_overrides(HParams(), {"model.dropout": 1.0})
