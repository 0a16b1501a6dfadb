from pathlib import Path
from types import SimpleNamespace

import pytest
from small_model import TEXT, make_model

from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Image, Language
from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.choose_search import (
    check_answers,
    check_rules,
    check_search_counts,
    choose_decoding,
    make_constraints,
    make_search,
)
from t2t_mm.search.constraint import AllOf, NoRepeat
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.prefix_tree import OneOf
from t2t_mm.search.sampling import Sampling
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.sections import HParams


@pytest.fixture(scope="module")
def model():
    return make_model()


def choose(model, constraint=None, **settings):
    return make_search(model, (TEXT, TEXT), DecodeHParams(**settings), constraint)


def test_the_search_is_greedy_unless_several_outputs_or_scores_are_asked_for(model):
    assert type(choose(model)) is GreedySearch
    assert type(choose(model, beam_size=2)) is BeamSearch
    assert type(choose(model, write_beam_scores=True)) is BeamSearch
    assert type(choose(model, sampling_method="random")) is Sampling


def test_settings_reach_the_search(model):
    beam = choose(model, beam_size=3, alpha=0.9)
    assert (beam.num_hypotheses, beam.alpha, beam.num_wanted) == (3, 0.9, 1)
    assert choose(model, beam_size=3, return_beams=True).num_wanted == 3
    drawn = choose(
        model,
        sampling_method="random",
        beam_size=5,
        sampling_temp=0.5,
        sampling_keep_top_k=7,
        sampling_keep_top_p=0.8,
    )
    assert drawn.num_hypotheses == 5
    options = drawn.options
    assert (options.temperature, options.top_k, options.top_p) == (0.5, 7, 0.8)
    assert choose(model, sampling_method="random").options.top_k == 0
    assert not drawn.jit_compile and choose(model, beam_size=3, jit_compile=True).jit_compile


@pytest.mark.parametrize("rule", [{"answers_file": __file__}, {"constrain": "trees"}])
def test_rules_that_could_leave_nothing_to_write_are_refused_together(rule):
    check_rules(DecodeHParams(**rule))
    with pytest.raises(UserError, match=r"free to repeat.*no_repeat=2"):
        check_rules(DecodeHParams(**rule, no_repeat=2))
    with pytest.raises(UserError, match="free to repeat"):
        make_constraints([], DecodeHParams(**rule, no_repeat=2), DecodeHParams(), {}, Path())


def test_rules_of_settings_and_of_the_caller_hold_together(model):
    own = NoRepeat(2)
    assert choose(model, own).constraint is own
    assert isinstance(choose(model, no_repeat=3).constraint, NoRepeat)
    both = choose(model, own, no_repeat=3).constraint
    assert isinstance(both, AllOf) and both.constraints[0] is own


def test_given_answers_of_the_caller_are_refused_beside_no_repeat_too(model):
    answers = OneOf(["a"], ByteVocabulary())
    assert choose(model, answers).constraint is answers
    for rule, name in ((answers, "OneOf"), (AllOf(NoRepeat(2), answers), "AllOf")):
        with pytest.raises(UserError, match=f"free to repeat.*no_repeat=3.*{name}"):
            choose(model, rule, no_repeat=3)


def test_a_file_that_only_a_run_from_elsewhere_names_is_not_read(tmp_path):
    file = tmp_path / "secret.txt"
    file.write_text("a\n")
    hparams = HParams(decode=DecodeHParams(answers_file=str(file)))
    run = SimpleNamespace(directory=tmp_path, hparams=hparams, is_own=False)
    with pytest.raises(UserError, match="file of answers that its settings name"):
        choose_decoding(run)
    with pytest.raises(UserError, match="is not read by itself"):
        choose_decoding(run, "beam_size=2")
    assert choose_decoding(run, f"answers_file={file}").answers_file == str(file)
    assert choose_decoding(run, "answers_file=").answers_file == ""
    run.is_own = True
    assert choose_decoding(run, "beam_size=2") == DecodeHParams(answers_file=str(file), beam_size=2)


def test_a_file_of_answers_that_is_gone_is_told_to_who_names_it_and_who_reads_it(tmp_path):
    gone = DecodeHParams(answers_file=str(tmp_path / "gone.txt"))
    run = SimpleNamespace(directory=tmp_path, hparams=HParams(decode=gone), is_own=True)
    assert choose_decoding(run, "alpha=0.3").answers_file == gone.answers_file
    with pytest.raises(UserError, match=r"no such file of answers.*gone\.txt"):
        choose_decoding(run, f"answers_file={gone.answers_file}")
    names = SimpleNamespace(targets=Categorical(num_classes=2)), SimpleNamespace(targets=Image())
    texts = SimpleNamespace(targets=Language("bytes"))
    check_answers(gone, names)
    check_answers(DecodeHParams(), [texts])
    with pytest.raises(UserError, match="no such file of answers"):
        check_answers(gone, [*names, texts])


def test_what_is_asked_of_a_search_is_refused_where_all_outputs_are_classes():
    text, classes = SimpleNamespace(command="say"), SimpleNamespace(command="")
    own = DecodeHParams(extra_length=4, no_repeat=2)
    changed = DecodeHParams(extra_length=9, alpha=0.3, jit_compile=True, no_repeat=2)
    with pytest.raises(UserError, match=r"extra_length, alpha, jit_compile would count.*length=9"):
        check_search_counts(changed, own, [classes, classes])
    with pytest.raises(UserError, match=r"decode\.no_repeat=3"):
        check_search_counts(DecodeHParams(extra_length=4, no_repeat=3), own, [classes])
    check_search_counts(changed, own, [classes, text])
    check_search_counts(own, own, [classes])  # of the run itself: it may have had others
    of_beams = {"beam_size": 3, "return_beams": True, "write_beam_scores": True}
    sampled = DecodeHParams(extra_length=4, no_repeat=2, sampling_method="random", **of_beams)
    check_search_counts(sampled, own, [classes])
