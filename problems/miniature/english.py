"""A plan in English: a constituency tree with Penn Treebank labels, and its words.

A tree is (label, children); a child is a tree or, below a part of speech, a word. Words are lower
case in the tree and the sentence's first letter is raised in the text.
"""

from functools import lru_cache
from typing import Final, TypeAlias, Union

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.lexicon import ENGLISH_NOUNS, ENGLISH_NUMBERS

Tree: TypeAlias = tuple[str, tuple[Union["Tree", str], ...]]

_COMMA: Final[Tree] = (",", (",",))
_BUT: Final[Tree] = ("CC", ("but",))
_PREPOSITIONS: Final[dict[str, tuple[Tree, ...]]] = {
    "above": (("IN", ("above",)),),
    "below": (("IN", ("below",)),),
    "inside": (("IN", ("inside",)),),
    "between": (("IN", ("between",)),),
}
_SIDES: Final = {
    "left": ("on", "left"),
    "right": ("on", "right"),
    "top": ("at", "top"),
    "bottom": ("at", "bottom"),
    "middle": ("in", "middle"),
}


def write_sentence(sentence: plan.Sentence) -> str:
    """Write a sentence in English.

    Example:
        >>> star = plan.NounPhrase("star", plural=False, determiner="a", colour="red")
        >>> write_sentence(plan.Sentence(plan.Existence(star)))
        'There is a red star.'
    """
    words = " ".join(list_leaves(build_tree(sentence)))
    words = words.replace(" ,", ",").replace(" .", ".")
    return words[0].upper() + words[1:]


def list_leaves(node: Tree) -> list[str]:
    """List the words of a tree from left to right, with commas and the full stop."""
    found: list[str] = []
    _collect_leaves(node, found)
    return found


def _collect_leaves(node: Tree, found: list[str]) -> None:
    for child in node[1]:
        if isinstance(child, str):
            found.append(child)
        else:
            _collect_leaves(child, found)


def build_tree(sentence: plan.Sentence) -> Tree:
    """Build the constituency tree of a sentence, the full stop included."""
    stop: Tree = (".", (".",))
    first = _build_clause(sentence.first)
    if sentence.second is None:
        # The Treebank's label where the verb stands before its subject.
        label = "SINV" if isinstance(sentence.first, plan.Presentation) else "S"
        return (label, (*first, stop))
    second = _build_clause(sentence.second)
    if sentence.connective == "while":
        clause: Tree = ("SBAR", (("IN", ("while",)), ("S", second)))
        return ("S", (*first[:-1], _widen(first[-1], _COMMA, clause), stop))
    conjunction: Tree = ("CC", (sentence.connective,))
    return ("S", (("S", first), _COMMA, conjunction, ("S", second), stop))


def _widen(node: Tree | str, *more: Tree) -> Tree:
    """Add children at the right end of a verb phrase."""
    assert not isinstance(node, str)
    return (node[0], (*node[1], *more))


def _build_clause(clause: plan.Clause) -> tuple[Tree, ...]:
    if isinstance(clause, plan.Existence):
        return _build_existence(clause)
    if isinstance(clause, plan.Presentation):
        plural = clause.thing.plural
        return (
            _build_place(clause.place),
            ("VP", (_conjugate_be(plural),)),
            build_noun_phrase(clause.thing),
        )
    subject, plural = _build_subject(clause.subject)
    phrases = [_build_verb_phrase(predicate, plural) for predicate in clause.predicates]
    verb_phrase = phrases[0]
    if len(phrases) == 2:
        verb_phrase = ("VP", (phrases[0], ("CC", ("and",)), phrases[1]))
    if clause.front:
        return (_build_place(clause.front), _COMMA, subject, verb_phrase)
    return (subject, verb_phrase)


def _build_existence(clause: plan.Existence) -> tuple[Tree, ...]:
    things = clause.things
    first = things.first if isinstance(things, plan.Pair) else things
    there: Tree = ("NP", (("EX", ("there",)),))
    verb, what = _conjugate_be(first.plural), _build_noun_phrases(things)
    if clause.place is None:
        return (there, ("VP", (verb, what)))
    if clause.place_first:
        return (_build_place(clause.place), there, ("VP", (verb, what)))
    return (there, ("VP", (verb, what, _build_place(clause.place))))


def _conjugate_be(plural: bool) -> Tree:
    return ("VBP", ("are",)) if plural else ("VBZ", ("is",))


def _conjugate(verb: str, plural: bool) -> Tree:
    return ("VBP", (verb,)) if plural else ("VBZ", (verb + ("es" if verb == "touch" else "s"),))


def _build_subject(subject: plan.Subject) -> tuple[Tree, bool]:
    """Build the subject, and return whether its verb is plural."""
    if isinstance(subject, plan.NounPhrase):
        return build_noun_phrase(subject), subject.plural
    if isinstance(subject, plan.Pair):
        return _build_noun_phrases(subject), True
    if isinstance(subject, plan.Pronoun):
        antecedent = subject.antecedent
        plural = isinstance(antecedent, plan.Pair) or antecedent.plural
        return ("NP", (("PRP", ("they" if plural else "it",)),)), plural
    number: Tree = ("CD" if subject.count else "NN", (ENGLISH_NUMBERS[subject.count],))
    whole: Tree = ("PP", (("IN", ("of",)), build_noun_phrase(subject.whole)))
    return ("NP", (("NP", (number,)), whole)), subject.count > 1


