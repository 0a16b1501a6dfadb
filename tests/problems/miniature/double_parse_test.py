"""double_mini_parse: all that mini_parse has, and as many training trees again."""

import pytest

from t2t_mm import registry
from t2t_mm.problems.miniature.parse_problems import MiniParse


@pytest.mark.slow
def test_it_goes_on_where_mini_parse_ends() -> None:
    double, single = registry.problem("double_mini_parse"), MiniParse()
    trees = list(double.generate("train"))
    assert trees[:1000] == list(single.generate("train"))
    assert len({tree["inputs"] for tree in trees}) == 2000
    for split in ("validation", "test"):
        assert list(double.generate(split)) == list(single.generate(split))
    assert double.command_name == single.command and double.metrics == single.metrics
