"""A plan in German: gender, case, adjective endings, and where the verb goes.

Phrases are strings of words with " , " for a comma; `write_sentence` puts the commas right at the
end. A relative clause brings both of its commas, and a comma before another or before the full stop
falls away.
"""

from functools import lru_cache
from typing import Final, Literal, TypeAlias

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.lexicon import GERMAN_ADJECTIVES, GERMAN_NOUNS, GERMAN_NUMBERS

Case: TypeAlias = Literal["nominative", "accusative", "dative", "genitive"]

# Masculine, feminine, neuter, plural. Relative pronouns: the same in the cases that we need.
_DEFINITE: Final = {
    "nominative": {"m": "der", "f": "die", "n": "das", "p": "die"},
    "accusative": {"m": "den", "f": "die", "n": "das", "p": "die"},
    "dative": {"m": "dem", "f": "der", "n": "dem", "p": "den"},
    "genitive": {"p": "der"},
}
# What follows "ein" and "kein".
_INDEFINITE_ENDINGS: Final = {
    "nominative": {"m": "", "f": "e", "n": "", "p": "e"},
    "accusative": {"m": "en", "f": "e", "n": "", "p": "e"},
    "dative": {"m": "em", "f": "er", "n": "em", "p": "en"},
}
# Adjectives after "der", "alle" (weak) and "ein", "kein" (mixed); -en wherever not given.
_WEAK: Final = {
    ("nominative", "m"): "e",
    ("nominative", "f"): "e",
    ("nominative", "n"): "e",
    ("accusative", "f"): "e",
    ("accusative", "n"): "e",
}
_MIXED: Final = {
    ("nominative", "m"): "er",
    ("nominative", "f"): "e",
    ("nominative", "n"): "es",
    ("accusative", "f"): "e",
    ("accusative", "n"): "es",
}
# Adjectives without an article, needed in the plural only.
_STRONG_PLURAL: Final = {"nominative": "e", "accusative": "e", "dative": "en"}
_PRONOUNS: Final = {"m": "er", "f": "sie", "n": "es", "p": "sie"}
_PREPOSITIONS: Final = {
    "left": "links von",
    "right": "rechts von",
    "above": "über",
    "below": "unter",
    "next": "neben",
    "inside": "in",
    "between": "zwischen",
}
_CONTRACTIONS: Final = {"von": "vom", "in": "im"}  # with "dem"
_SIDES: Final = {
    "left": "links",
    "right": "rechts",
    "top": "oben",
    "bottom": "unten",
    "middle": "in der Mitte",
}
_VERBS: Final = {
    "touch": ("berührt", "berühren"),
    "cover": ("verdeckt", "verdecken"),
    "point": ("zeigt", "zeigen"),
}


def write_sentence(sentence: plan.Sentence) -> str:
    """Write a sentence in German.

    Example:
        >>> star = plan.NounPhrase("star", plural=False, determiner="a", colour="red")
        >>> write_sentence(plan.Sentence(plan.Existence(star)))
        'Es gibt einen roten Stern.'
    """
    words = _write_clause(sentence.first)
    if sentence.second is not None:
        words += _write_second_clause(sentence.connective, sentence.second)
    words = f"{words} .".replace(" , , ", " , ").replace(" , .", " .")
    words = words.replace(" ,", ",").replace(" .", ".")
    return words[0].upper() + words[1:]


def _write_second_clause(connective: plan.Connective, clause: plan.Statement) -> str:
    if connective == "while":
        finite, rest = _write_predicate(clause.predicates[0], _is_plural(clause.subject))
        return f" , während {_write_subject(clause.subject)} {rest} {finite}"
    if connective == "but":
        return f" , aber {_write_clause(clause)}"
    return f" und {_write_clause(clause)}"


