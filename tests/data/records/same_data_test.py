"""Data of code that made the same is no more stale than data of the code of now."""

import pytest

from t2t_mm import registry
from t2t_mm.data.records.fingerprint import describe_data, explain_differences
from t2t_mm.data.records.same_data import SAME_DATA, is_same_data


@pytest.mark.parametrize("name", SAME_DATA)
def test_data_of_before_stays_in_use(name: str) -> None:
    """If it fails, the problem's code has changed: renew the first digest, or drop the entry."""
    current = describe_data(registry.problem(name).base, {})
    assert current["source"] == SAME_DATA[name][0]
    for digest in SAME_DATA[name]:
        assert explain_differences({**current, "source": digest}, current) == []


def test_other_code_is_other_data() -> None:
    now, before, *_ = SAME_DATA["librispeech"]
    other = SAME_DATA["tree_files"][1]
    assert is_same_data(before, now) and is_same_data("x", "x")
    for stored, current in ((now, before), (other, now), (before, "x"), ("x", now)):
        assert not is_same_data(stored, current)
