"""How a thing of a scene is named: "the two red stars", "a big house that touches the moon"."""

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.scene import Scene


class Mentions:
    """The things of one scene that one sentence names; none is named twice.

    So "the star above the house touches the house" cannot happen, and what a sentence says of two
    things it says once.

    Args:
        scene: The scene that the sentence is about.
        dice: Where choices come from.
    """

    def __init__(self, scene: Scene, dice: Dice) -> None:
        self.scene = scene
        self.dice = dice
        self.used: set[int] = set()

    def shuffle_unused(self) -> list[int]:
        """Shuffle the indices of the things that were not named yet."""
        left = [index for index in range(len(self.scene.things)) if index not in self.used]
        self.dice.shuffle(left)
        return left

    def name(
        self,
        index: int,
        determiner: plan.Determiner = "the",
        hidden: tuple[str, ...] = (),
        modifier: plan.Relation
        | plan.Side
        | plan.SubjectRelative
        | plan.ObjectRelative
        | None = None,
        always_counts: bool = False,
    ) -> plan.NounPhrase | None:
        """Name a thing so that no other thing of the scene fits.

        Args:
            index: The thing's index in the scene.
            determiner: "the" or "a".
            hidden: "size", "colour" or both: what the sentence says elsewhere.
            modifier: What follows the noun.
            always_counts: Whether several things always get their number.

        Returns:
            The phrase; None where telling the thing apart needs what is hidden.
        """
        dice, thing = self.dice, self.scene.things[index]
        says_size = "size" not in hidden and dice.chance(0.3)
        says_colour = "colour" not in hidden and dice.chance(0.45)
        rivals = self.scene.find_rivals(index)
        if rivals and not says_colour:
            if "colour" not in hidden:
                says_colour = True
            elif "size" in hidden or any(rival.size == thing.size for rival in rivals):
                return None
            else:
                says_size = True
        says_count = thing.count > 1 and (always_counts or dice.chance(0.5))
        self.used.add(index)
        return plan.NounPhrase(
            thing.kind,
            thing.count > 1,
            determiner,
            thing.count if says_count else 0,
            thing.size if says_size else "",
            thing.colour if says_colour else "",
            modifier,
        )

    def name_landmark(self, index: int, hidden: tuple[str, ...] = ()) -> plan.NounPhrase | None:
        """Name a thing that serves to place another: mostly "the", now and then "a".

        Several get their number then: "next to two stars", hardly "next to stars".
        """
        is_vague = self.dice.chance(0.25)
        determiner: plan.Determiner = "a" if is_vague else "the"
        return self.name(index, determiner, hidden, always_counts=is_vague)

    def draw_relation(self, index: int) -> plan.Relation | None:
        """Draw a true relation of a thing to things not named yet, if there is one."""
        dice = self.dice
        pairs = self.scene.find_pairs_around(index)
        between = [pair for pair in pairs if not self.used.intersection(pair)]
        if between and dice.chance(0.6):
            one, other = dice.pick(between)
            if dice.chance(0.5):
                one, other = other, one
            first, second = self.name(one), self.name(other)
            if first and second:
                return plan.Relation("between", plan.Pair(first, second))
        options = [
            (relation, other)
            for relation, other in self.scene.relations[index]
            if other not in self.used
        ]
        if not options:
            return None
        relation, other = dice.pick(options)
        insides = [option for option in options if option[0] == "inside"]
        if insides and dice.chance(0.6):
            relation, other = insides[0]
        landmark = self.name_landmark(other)
        return plan.Relation(relation, landmark) if landmark else None

    def draw_side(self, index: int) -> plan.Side:
        """Draw a part of the picture in which the thing lies."""
        return plan.Side(self.dice.pick(self.scene.sides(index)))
