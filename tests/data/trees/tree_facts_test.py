from t2t_mm.data.trees.tree_facts import choose_cut, collect_facts, cut_as_tree, split_words


def test_symbols_are_parted_and_the_deepest_and_the_longest_beginning_are_found():
    facts = collect_facts(["S S NP NN /NP /S VP VB NP DT NN /NP /VP /S", "UH", "", "X S NN /S /X"])
    assert facts.labels == ("NP", "S", "VP", "X")
    assert facts.tags == ("DT", "NN", "UH", "VB")
    assert (facts.max_depth, facts.max_opened) == (3, 3)


def test_marked_parts_of_speech_stay_marked_and_labels_of_other_trees_are_none():
    facts = collect_facts(["NP =NP NN /NP", "NN VB", "VB NP /VB"])
    assert facts.labels == ("NP", "VB")
    assert facts.tags == ("=NP", "NN")


def test_one_sentence_is_cut_as_its_tree_has_words():
    assert cut_as_tree("No, dogs.", "S UH , NNS . /S") == ["No", ",", "dogs", "."]
    assert cut_as_tree("No, dogs.", "S UH NNS /S") == ["No,", "dogs."]
    assert cut_as_tree("No, dogs.", "NP NNS /NP") == ["No,", "dogs."]
    assert cut_as_tree("No, dogs.", "S UH NNS . /S") == ["No", ",", "dogs", "."]
    assert cut_as_tree("No, dogs .", "S UH , NNS . /S") == ["No", ",", "dogs", "."]
    assert cut_as_tree("3.5 dogs .", "S CD NNS NNS . /S") == ["3.5", "dogs", "."]
    assert cut_as_tree("US$ 5", "NP $ CD /NP") == ["US$", "5"]
    assert cut_as_tree("No dogs", "S UH , NNS . /S") == ["No", "dogs"]


def test_sentences_are_cut_as_most_of_their_trees_have_words():
    cut_already = [("the dog .", "S DT NN . /S")] * 200
    assert choose_cut([*cut_already, ("one.", "S CD . /S")]) is split_words
    by_punctuation = choose_cut([("It's a dog-house, no?", "S PRP DT NN , UH . /S")])
    assert by_punctuation("I'm here, too.") == ["I'm", "here", ",", "too", "."]
    assert choose_cut([("one two", "NN")]) is None
