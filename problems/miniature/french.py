"""A plan in French: gender, number, agreement, the place of adjectives, elision, contraction.

Phrases are first put together with full words ("de le arbre"); `write_sentence` then applies the
rules that look across word borders: elision ("de l'arbre"), contraction ("du cercle") and des after
de.
"""

import re
from functools import lru_cache
from typing import Final

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.lexicon import (
    FRENCH_ADJECTIVES,
    FRENCH_INVARIABLE,
    FRENCH_NOUNS,
    FRENCH_NUMBERS,
)

_PREPOSITIONS: Final = {
    "left": "à gauche de",
    "right": "à droite de",
    "above": "au-dessus de",
    "below": "sous",
    "next": "à côté de",
    "inside": "dans",
    "between": "entre",
}
_SIDES: Final = {
    "left": "à gauche",
    "right": "à droite",
    "top": "en haut",
    "bottom": "en bas",
    "middle": "au milieu",
}
_VERBS: Final = {
    "touch": ("touche", "touchent"),
    "cover": ("recouvre", "recouvrent"),
    "point": ("pointe", "pointent"),
}
# "de des étoiles" loses its article, "de le cercle" contracts; elision comes first and last.
_CONTRACTIONS: Final = (
    (" de des ", " de "),
    (" de de ", " de "),
    (" de le ", " du "),
    (" de les ", " des "),
    (" à le ", " au "),
    (" à les ", " aux "),
)
_ARTICLE_ELISION: Final = re.compile(r"(?<=\bl)[ea] (?=[aeiouéœ])")
_ELISION: Final = re.compile(r"(?<=\b[dn])e (?=[aeiouéœ])|(?<=\bqu)e (?=[aeiouéœ])")


def write_sentence(sentence: plan.Sentence) -> str:
    """Write a sentence in French.

    Example:
        >>> star = plan.NounPhrase("star", plural=False, determiner="a", colour="red")
        >>> write_sentence(plan.Sentence(plan.Existence(star)))
        'Il y a une étoile rouge.'
    """
    words = _write_clause(sentence.first)
    if sentence.second is not None:
        joint = {"and": " et ", "but": ", mais ", "while": ", tandis que "}[sentence.connective]
        words += joint + _write_clause(sentence.second)
    words = _join_words(words)
    return f"{words[0].upper()}{words[1:]}."


def _join_words(words: str) -> str:
    """Apply elision and contraction to a string of full words."""
    words = _ARTICLE_ELISION.sub("'", words)
    for full, contracted in _CONTRACTIONS:
        if full in words:
            words = words.replace(full, contracted)
    return _ELISION.sub("'", words)


def _write_clause(clause: plan.Clause) -> str:
    if isinstance(clause, plan.Existence):
        return _write_existence(clause)
    if isinstance(clause, plan.Presentation):
        verb = "se trouvent" if clause.thing.plural else "se trouve"
        return f"{_write_place(clause.place)} {verb} {write_noun_phrase(clause.thing)}"
    subject = _write_subject(clause.subject)
    is_none = isinstance(clause.subject, plan.Partitive) and clause.subject.count == 0
    feminine, plural = _find_agreement(clause.subject)
    phrases = [
        _write_predicate(predicate, feminine, plural, is_none) for predicate in clause.predicates
    ]
    words = f"{subject} {' et '.join(phrases)}"
    return f"{_write_place(clause.front)}, {words}" if clause.front else words


def _write_existence(clause: plan.Existence) -> str:
    things = _write_noun_phrases(clause.things)
    first = clause.things.first if isinstance(clause.things, plan.Pair) else clause.things
    words = f"il ne y a pas {things}" if first.determiner == "no" else f"il y a {things}"
    words = words.replace("ne y", "n'y")
    if clause.place is None:
        return words
    place = _write_place(clause.place)
    return f"{place}, {words}" if clause.place_first else f"{words} {place}"


def _find_agreement(subject: plan.Subject) -> tuple[bool, bool]:
    """Find whether what is said of the subject is feminine, and whether it is plural."""
    if isinstance(subject, plan.Pronoun):
        subject = subject.antecedent
    if isinstance(subject, plan.Pair):
        return _is_feminine(subject.first) and _is_feminine(subject.second), True
    if isinstance(subject, plan.Partitive):
        return _is_feminine(subject.whole), subject.count > 1
    return _is_feminine(subject), subject.plural


def _is_feminine(phrase: plan.NounPhrase) -> bool:
    return FRENCH_NOUNS[phrase.kind].gender == "f"


