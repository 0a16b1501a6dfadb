"""double_mini_parse: mini_parse with twice its trees, to see what more of them would have given."""

from __future__ import annotations

from typing import ClassVar

from t2t_mm.problems.miniature.parse_problems import MiniParse
from t2t_mm.registry import register_problem


@register_problem("double_mini_parse")
class DoubleMiniParse(MiniParse):
    """The 1,000 training trees of mini_parse and 1,000 more; validation and test are the same.

    Example:
        >>> len(list(DoubleMiniParse().generate("train")))
        2000
    """

    num_examples: ClassVar = MiniParse.num_examples | {"train": 2000}
    size = "2,800 trees, 0.9 MB"
