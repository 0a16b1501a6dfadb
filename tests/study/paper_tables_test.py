"""The paper's tables over problems: which cells there are, and that all of them can be trained."""

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.loading import load_study
from t2t_mm.study.paper_tables import JOINT, OWN


def test_the_eight_of_the_miniature_by_default() -> None:
    checked = check_study(load_study("paper_tables"))
    joint = checked.cells["joint"]
    assert joint.problems == registry.expand_problems("mini_8")
    assert joint.hparams.data.mixing == "uniform" and joint.hparams.data.rates == {}
    assert len(checked.cells) == 35
    assert [table.title.partition(":")[0] for table in checked.study.tables] == [
        "Joint against alone",
        "Low resource",
        "Blocks of the joint model",
    ]


def test_each_problem_has_as_many_steps_alone_as_together() -> None:
    cells = check_study(load_study("paper_tables", steps=800)).cells
    assert cells["own_mini_parse"].steps == cells["fewer_mini_parse"].steps == 100
    assert cells["all_mini_parse"].steps == cells["joint"].steps == 800
    for name in ("alone_125_trees", "with_image_125_trees", "with_language_trees"):
        assert cells[name].steps == 100 * len(cells[name].problems)


def test_experts_are_in_proportion() -> None:
    cells = check_study(load_study("paper_tables")).cells
    joint, fewer = (cells[name].hparams.experts for name in ("joint", "fewer_mini_ende"))
    assert (joint.num_experts, fewer.num_experts, fewer.experts_per_token) == (16, 2, 2)


def test_a_share_of_the_trees_is_read_where_they_are_few() -> None:
    cells = check_study(load_study("paper_tables", shares=(0.25, 1.0))).cells
    shares = {name: dict(cell.hparams.data.shares) for name, cell in cells.items()}
    assert shares["joint_250"] == shares["alone_250_trees"] == {"mini_parse": 0.25}
    assert shares["with_image_trees"] == shares["joint"] == {}
    assert not cells["with_image_250_trees"].scored.get("mini_image")


def test_blocks_are_left_out() -> None:
    cells = check_study(load_study("paper_tables")).cells
    either = cells["without_either"].hparams
    assert not either.model.use_attention
    assert (either.experts.num_experts, either.experts.expert_width) == (1, 1)
    assert cells["gate_by_problem"].hparams.experts.gate == "problem"


def test_what_the_paper_reports_stands_beside_its_problems() -> None:
    rows = {row.problem: row.reported for row in load_study("paper_tables").tables[0].rows}
    assert rows["mini_parse"][JOINT] == 98.0 and rows["mini_ende"][JOINT] == 72.0
    assert rows["mini_enfr"] == {} and OWN not in rows["mini_parse"]


def test_real_problems_and_those_without_trees() -> None:
    study = load_study("paper_tables", problems="paper_8", hparams_set="multimodel_base")
    assert "own_wsj_parse" in check_study(study).cells
    few = load_study("paper_tables", problems="mini_text", steps=40)
    assert len(few.tables) == 2 and len(check_study(few).cells) == 17
    named = load_study("paper_tables", problems="tree_files/bank,mini_ende")
    assert check_study(named).cells["alone_125_trees"].hparams.data.shares == {
        "tree_files/bank": 0.125
    }


def test_problems_whose_cells_would_have_one_name_are_refused() -> None:
    with pytest.raises(UserError, match="would both be named 'text2text_files_en_de'"):
        load_study("paper_tables", problems="text2text_files/en-de,text2text_files/en_de")


@pytest.mark.parametrize("given", [{"problems": "mini_ende"}, {"steps": 7}])
def test_one_problem_or_too_few_steps_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(UserError, match="two problems or more, and a step of each"):
        load_study("paper_tables", **given)


def test_twice_the_trees_alone_is_no_table_where_there_is_no_such_problem() -> None:
    names = "mini_ende,tree_files/bank"
    titles = [one.title for one in load_study("paper_tables", problems=names, shares=(2.0,)).tables]
    assert titles and not any("Low resource" in title for title in titles)