def _write_clause(clause: plan.Clause) -> str:
    """Write a main clause: the finite verb is always second."""
    if isinstance(clause, plan.Existence):
        things = _write_noun_phrases(clause.things, "accusative")
        if clause.place is None:
            return f"es gibt {things}"
        if clause.place_first:
            return f"{_write_place(clause.place)} gibt es {things}"
        return f"es gibt {things} {_write_place(clause.place)}"
    if isinstance(clause, plan.Presentation):
        thing = write_noun_phrase(clause.thing, "nominative")
        return f"{_write_place(clause.place)} {_conjugate_be(clause.thing.plural)} {thing}"
    subject, plural = _write_subject(clause.subject), _is_plural(clause.subject)
    finite, rest = _write_predicate(clause.predicates[0], plural)
    words = f"{subject} {finite} {rest}"
    if clause.front:
        words = f"{_write_place(clause.front)} {finite} {subject} {rest}"
    for predicate in clause.predicates[1:]:
        finite, rest = _write_predicate(predicate, plural)
        words += f" und {finite} {rest}"
    return words


def _conjugate_be(plural: bool) -> str:
    return "sind" if plural else "ist"


def _is_plural(subject: plan.Subject) -> bool:
    if isinstance(subject, plan.Pronoun):
        subject = subject.antecedent
    if isinstance(subject, plan.Partitive):
        return subject.count > 1
    return isinstance(subject, plan.Pair) or subject.plural


def _write_subject(subject: plan.Subject) -> str:
    if isinstance(subject, plan.Pronoun):
        antecedent = subject.antecedent
        if _is_plural(antecedent) or isinstance(antecedent, plan.Pair):
            return _PRONOUNS["p"]
        return _PRONOUNS[GERMAN_NOUNS[antecedent.kind].gender]
    if isinstance(subject, plan.Partitive):
        whole = write_noun_phrase(subject.whole, "genitive")
        if subject.count > 1:
            return f"{GERMAN_NUMBERS[subject.count]} {whole}"
        ending = _MIXED["nominative", GERMAN_NOUNS[subject.whole.kind].gender]
        return f"{'ein' if subject.count else 'kein'}{ending} {whole}"
    return _write_noun_phrases(subject, "nominative")


def _write_noun_phrases(things: plan.NounPhrase | plan.Pair, case: Case) -> str:
    if isinstance(things, plan.NounPhrase):
        return write_noun_phrase(things, case)
    return f"{write_noun_phrase(things.first, case)} und {write_noun_phrase(things.second, case)}"


def write_noun_phrase(phrase: plan.NounPhrase, case: Case) -> str:
    """Write a noun phrase with its modifier; a relative clause ends with its comma."""
    words = _write_core(
        phrase.kind,
        phrase.plural,
        phrase.determiner,
        phrase.count,
        phrase.size,
        phrase.colour,
        case,
    )
    modifier = phrase.modifier
    if modifier is None:
        return words
    if isinstance(modifier, plan.Relation | plan.Side):
        return f"{words} {_write_place(modifier)}"
    gender = "p" if phrase.plural else GERMAN_NOUNS[phrase.kind].gender
    if isinstance(modifier, plan.SubjectRelative):
        finite, rest = _write_predicate(modifier.predicate, phrase.plural)
        return f"{words} , {_DEFINITE['nominative'][gender]} {rest} {finite} ,"
    subject = write_noun_phrase(modifier.subject, "nominative")
    verb = _VERBS[modifier.verb][modifier.subject.plural]
    return f"{words} , {_DEFINITE['accusative'][gender]} {subject} {verb} ,"


def can_tell_object_from_subject(kind: str, plural: bool, subject: plan.NounPhrase) -> bool:
    """Return whether German shows which of the two acts in "the star that the house touches".

    "Die Sterne, die die Häuser berühren" does not: only a masculine form or the verb's number can.

    Args:
        kind: Of the noun that the relative clause follows.
        plural: Whether that noun is in the plural.
        subject: Who acts in the relative clause.
    """
    if plural != subject.plural:
        return True
    genders = (GERMAN_NOUNS[kind].gender, GERMAN_NOUNS[subject.kind].gender)
    return not plural and "m" in genders


