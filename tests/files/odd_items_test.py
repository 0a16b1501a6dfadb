"""What is left out is reported to whoever counts it; where nobody does it is an error."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items, leave_out


def test_each_report_goes_to_the_innermost_who_counts() -> None:
    with collect_odd_items() as outer:
        leave_out("one")
        with collect_odd_items() as inner:
            leave_out("two")
        leave_out("three")
    assert (outer, inner) == (["one", "three"], ["two"])


def test_where_nobody_counts_it_is_an_error() -> None:
    with collect_odd_items():
        pass
    with pytest.raises(UserError, match=r"a\.txt, line 3: too long"):
        leave_out("a.txt, line 3: too long")
