"""Test scenes and test sentences stay out of training: by construction, and seen to be so."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, product

import pytest

from t2t_mm.data.declaring.splits import SPLITS
from t2t_mm.problems.miniature import lexicon, plan
from t2t_mm.problems.miniature.splits import choose_content_split, choose_scene_split
from t2t_mm.problems.miniature.world import LANGUAGES, draw_example

_ENDINGS = ("", "e", "en", "er", "es", "em")


def forms(language: str) -> Iterator[tuple[str, str]]:
    """Yields every form of every content word, with its English name."""
    if language == "en":
        nouns, numbers = lexicon.ENGLISH_NOUNS, lexicon.ENGLISH_NUMBERS
        yield from ((name, name) for name in lexicon.GERMAN_ADJECTIVES)
        yield from (("bigger", "big"), ("smaller", "small"))
    elif language == "de":
        nouns, numbers = lexicon.GERMAN_NOUNS, lexicon.GERMAN_NUMBERS
        for (name, stem), ending in product(lexicon.GERMAN_ADJECTIVES.items(), _ENDINGS):
            yield stem + ending, name
        yield "größer", "big"
    else:
        nouns, numbers = lexicon.FRENCH_NOUNS, lexicon.FRENCH_NUMBERS
        for name, pair in lexicon.FRENCH_ADJECTIVES.items():
            yield from ((form + ending, name) for form in pair for ending in ("", "s"))
    for name, noun in nouns.items():
        for form in (noun.singular, noun.plural, noun.dative or noun.singular):
            yield form.lower(), name
        if language == "de":
            yield noun.plural.lower() + "n", name
    yield from ((form, str(count)) for count, form in enumerate(numbers) if count > 1)


def table(language: str) -> dict[str, str]:
    return dict(forms(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_belongs_to_two_content_words(language: str) -> None:
    names = table(language)
    assert all(names[form] == name for form, name in forms(language))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_content_can_be_read_off_the_words(language: str) -> None:
    """So equal sentences have equal content, and with it the same split, in every language."""
    names = table(language)
    for split, number in product(SPLITS, range(400)):
        one = draw_example(split, number, stream="content")
        words = re.split(r"[ ',.]+", one.write_in(language).lower())
        read = tuple(sorted(names[word] for word in words if word in names))
        assert read == tuple(plan.list_content_words(one.sentence)), one.write_in(language)
        assert choose_content_split(read) == choose_scene_split(one.scene) == split


@pytest.mark.slow
def test_training_never_contains_a_held_out_scene_or_sentence() -> None:
    """The same, by looking: several streams and seeds against all that is held out."""
    held_out = [
        draw_example(split, number, stream=f"text_{language}")
        for split, language, number in product(SPLITS[1:], ("de", "fr"), range(250))
    ]
    training = chain(
        (draw_example("train", number, stream="text_de") for number in range(20_000)),
        (draw_example("train", number, stream="other", seed=3) for number in range(5_000)),
    )
    scenes = {one.scene.key for one in held_out}
    texts = {one.write_in(language) for one in held_out for language in LANGUAGES}
    assert len(texts) > 2500
    for one in training:
        assert one.scene.key not in scenes
        assert one.english not in texts
        assert one.write_in("de") not in texts
        assert one.write_in("fr") not in texts


@pytest.mark.slow
def test_validation_and_test_share_no_sentence() -> None:
    validation, test = (
        {draw_example(split, number).english for number in range(500)} for split in SPLITS[1:]
    )
    assert validation.isdisjoint(test)


def test_each_held_out_split_gets_about_five_per_cent() -> None:
    kinds, colours = sorted(lexicon.ENGLISH_NOUNS), sorted(lexicon.GERMAN_ADJECTIVES)
    contents = set(product(colours, kinds, colours, kinds))
    assert len(contents) > 2000
    found = Counter(choose_content_split(content) for content in contents)
    for split in SPLITS[1:]:
        assert 0.03 < found[split] / len(contents) < 0.07
