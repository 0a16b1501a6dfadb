"""A loaded run: how it decodes, and other ways to ask it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from loaded_senses import load_senses
from tiny_run import TinyRun

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.settings.decode_section import DecodeHParams

LINES = ["1 2 3", "", "4 5", "0"]


@pytest.fixture(scope="module")
def loaded(tiny_run: TinyRun) -> LoadedRun:
    return t2t_mm.load(tiny_run.output_dir, problems=["algorithmic_copy"])


def test_settings_of_decoding_are_changed_for_one_load(tiny_run: TinyRun) -> None:
    settings = "beam_size=3,extra_length=2"
    changed = t2t_mm.load(tiny_run.output_dir, decode_hparams=settings)
    assert (changed.decoder.decode.beam_size, changed.decoder.decode.extra_length) == (3, 2)
    assert changed.run.hparams.decode.beam_size == 1


@pytest.mark.parametrize("text", ["beam_sise=3", "beam_size", "beam_size=0", "model.width=8"])
def test_what_is_no_setting_is_refused_before_the_model_is_loaded(
    tiny_run: TinyRun, text: str
) -> None:
    with pytest.raises(UserError, match=r"beam_size|width"):
        t2t_mm.load(tiny_run.output_dir, "no checkpoint", decode_hparams=text)


def test_trees_alone_are_constrained_to_be_trees(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match=r"algorithmic_copy.*Leave constrain=trees out"):
        t2t_mm.load(tiny_run.output_dir, decode_hparams="constrain=trees")


def test_what_a_run_asks_for_need_not_fit_some_of_its_problems(tmp_path: Path) -> None:
    senses = load_senses()
    how = DecodeHParams(constrain="trees")  # as for a problem that is not loaded
    hparams = dataclasses.replace(senses.run.hparams, decode=how)
    run = dataclasses.replace(senses.run, hparams=hparams)
    for data_dir in ("", tmp_path):  # nor need the data be known of a run from elsewhere
        assert not LoadedRun(run, senses.restored, how, data_dir).decoder.constraints
    gone = DecodeHParams(answers_file=str(tmp_path / "gone.txt"))
    hparams = dataclasses.replace(senses.run.hparams, decode=gone)
    hear = dataclasses.replace(senses.run, hparams=hparams, tasks=(senses.run.task("hear"),))
    assert not LoadedRun(hear, senses.restored, gone).decoder.constraints
    with pytest.raises(UserError, match=r"no such file of answers.*gone\.txt"):
        LoadedRun(dataclasses.replace(run, hparams=hparams), senses.restored, gone)


def test_problems_are_named_as_for_an_evaluation(tiny_run: TinyRun) -> None:
    for problems in ("algorithmic_copy", "algorithmic_c*", ["algorithmic_copy"]):
        assert list(t2t_mm.load(tiny_run.output_dir, problems=problems)) == ["algorithmic_copy"]


def test_training_trees_of_a_run_from_elsewhere_are_where_the_caller_says(tmp_path: Path) -> None:
    senses = load_senses()
    trees = dataclasses.replace(senses.run.tasks[0], metrics=("brackets",))
    run, how = dataclasses.replace(senses.run, tasks=(trees,)), DecodeHParams(constrain="trees")
    with pytest.raises(UserError, match=r"was made elsewhere.*--data_dir"):
        LoadedRun(run, senses.restored, how)
    with pytest.raises(UserError, match=rf"not been generated.*{tmp_path}"):
        LoadedRun(run, senses.restored, how, tmp_path)


def test_a_pair_answers_out_of_the_file_too(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("sea\n")
    how = DecodeHParams(answers_file=str(tmp_path / "answers.txt"))
    loaded = LoadedRun(load_senses().run, load_senses().restored, how)
    picture = np.zeros((32, 32, 3), np.uint8)
    assert loaded.pair("caption", "spell")(picture) == "sea"
    constraints = dict(loaded.decoder.constraints)
    (found,) = loaded.pair("caption", "spell").n_best(picture, 1)
    assert found.text == "sea"
    assert all(loaded.decoder.constraints[name] is one for name, one in constraints.items())
    with pytest.raises(UserError, match="Only texts can be chosen"):
        loaded.pair("caption", "hear")


@pytest.mark.slow
def test_answers_out_of_a_file_are_the_only_ones(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = tmp_path / "answers.txt"
    answers.write_text("1 2 3\n\n9 9\n5\n", encoding="utf-8")
    settings = f"answers_file={answers}"
    run = t2t_mm.load(tiny_run.output_dir, problems=["algorithmic_copy"], decode_hparams=settings)
    copy = run["algorithmic_copy"]
    outputs = copy(LINES)
    assert outputs[1] == "" and {outputs[0], *outputs[2:]} <= {"1 2 3", "9 9", "5"}
    for line, found in zip(LINES, copy.n_best(LINES, 3, alpha=0.0), strict=True):
        if line:
            assert sorted(one.text for one in found) == ["1 2 3", "5", "9 9"]
            for one in found:
                assert one.log_probability == pytest.approx(copy.score(line, one.text), abs=2e-4)
            assert found == sorted(found, key=lambda one: -one.log_probability)
    answers.write_text("\n", encoding="utf-8")
    with pytest.raises(UserError, match="no answer"):
        t2t_mm.load(tiny_run.output_dir, decode_hparams=settings)
    monkeypatch.setattr("t2t_mm.inference.loaded_run.restore_model", None)  # is not reached
    for wrong in ("answers_file=nowhere.txt", f"{settings},constrain=trees"):
        with pytest.raises(UserError, match="answers"):
            t2t_mm.load(tiny_run.output_dir, decode_hparams=wrong)


@pytest.mark.slow
def test_the_best_outputs_have_the_scores_that_they_have_under_teacher_forcing(
    loaded: LoadedRun,
) -> None:
    predictor = loaded["algorithmic_copy"]
    found = predictor.n_best(LINES, 3)
    assert [len(one) for one in found] == [3, 0, 3, 3]
    alone = predictor.n_best(LINES[0], 3)  # products of fewer rows round otherwise
    assert [one.text for one in alone] == [one.text for one in found[0]]
    assert [one.score for one in alone] == pytest.approx([one.score for one in found[0]], rel=1e-5)
    for line, alternatives in zip(LINES, found, strict=True):
        scores = [one.score for one in alternatives]
        assert scores == sorted(scores, reverse=True)
        for one in alternatives:
            if len(one.text) < len(line):  # it did not run into the limit, where there is no end
                known = predictor.score(line, one.text)
                assert one.log_probability == pytest.approx(known, abs=2e-4)


@pytest.mark.slow
def test_samples_are_those_of_their_seed(loaded: LoadedRun) -> None:
    predictor = loaded["algorithmic_copy"]
    found = predictor.samples(LINES, 5, seed=1)
    assert [len(one) for one in found] == [5, 0, 5, 5]  # of an empty text there are none
    assert predictor.samples(LINES, 5, seed=1) == found
    assert predictor.samples(LINES, 5, seed=2) != found
    (sure,) = predictor.samples(LINES[0], top_k=1)
    assert sure.text == predictor(LINES[0])


@pytest.mark.slow
def test_greedy_answers_are_not_changed_by_other_ways_to_ask(loaded: LoadedRun) -> None:
    predictor = loaded["algorithmic_copy"]
    before = predictor(LINES)
    predictor.n_best(LINES, 2)
    predictor.samples(LINES, 2)
    assert predictor(LINES) == before and np.shape(before) == (4,)


def test_a_number_that_is_wrong_is_told_by_the_name_of_the_argument(loaded: LoadedRun) -> None:
    predictor = loaded["algorithmic_copy"]
    with pytest.raises(UserError, match=r"^number is out of range.*Received: number=0\.$"):
        predictor.n_best("1", 0)
    with pytest.raises(UserError, match=r"^alpha is out of range.*Received: alpha=-1\.0\.$"):
        predictor.n_best("1", alpha=-1)
    for name, value in {
        "number": 1.5,
        "temperature": 0,
        "top_k": -2,
        "top_p": 2,
        "seed": -1,
    }.items():
        with pytest.raises(UserError, match=rf"^{name} (is|has).*Received: {name}="):
            predictor.samples("1", **{name: value})


@pytest.mark.slow
def test_numbers_may_be_numpys(loaded: LoadedRun) -> None:
    predictor = loaded["algorithmic_copy"]
    assert len(predictor.n_best("1 2", np.int64(3), alpha=np.float32(0.5))) == 3
    drawn = predictor.samples("1 2", np.int32(2), temperature=np.float32(0.5), seed=np.int64(1))
    assert drawn == predictor.samples("1 2", 2, temperature=0.5, seed=1)
