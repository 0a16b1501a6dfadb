"""The full study: it goes on where the small one ends, and makes no run twice."""

import math

import pytest

from t2t_mm import registry
from t2t_mm.settings import ModalityHParams
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.definition import Study
from t2t_mm.study.equal_size import count_operations, count_parameters
from t2t_mm.study.loading import load_study
from t2t_mm.study.paper_tables import BLOCK_CHANGES
from t2t_mm.study.paper_tables_full import change_length


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("paper_tables_full")


@pytest.mark.slow
def test_cells_of_the_small_study_are_as_they_were(study: Study) -> None:
    small = check_study(load_study("paper_tables"))
    full = check_study(study)
    for name in small.cells:
        assert full.describe(name) == small.describe(name)
    assert [table.title for table in study.tables][:3] == [
        table.title for table in small.study.tables
    ]


def test_no_two_cells_train_the_same(study: Study) -> None:
    trained = [
        (frozenset(registry.expand_problems(cell.problems)), cell.steps, cell.hparams)
        for cell in study.cells.values()
    ]
    assert len(set(trained)) == len(trained)
    equal = study.tables[3].rows[0].cells
    assert equal["gate by problem"] == "gate_by_problem"  # it has as many parameters as it is


def test_trees_are_an_eighth_up_to_twice_as_many(study: Study) -> None:
    cells = check_study(study).cells
    rows = study.tables[1].rows
    shares = [cells[row.cells["alone"]].hparams.data.shares.get(row.problem, 1) for row in rows]
    assert shares == [0.125, 0.25, 0.5, 1, 1]
    assert [row.problem for row in rows] == ["mini_parse"] * 4 + ["double_mini_parse"]
    for column, single in rows[3].cells.items():
        doubled = cells[rows[4].cells[column]]
        assert doubled.steps == cells[single].steps
        assert {one.removeprefix("double_") for one in doubled.problems} == set(
            cells[single].problems
        )


def test_trees_that_cannot_be_doubled_have_no_such_row() -> None:
    study = load_study("paper_tables_full", problems="tree_files/bank,mini_ende")
    assert [row.label for row in study.tables[1].rows][-1] == "1 of the examples"
    check_study(study)


@pytest.mark.parametrize(
    ("number", "count"), [(3, count_parameters), (4, count_operations)], ids=["parameters", "ops"]
)
def test_controls_are_as_large_as_the_joint_model(study: Study, number: int, count: object) -> None:
    assert callable(count)
    cells, table = check_study(study).cells, study.tables[number]
    aim = count(cells["joint"].hparams, 8)
    assert not any(row.reported for row in table.rows)  # the paper left blocks out
    for label in BLOCK_CHANGES:
        control = cells[table.rows[0].cells[label]].hparams
        assert count(control, 8) == pytest.approx(aim, rel=0.03)
        assert control.model.use_attention is (label not in ("without attention", "without either"))
        many = label in ("without attention", "gate by problem")
        assert control.experts.num_experts == (16 if many else 1)


def test_each_problem_is_trained_with_each_other_one(study: Study) -> None:
    cells, table = check_study(study).cells, study.tables[5]
    names = registry.expand_problems("mini_8")
    assert table.columns[2:] == [f"with {name}" for name in names]
    assert (
        table.columns[:2]
        == ["alone", "alone, twice the steps"]
        == [
            table.gains_over,
            "alone, twice the steps",
        ]
    )
    for row in table.rows:
        own = cells[row.cells["alone"]]
        assert (own.problems, own.steps) == ([row.problem], 150)
        assert cells[row.cells["alone, twice the steps"]].steps == 300
        for other in set(names) - {row.problem}:
            pair = cells[row.cells[f"with {other}"]]
            assert set(pair.problems) == {row.problem, other} and pair.steps == 300
    assert len({row.cells.get("with mini_parse") for row in table.rows}) == 8  # one has none
    (claim,) = (one for one in table.claims if "mini_parse" in one.text)
    assert (claim.better, claim.than) == ("with mini_parse", "alone")


def test_of_two_problems_the_pair_is_the_joint_model() -> None:
    study = load_study("paper_tables_full", problems="mini_parse,mini_ende")
    assert study.tables[-2].rows[0].cells["with mini_ende"] == "joint"
    assert study.tables[-2].rows[0].cells["alone, twice the steps"] == "all_mini_parse"


def test_one_joint_run_keeps_checkpoints_for_its_gradients(study: Study) -> None:
    checked = check_study(study)
    watched, joint = checked.cells[study.gradients_of], checked.cells["joint"]
    assert watched.problems == joint.problems and watched.steps == joint.steps
    train = watched.hparams.train
    assert (train.checkpoint_every, train.keep_checkpoint_max) == (150, 8)
    assert [seed for name, seed in study.list_runs() if name == "watched"] == [1]
    check_study(load_study("paper_tables_full", problems="mini_text", steps=5))


def test_nets_are_shared_or_not_and_leave_more_or_fewer_positions(study: Study) -> None:
    cells, table = check_study(study).cells, study.tables[6]
    (of_row,) = {tuple(row.cells.items()) for row in table.rows}
    nets = {label: cells[name].hparams.modality for label, name in of_row}
    assert [label for label, one in nets.items() if not one.share] == ["nets apart"]
    strides = {label: math.prod(one.audio_time_strides) for label, one in nets.items()}
    blocks = {label: len(one.image_widths) for label, one in nets.items()}
    assert strides["half the length"] == 2 * strides["shared nets"] == 8
    assert strides["twice the length"] == strides["shared nets"] / 2
    assert blocks == {**dict.fromkeys(nets, 4), "half the length": 5, "twice the length": 3}


def test_texts_have_the_length_that_they_have() -> None:
    table = load_study("paper_tables_full", problems="mini_text").tables[-1]
    assert table.columns == ["shared nets", "nets apart"] and len(table.claims) == 1


def test_a_net_without_strides_is_not_made_shorter_than_none() -> None:
    nets = ModalityHParams(
        audio_time_strides=(1, 1, 1), image_widths=(8, 8), audio_widths=(8, 8, 8)
    )
    longer = change_length(nets, longer=True)
    assert longer == "modality.audio_time_strides=[1,1,1],modality.image_widths=[8,8]"
    shorter = change_length(ModalityHParams(audio_time_strides=(2, 2, 2)), longer=False)
    assert shorter.startswith("modality.audio_time_strides=[4,2,2],")


def test_nets_without_strides_are_not_compared_with_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load, short = registry.load_hparams, "image_widths=[8,8],audio_time_strides=[1,1,1]"
    monkeypatch.setattr(
        registry, "load_hparams", lambda base, overrides=short: load(base, overrides=overrides)
    )
    table = load_study("paper_tables_full", problems="mini_image,mini_ende").tables[-1]
    assert table.columns == ["shared nets", "nets apart", "half the length"]
    assert len(table.claims) == 2