@lru_cache(maxsize=1 << 17)
def _write_core(
    kind: str,
    plural: bool,
    determiner: plan.Determiner,
    count: int,
    size: str,
    colour: str,
    case: Case,
) -> str:
    """Write determiner, number, adjectives and noun, all agreeing."""
    gender = "p" if plural else GERMAN_NOUNS[kind].gender
    words = []
    ending = _WEAK.get((case, gender), "en")
    if determiner == "the":
        words.append(_DEFINITE[case][gender])
    elif determiner == "all":
        words.append("allen" if case == "dative" else "alle")
    elif plural and determiner == "a":
        ending = _STRONG_PLURAL[case]
    else:
        stem = "kein" if determiner == "no" else "ein"
        words.append(stem + _INDEFINITE_ENDINGS[case][gender])
        ending = _MIXED.get((case, gender), "en")
    if count:
        words.append(GERMAN_NUMBERS[count])
    words += [GERMAN_ADJECTIVES[adjective] + ending for adjective in (size, colour) if adjective]
    words.append(_decline_noun(kind, plural, case))
    return " ".join(words)


def _decline_noun(kind: str, plural: bool, case: Case) -> str:
    noun = GERMAN_NOUNS[kind]
    if not plural:
        return noun.dative or noun.singular if case == "dative" else noun.singular
    if case == "dative" and noun.plural[-1] not in "ns":
        return noun.plural + "n"
    return noun.plural


def _write_place(place: plan.Place) -> str:
    if isinstance(place, plan.Side):
        return _SIDES[place.side]
    preposition = _PREPOSITIONS[place.relation]
    landmark = place.landmark
    words = _write_noun_phrases(landmark, "dative")
    if words.startswith("dem ") and isinstance(landmark, plan.NounPhrase):
        *before, last = preposition.split(" ")
        is_restricted = isinstance(landmark.modifier, plan.SubjectRelative | plan.ObjectRelative)
        if last in _CONTRACTIONS and not is_restricted:
            return " ".join([*before, _CONTRACTIONS[last], words[4:]])
    return f"{preposition} {words}"


def _write_predicate(predicate: plan.Predicate, plural: bool) -> tuple[str, str]:
    """Write the finite verb and the rest; a subordinate clause puts the rest first."""
    if isinstance(predicate, plan.Action):
        return _write_action(predicate, plural)
    if isinstance(predicate, plan.Contrast):
        denied, instead = _write_complement(predicate.denied), _write_complement(predicate.instead)
        return _conjugate_be(plural), f"nicht {denied} , sondern {instead}"
    negation = "nicht " if predicate.negated else ""
    return _conjugate_be(plural), negation + _write_complement(predicate)


def _write_complement(predicate: plan.Property | plan.Location | plan.Comparison) -> str:
    if isinstance(predicate, plan.Property):
        return " und ".join([GERMAN_ADJECTIVES[adjective] for adjective in predicate.adjectives])
    if isinstance(predicate, plan.Location):
        return " und ".join([_write_place(place) for place in predicate.places])
    comparative = "größer" if predicate.size == "big" else "kleiner"
    return f"{comparative} als {write_noun_phrase(predicate.than, 'nominative')}"


def _write_action(action: plan.Action, plural: bool) -> tuple[str, str]:
    negation = "nicht " if action.negated else ""
    if action.verb == "link":
        return _conjugate_be(
            plural
        ), f"{negation}mit {write_noun_phrase(action.object, 'dative')} verbunden"
    target = write_noun_phrase(action.object, "accusative")
    finite = _VERBS[action.verb][plural]
    if action.verb == "point":
        return finite, f"{negation}auf {target}"
    return finite, f"{target} nicht" if action.negated else target
