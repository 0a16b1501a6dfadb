"""The registered problems: sizes, parts, directions, commands."""

from itertools import islice
from typing import ClassVar

import pytest

from t2t_mm import registry
from t2t_mm.problems.miniature.problems import MiniEnde, MiniEnfr

NAMES = ("mini_ende", "mini_deen", "mini_enfr", "mini_fren")


class Small(MiniEnde):
    num_examples: ClassVar = {"train": 43, "validation": 20, "test": 20}


def test_names_commands_and_shared_data() -> None:
    problems = [registry.problem(name) for name in NAMES]
    assert [problem.command_name for problem in problems] == ["de", "en", "fr", "en"]
    assert [problem.data_name for problem in problems] == [
        "mini_ende",
        "mini_ende",
        "mini_enfr",
        "mini_enfr",
    ]
    assert [problem.exchanged for problem in problems] == [False, True, False, True]


def test_parts_make_up_the_split() -> None:
    problem = Small(name="small")
    parts = [
        row
        for part in range(problem.num_parts("train"))
        for row in problem.generate_part("train", part)
    ]
    assert parts == list(problem.generate("train"))
    assert len(parts) == 43
    assert problem.num_parts("test") == 1


@pytest.mark.parametrize("split", ["validation", "test"])
def test_held_out_splits_repeat_nothing(split: str) -> None:
    rows = list(Small(name="small").generate(split))
    assert len({row["inputs"] for row in rows}) == len({row["targets"] for row in rows}) == 20


def test_the_two_languages_have_sentences_of_their_own() -> None:
    german, french = (
        {row["inputs"] for row in islice(problem.generate("train"), 300)}
        for problem in (MiniEnde(name="mini_ende"), MiniEnfr(name="mini_enfr"))
    )
    assert len(german & french) < 30


def test_default_sizes() -> None:
    assert MiniEnde.num_examples == {"train": 40_000, "validation": 500, "test": 500}
