from typing import Any

import pytest
from own_problems import Text

from t2t_mm import Feature, FeatureKind, Problem, registry
from t2t_mm.errors import UserError
from t2t_mm.settings import HParams, ModelHParams


def test_the_default_name_is_the_class_name_in_snake_case() -> None:
    @registry.register_problem
    class ReverseWords(Text):
        pass

    @registry.register_problem()
    class SortWords2(Text):
        pass

    assert registry.problem_class("reverse_words") is ReverseWords
    assert registry.problem_class("sort_words2") is SortWords2


def test_a_name_of_ones_own() -> None:
    @registry.register_problem("other_words")
    class ReverseWords(Text):
        pass

    assert registry.problem("other_words").name == "other_words"
    assert isinstance(registry.problem("other_words"), ReverseWords)
    assert "reverse_words" not in registry.PROBLEMS


@pytest.mark.parametrize(
    ("camel", "snake"),
    [("ReverseWords", "reverse_words"), ("WMTEnDe", "wmt_en_de"), ("Mnist28", "mnist28")],
)
def test_snake_case(camel: str, snake: str) -> None:
    assert registry.snake_case(camel) == snake


def test_registering_is_visible_in_the_names() -> None:
    registry.register_problem("aaa_first")(Text)
    assert registry.problem_names()[0] == "aaa_first"


def test_hparams_and_modalities_register_alike() -> None:
    @registry.register_hparams
    def my_small() -> HParams:
        return HParams(model=ModelHParams(width=8))

    @registry.register_modality
    class TouchModality:
        pass

    assert registry.hparams("my_small").model.width == 8
    assert registry.modality("touch") is TouchModality


def test_rev_at_the_end_is_reserved() -> None:
    with pytest.raises(UserError, match="ends in '_rev'"):
        registry.register_problem("words_rev")(Text)


def test_what_is_no_problem_is_refused() -> None:
    with pytest.raises(UserError, match=r"a class derived from t2t_mm\.Problem"):
        registry.register_problem("nothing")(dict)


def test_a_problem_without_modalities_is_refused() -> None:
    class Bare(Problem):
        def generate(self, split: str) -> list[dict[str, Any]]:
            return []

    with pytest.raises(UserError, match="declares no modalities"):
        registry.register_problem(Bare)


def test_groups_and_problems_share_one_name_space() -> None:
    with pytest.raises(UserError, match="name of a problem"):
        registry.register_group("wmt_ende", ["wmt_deen"])
    with pytest.raises(UserError, match="name of a group"):
        registry.register_problem("mini_text")(Text)


def test_a_group_of_ones_own() -> None:
    registry.register_group("my_two", ["wmt_ende", "mini_ende"], doc="Two.")
    assert registry.expand_problems("my_two") == ["wmt_ende", "mini_ende"]
    assert "my_two" in registry.group_names()


def test_what_is_no_kind_of_features_is_refused() -> None:
    class Bare(Feature):
        """No dataclass."""

    class BareKind(FeatureKind):
        spec_class = Bare

    for value in (BareKind, dict, FeatureKind):
        with pytest.raises(UserError, match=r"a class derived from t2t_mm\.FeatureKind"):
            registry.register_feature_kind("bare")(value)
    assert "bare" not in registry.KINDS