def _write_subject(subject: plan.Subject) -> str:
    feminine, plural = _find_agreement(subject)
    if isinstance(subject, plan.Pronoun):
        return ("elle" if feminine else "il") + ("s" if plural else "")
    if isinstance(subject, plan.Partitive):
        number = FRENCH_NUMBERS[subject.count]
        if subject.count < 2:
            number = ("aucun", "un")[subject.count] + ("e" if feminine else "")
        return f"{number} de {write_noun_phrase(subject.whole)}"
    return _write_noun_phrases(subject)


def _write_noun_phrases(things: plan.NounPhrase | plan.Pair) -> str:
    if isinstance(things, plan.NounPhrase):
        return write_noun_phrase(things)
    return f"{write_noun_phrase(things.first)} et {write_noun_phrase(things.second)}"


def write_noun_phrase(phrase: plan.NounPhrase) -> str:
    """Write a noun phrase with its modifier, before elision and contraction."""
    words = _write_core(
        phrase.kind, phrase.plural, phrase.determiner, phrase.count, phrase.size, phrase.colour
    )
    modifier = phrase.modifier
    if modifier is None:
        return words
    if isinstance(modifier, plan.SubjectRelative):
        predicate = _write_predicate(modifier.predicate, _is_feminine(phrase), phrase.plural)
        return f"{words} qui {predicate}"
    if isinstance(modifier, plan.ObjectRelative):
        verb = _VERBS[modifier.verb][modifier.subject.plural]
        return f"{words} que {write_noun_phrase(modifier.subject)} {verb}"
    return f"{words} {_write_place(modifier)}"


@lru_cache(maxsize=1 << 16)
def _write_core(
    kind: str, plural: bool, determiner: plan.Determiner, count: int, size: str, colour: str
) -> str:
    """Write determiner, number, size, noun and colour, all agreeing."""
    noun = FRENCH_NOUNS[kind]
    feminine = noun.gender == "f"
    words = []
    if determiner == "the":
        words.append("les" if plural else ("la" if feminine else "le"))
    elif determiner == "all":
        words.append("toutes les" if feminine else "tous les")
    elif determiner == "no":
        words.append("de")
    elif not plural:
        words.append("une" if feminine else "un")
    elif not count:
        words.append("de" if size else "des")
    if count:
        words.append(FRENCH_NUMBERS[count])
    if size:
        words.append(inflect_adjective(size, feminine, plural))
    words.append(noun.plural if plural else noun.singular)
    if colour:
        words.append(inflect_adjective(colour, feminine, plural))
    return " ".join(words)


def inflect_adjective(name: str, feminine: bool, plural: bool) -> str:
    """Write an adjective that agrees in gender and number."""
    form = FRENCH_ADJECTIVES[name][feminine]
    return form + "s" if plural and name not in FRENCH_INVARIABLE else form


def _write_place(place: plan.Place) -> str:
    if isinstance(place, plan.Side):
        return _SIDES[place.side]
    return f"{_PREPOSITIONS[place.relation]} {_write_noun_phrases(place.landmark)}"


def _write_predicate(
    predicate: plan.Predicate, feminine: bool, plural: bool, is_none: bool = False
) -> str:
    """Write verb and complement; `is_none` after "aucun", which takes "ne" without "pas"."""
    verb = "sont" if plural else "est"
    negated = not isinstance(predicate, plan.Contrast) and predicate.negated
    if isinstance(predicate, plan.Contrast):
        denied = _write_complement(predicate.denied, feminine, plural)
        instead = _write_complement(predicate.instead, feminine, plural)
        return f"ne {verb} pas {denied} mais {instead}"
    if isinstance(predicate, plan.Action):
        target = write_noun_phrase(predicate.object)
        if predicate.verb == "link":
            ending = ("e" if feminine else "") + ("s" if plural else "")
            rest = f"relié{ending} à {target}"
        else:
            verb = _VERBS[predicate.verb][plural]
            rest = f"vers {target}" if predicate.verb == "point" else target
    else:
        rest = _write_complement(predicate, feminine, plural)
    if negated:
        return f"ne {verb} pas {rest}"
    return f"ne {verb} {rest}" if is_none else f"{verb} {rest}"


def _write_complement(
    predicate: plan.Property | plan.Location | plan.Comparison, feminine: bool, plural: bool
) -> str:
    if isinstance(predicate, plan.Property):
        return " et ".join(
            [inflect_adjective(name, feminine, plural) for name in predicate.adjectives]
        )
    if isinstance(predicate, plan.Location):
        return " et ".join([_write_place(place) for place in predicate.places])
    size = inflect_adjective(predicate.size, feminine, plural)
    return f"plus {size} que {write_noun_phrase(predicate.than)}"
