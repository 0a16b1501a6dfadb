"""Says something true about a scene: draws the plan of a sentence."""

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.clauses import draw_clause
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.predicates import draw_predicate
from t2t_mm.problems.miniature.scene import Scene


def draw_sentence(scene: Scene, dice: Dice) -> plan.Sentence:
    """Draw one true sentence about a scene, of one clause or two.

    Its length is not bounded here: the caller refuses what is too long.
    """
    roll = dice.roll()
    if roll < 0.68:
        while True:
            clause = draw_clause(Mentions(scene, dice))
            if clause is not None:
                return plan.Sentence(clause)
    while True:
        sentence = _draw_contrast(scene, dice) if roll < 0.77 else _draw_two_statements(scene, dice)
        if sentence is not None:
            return sentence


def _draw_contrast(scene: Scene, dice: Dice) -> plan.Sentence | None:
    """Draw a contrast: the star is red, while the house is blue."""
    mentions = Mentions(scene, dice)
    statements = []
    both = mentions.shuffle_unused()[:2]
    mentions.used.update(both)
    for index in both:
        predicate, hidden = draw_predicate(mentions, index)
        subject = mentions.name(index, "the", hidden)
        if subject is None:
            return None
        statements.append(plan.Statement(subject, (predicate,)))
    if statements[0].predicates == statements[1].predicates:
        return None
    return plan.Sentence(statements[0], "while", statements[1])


def _draw_two_statements(scene: Scene, dice: Dice) -> plan.Sentence | None:
    """Draw two statements: the star is red, and it touches the house; but the house is not blue."""
    mentions = Mentions(scene, dice)
    index, other, *_ = mentions.shuffle_unused()
    connective: plan.Connective = "but" if dice.chance(0.4) else "and"
    is_same = dice.chance(0.6)
    mentions.used.update((index,) if is_same else (index, other))
    predicate, hidden = draw_predicate(mentions, index, negated=False)
    second, also_hidden = draw_predicate(
        mentions, index if is_same else other, negated=connective == "but"
    )
    if connective == "but" and isinstance(second, plan.Contrast):
        return None  # "..., but it is not red but blue"
    follower: plan.Subject | None
    if is_same:
        if set(hidden) & set(also_hidden):
            return None
        subject = mentions.name(index, "the", hidden + also_hidden)
        follower = plan.Pronoun(subject) if subject else None
    else:
        subject = mentions.name(index, "the", hidden)
        follower = mentions.name(other, "the", also_hidden)
    if subject is None or follower is None:
        return None
    return plan.Sentence(
        plan.Statement(subject, (predicate,)), connective, plan.Statement(follower, (second,))
    )