def _build_noun_phrases(things: plan.NounPhrase | plan.Pair) -> Tree:
    if isinstance(things, plan.NounPhrase):
        return build_noun_phrase(things)
    return (
        "NP",
        (build_noun_phrase(things.first), ("CC", ("and",)), build_noun_phrase(things.second)),
    )


def build_noun_phrase(phrase: plan.NounPhrase) -> Tree:
    """Build the tree of a noun phrase with its modifier."""
    core = _build_core(
        phrase.kind, phrase.plural, phrase.determiner, phrase.count, phrase.size, phrase.colour
    )
    modifier = phrase.modifier
    if modifier is None:
        return core
    if isinstance(modifier, plan.SubjectRelative):
        clause: Tree = ("S", (_build_verb_phrase(modifier.predicate, phrase.plural),))
    elif isinstance(modifier, plan.ObjectRelative):
        verb: Tree = ("VP", (_conjugate(modifier.verb, modifier.subject.plural),))
        clause = ("S", (build_noun_phrase(modifier.subject), verb))
    else:
        return ("NP", (core, _build_place(modifier)))
    return ("NP", (core, ("SBAR", (("WHNP", (("WDT", ("that",)),)), clause))))


@lru_cache(maxsize=1 << 16)
def _build_core(
    kind: str, plural: bool, determiner: plan.Determiner, count: int, size: str, colour: str
) -> Tree:
    noun = ENGLISH_NOUNS[kind].plural if plural else ENGLISH_NOUNS[kind].singular
    parts: list[Tree] = [("JJ", (adjective,)) for adjective in (size, colour) if adjective]
    parts.append(("NNS" if plural else "NN", (noun,)))
    if count:
        parts.insert(0, ("CD", (ENGLISH_NUMBERS[count],)))
    if determiner != "a":
        parts.insert(0, ("DT", (determiner,)))
    elif not plural:
        first = str(parts[0][1][0])
        parts.insert(0, ("DT", ("an" if first[0] in "aeiou" else "a",)))
    return ("NP", tuple(parts))


def _build_place(place: plan.Place) -> Tree:
    if isinstance(place, plan.Side):
        preposition, side = _SIDES[place.side]
        return ("PP", (("IN", (preposition,)), ("NP", (("DT", ("the",)), ("NN", (side,))))))
    landmark = _build_noun_phrases(place.landmark)
    if place.relation in _PREPOSITIONS:
        return ("PP", (*_PREPOSITIONS[place.relation], landmark))
    if place.relation == "next":
        return ("ADVP", (("JJ", ("next",)), ("PP", (("TO", ("to",)), landmark))))
    side_phrase: Tree = ("NP", (("DT", ("the",)), ("NN", (place.relation,))))
    whole: Tree = ("NP", (side_phrase, ("PP", (("IN", ("of",)), landmark))))
    return ("PP", (("TO", ("to",)), whole))


def _build_verb_phrase(predicate: plan.Predicate, plural: bool) -> Tree:
    if isinstance(predicate, plan.Action):
        return _build_action(predicate, plural)
    negation: tuple[Tree, ...] = (("RB", ("not",)),)
    if isinstance(predicate, plan.Contrast):
        denied, instead = _build_complement(predicate.denied), _build_complement(predicate.instead)
        both: Tree = (_label_both(denied, instead), (*negation, denied, _BUT, instead))
        return ("VP", (_conjugate_be(plural), both))
    if not predicate.negated:
        negation = ()
    return ("VP", (_conjugate_be(plural), *negation, _build_complement(predicate)))


def _build_complement(predicate: plan.Property | plan.Location | plan.Comparison) -> Tree:
    """Build what follows "is"."""
    conjunction: Tree = ("CC", ("and",))
    if isinstance(predicate, plan.Property):
        adjectives: list[Tree] = [("JJ", (adjective,)) for adjective in predicate.adjectives]
        return ("ADJP", tuple(_join(adjectives, conjunction)))
    if isinstance(predicate, plan.Location):
        places = [_build_place(place) for place in predicate.places]
        if len(places) == 1:
            return places[0]
        return (_label_both(*places), tuple(_join(places, conjunction)))
    than: Tree = ("PP", (("IN", ("than",)), build_noun_phrase(predicate.than)))
    comparative = "bigger" if predicate.size == "big" else "smaller"
    return ("ADJP", (("JJR", (comparative,)), than))


def _label_both(first: Tree, second: Tree) -> str:
    """Label a coordination: UCP, as in the Treebank, where the parts differ."""
    return first[0] if first[0] == second[0] else "UCP"


def _join(parts: list[Tree], conjunction: Tree) -> list[Tree]:
    return parts if len(parts) == 1 else [parts[0], conjunction, parts[1]]


def _build_action(action: plan.Action, plural: bool) -> Tree:
    negation: tuple[Tree, ...] = (("RB", ("not",)),) if action.negated else ()
    target = build_noun_phrase(action.object)
    if action.verb == "link":
        to: Tree = ("PP", (("TO", ("to",)), target))
        return ("VP", (_conjugate_be(plural), *negation, ("VP", (("VBN", ("linked",)), to))))
    if action.verb == "point":
        target = ("PP", (("TO", ("to",)), target))
    if not action.negated:
        return ("VP", (_conjugate(action.verb, plural), target))
    do: Tree = ("VBP", ("do",)) if plural else ("VBZ", ("does",))
    return ("VP", (do, *negation, ("VP", (("VB", (action.verb,)), target))))
