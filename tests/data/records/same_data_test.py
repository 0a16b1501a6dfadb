"""Data of code that made the same is no more stale than data of the code of now."""

import pytest

from t2t_mm import registry
from t2t_mm.data.kinds.kind_table import list_kinds
from t2t_mm.data.records.fingerprint import describe_data, explain_differences
from t2t_mm.data.records.same_data import SAME_DATA, SAME_STORED, is_same_data
from t2t_mm.data.records.source_code import hash_kind


@pytest.mark.parametrize("name", SAME_DATA)
def test_data_of_before_stays_in_use(name: str) -> None:
    """If it fails, the problem's code has changed: renew the first digest, or drop the entry."""
    current = describe_data(registry.problem(name).base, {})
    assert current["source"] == SAME_DATA[name][0]
    for digest in SAME_DATA[name]:
        assert explain_differences({**current, "source": digest}, current) == []


@pytest.mark.parametrize("name", SAME_STORED)
def test_bytes_of_before_stay_in_use(name: str) -> None:
    """If it fails, the code that stores the kind has changed: as above."""
    assert hash_kind(list_kinds()[name]) == SAME_STORED[name][0]
    current = describe_data(registry.problem("mini_image").base, {})
    for digest in SAME_STORED[name]:
        stored = {**current, "encoders": {**current["encoders"], name: digest}}
        assert explain_differences(stored, current) == []


def test_other_code_is_other_data() -> None:
    now, before, *_ = SAME_DATA["librispeech"]
    other = SAME_DATA["tree_files"][1]
    assert is_same_data(before, now) and is_same_data("x", "x")
    for stored, current in ((now, before), (other, now), (before, "x"), ("x", now)):
        assert not is_same_data(stored, current)
