"""Trees from a model that has learned nothing: what is well-formed is the grammar's doing."""

import io

import numpy as np
import pytest
import sentencepiece
import small_model
from small_model import TEXT, make_talkative_model

from t2t_mm.data.trees.linearization import delinearize
from t2t_mm.data.trees.tree_facts import TreeFacts, collect_facts
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary, SubwordVocabulary
from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.sampling import Sampling
from t2t_mm.search.tree_grammar import TreeGrammar

LONGER = "SINV PP P NN /PP VP VBZ /VP /SINV"  # /S begins /SINV, P begins PP
TREES = [
    LONGER,
    "S NP DT NN /NP VP VBZ NP =NP /NP /VP /S",
    "NP NNP /NP",
    "S S NP NN /NP /S VP VBZ /VP /S",
]
SENTENCES = ["the dog barks", "it", "", "a b c d e f g h i j k", "two words"]


def train_pieces():
    """A vocabulary in which symbols share pieces and are pieces of each other."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TREES * 3 + SENTENCES),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        byte_fallback=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    return SubwordVocabulary("pieces", model.getvalue())


@pytest.fixture(scope="module", params=["bytes", "pieces"])
def setting(request):
    vocabulary = ByteVocabulary() if request.param == "bytes" else train_pieces()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_model, "VOCABULARY", vocabulary.size)
        model = make_talkative_model()
    rows = [[*vocabulary.encode(text), 1] if text else [] for text in SENTENCES]
    inputs = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for place, row in enumerate(rows):
        inputs[place, : len(row)] = row
    grammar = TreeGrammar(collect_facts(TREES), vocabulary, vocabulary)
    return vocabulary, model, {"inputs": inputs}, grammar


@pytest.mark.slow
@pytest.mark.parametrize("kind", [GreedySearch, BeamSearch, Sampling])
def test_every_output_is_a_tree_over_the_words_of_its_input(setting, kind):
    vocabulary, model, batch, grammar = setting
    count = {GreedySearch: {}, BeamSearch: {"beam_size": 3}, Sampling: {"num_samples": 3}}[kind]
    search = kind(model, TEXT, TEXT, **count, constraint=grammar)
    seen = set()
    for extra_length in (0, 60):
        found = search(batch, command_index=0, extra_length=extra_length)
        for row, (sentence, outputs) in enumerate(zip(SENTENCES, found.ids, strict=True)):
            for number, output in enumerate(outputs.tolist()):
                if kind is BeamSearch and not np.isfinite(found.log_probabilities[row, number]):
                    continue
                text = vocabulary.decode(output)
                seen.add(text)
                if sentence:
                    assert delinearize(text, sentence.split()).words() == sentence.split()
                    assert 1 in output
                else:
                    assert not text
    assert len(seen) >= len(SENTENCES)


@pytest.mark.slow
@pytest.mark.parametrize(("max_depth", "max_opened"), [(1, 1), (4, 2)])
def test_depth_and_chains_are_those_of_the_facts(setting, max_depth, max_opened):
    vocabulary, model, batch, _ = setting
    facts = TreeFacts(("NP", "S", "SINV"), ("NN", "P"), max_depth, max_opened)
    grammar = TreeGrammar(facts, vocabulary, vocabulary)
    search = Sampling(model, TEXT, TEXT, 6, None, grammar)
    found = search(batch, command_index=0, extra_length=60)
    seen = collect_facts([vocabulary.decode(row) for row in found.ids[3].tolist()])
    assert seen.max_depth <= max_depth and seen.max_opened <= max_opened
    assert seen.max_depth > 1 or max_depth == 1


def test_sentences_are_cut_as_the_caller_says():
    vocabulary = ByteVocabulary()
    grammar = TreeGrammar(collect_facts(TREES), vocabulary, vocabulary, cut_words=list)
    inputs = np.array([[*vocabulary.encode("a b"), 1], [*vocabulary.encode("c"), 1, 0, 0]])
    assert grammar.describe_inputs({"inputs": inputs})["num_words"].tolist() == [3, 1]
