import json

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings import SECTIONS, HParams, ModelHParams
from t2t_mm.settings.hparams_json import from_json, to_json


def test_the_text_has_an_object_for_each_section() -> None:
    written = json.loads(to_json(HParams()))
    assert list(written) == [*SECTIONS, "checksum"]
    assert written["model"]["width"] == 512
    assert to_json(HParams()).endswith("}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "it is no JSON object"),
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
