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
from t2t_mm.inference.beam_search import BeamSearch
from t2t_mm.inference.sampling import Sampling, SamplingOptions
from t2t_mm.inference.search import GreedySearch
from t2t_mm.inference.tree_grammar import TreeGrammar

TREES = ["S NP DT NN /NP VP VBZ NP =NP /NP /VP /S", "NP NNP /NP", "S S NP NN /NP /S VP VBZ /VP /S"]
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


@pytest.mark.parametrize("extra_length", [0, 60])
@pytest.mark.parametrize("kind", [GreedySearch, BeamSearch, Sampling])
def test_every_output_is_a_tree_over_the_words_of_its_input(setting, kind, extra_length):
    vocabulary, model, batch, grammar = setting
    options = (
        {} if kind is GreedySearch else {"beam_size" if kind is BeamSearch else "num_samples": 3}
    )
    search = kind(model, TEXT, TEXT, **options, constraint=grammar)
    found = search(batch, command_index=0, extra_length=extra_length)
    seen = set()
    for row, (sentence, outputs) in enumerate(zip(SENTENCES, found.ids, strict=True)):
        for number, output in enumerate(outputs.tolist()):
            if kind is BeamSearch and not np.isfinite(found.log_probabilities[row, number]):
                continue
            text = vocabulary.decode(output)
            seen.add(text)
            if sentence:
                tree = delinearize(text, sentence.split())
                assert tree.words() == sentence.split()
                assert 1 in output
            else:
                assert not text
    assert len(seen) >= len(SENTENCES)


def test_depth_and_chains_are_those_of_the_facts(setting):
    vocabulary, model, batch, _ = setting
    for max_depth, max_opened in ((1, 1), (2, 1), (4, 2)):
        facts = TreeFacts(("A", "B"), ("X",), max_depth, max_opened)
        grammar = TreeGrammar(facts, vocabulary, vocabulary)
        search = Sampling(model, TEXT, TEXT, 6, SamplingOptions(seed=1), grammar)
        found = search(batch, command_index=0, extra_length=60)
        lines = [vocabulary.decode(row) for row in found.ids[3].tolist()]
        seen = collect_facts(lines)
        assert seen.max_depth <= max_depth and seen.max_opened <= max_opened
        assert seen.max_depth > 1 or max_depth == 1
