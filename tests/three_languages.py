"""Hand-checked sentences in three languages, one row for each rule, and words to make plans of."""

from typing import NamedTuple

from t2t_mm.problems.miniature.plan import (
    Action,
    Clause,
    Comparison,
    Contrast,
    Existence,
    Location,
    NounPhrase,
    ObjectRelative,
    Pair,
    Partitive,
    Place,
    Predicate,
    Presentation,
    Pronoun,
    Property,
    Relation,
    Sentence,
    Side,
    Statement,
    Subject,
    SubjectRelative,
)


def the(kind: str, *adjectives: str, **more: object) -> NounPhrase:
    return _phrase("the", kind, adjectives, False, more)


def a(kind: str, *adjectives: str, **more: object) -> NounPhrase:
    return _phrase("a", kind, adjectives, False, more)


def no(kind: str, *adjectives: str, **more: object) -> NounPhrase:
    return _phrase("no", kind, adjectives, False, more)


def several(determiner: str, kind: str, *adjectives: str, **more: object) -> NounPhrase:
    return _phrase(determiner, kind, adjectives, True, more)


def _phrase(
    determiner: str, kind: str, adjectives: tuple[str, ...], plural: bool, more: dict[str, object]
) -> NounPhrase:
    said = {"size" if name in ("small", "big", "huge") else "colour": name for name in adjectives}
    return NounPhrase(kind, plural, determiner, **said, **more)  # type: ignore[arg-type]


def says(subject: Subject, *predicates: Predicate, front: Side | None = None) -> Statement:
    return Statement(subject, predicates, front)


def at(relation: str, landmark: NounPhrase | Pair) -> Location:
    return Location((Relation(relation, landmark),))


def there(things: NounPhrase | Pair, place: Place | None = None, first: bool = False) -> Existence:
    return Existence(things, place, first)


class Row(NamedTuple):
    plan: Clause | Sentence
    english: str
    german: str
    french: str

    @property
    def sentence(self) -> Sentence:
        return self.plan if isinstance(self.plan, Sentence) else Sentence(self.plan)


RED = Property(("red",))
STAR = the("star")
FLOWERS = several("the", "flower")

# By what they show.
ROWS: dict[str, Row] = {
    # German gender and case; French gender and elision of the article.
    "nominative masculine": Row(
        says(the("star", "big", "red"), Property(("huge",))),
        "The big red star is huge.",
        "Der große rote Stern ist riesig.",
        "La grande étoile rouge est énorme.",
    ),
    "nominative feminine": Row(
        says(the("flower", "white"), Property(("big", "purple"))),
        "The white flower is big and purple.",
        "Die weiße Blume ist groß und violett.",
        "La fleur blanche est grande et violette.",
    ),
    "nominative neuter": Row(
        says(the("house", "green"), Property(("small",))),
        "The green house is small.",
        "Das grüne Haus ist klein.",
        "La maison verte est petite.",
    ),
    "nominative of ein": Row(
        says(a("apple", "red"), Action("touch", the("leaf"))),
        "A red apple touches the leaf.",
        "Ein roter Apfel berührt das Blatt.",
        "Une pomme rouge touche la feuille.",
    ),
    "accusative masculine": Row(
        says(the("cloud"), Action("touch", the("tree", "brown"))),
        "The cloud touches the brown tree.",
        "Die Wolke berührt den braunen Baum.",
        "Le nuage touche l'arbre marron.",
    ),
    "accusative of ein": Row(
        says(the("cloud"), Action("cover", a("moon", "huge", "yellow"))),
        "The cloud covers a huge yellow moon.",
        "Die Wolke verdeckt einen riesigen gelben Mond.",
        "Le nuage recouvre une énorme lune jaune.",
    ),
    "accusative after there is": Row(
        there(a("egg", "small", "white")),
        "There is a small white egg.",
        "Es gibt ein kleines weißes Ei.",
        "Il y a un petit œuf blanc.",
    ),
    "accusative after a preposition": Row(
        says(the("arrow"), Action("point", the("key"))),
        "The arrow points to the key.",
        "Der Pfeil zeigt auf den Schlüssel.",
        "La flèche pointe vers la clé.",
    ),
    "dative masculine, above": Row(
        says(the("moon"), at("above", the("tree", "big"))),
        "The moon is above the big tree.",
        "Der Mond ist über dem großen Baum.",
        "La lune est au-dessus du grand arbre.",
    ),
    "dative feminine, elision after de": Row(
        says(the("moon"), at("next", the("ladder", "small"))),
        "The moon is next to the small ladder.",
        "Der Mond ist neben der kleinen Leiter.",
        "La lune est à côté de la petite échelle.",
    ),
    "dative plural with n": Row(
        says(the("ring"), at("below", several("the", "star", "red", count=3))),
        "The ring is below the three red stars.",
        "Der Ring ist unter den drei roten Sternen.",
        "L'anneau est sous les trois étoiles rouges.",
    ),
    "dative plural without an article": Row(
        says(the("ring"), at("left", several("a", "house", "big", count=2))),
        "The ring is to the left of two big houses.",
        "Der Ring ist links von zwei großen Häusern.",
        "L'anneau est à gauche de deux grandes maisons.",
    ),
    "dative of Herz, huge elided": Row(
        says(the("umbrella"), at("right", the("heart", "huge"))),
        "The umbrella is to the right of the huge heart.",
        "Der Regenschirm ist rechts vom riesigen Herzen.",
        "Le parapluie est à droite de l'énorme cœur.",
    ),
    "dative of ein, un after de": Row(
        says(the("hat"), at("left", a("ladder", "blue"))),
        "The hat is to the left of a blue ladder.",
        "Der Hut ist links von einer blauen Leiter.",
        "Le chapeau est à gauche d'une échelle bleue.",
    ),
    "im, dans": Row(
        says(the("key"), at("inside", the("box")), at("above", the("cup"))),
        "The key is inside the box and is above the cup.",
        "Der Schlüssel ist in der Kiste und ist über der Tasse.",
        "La clé est dans la boîte et est au-dessus de la tasse.",
    ),
    "contraction im": Row(
        says(the("egg"), at("inside", the("ring", "red"))),
        "The egg is inside the red ring.",
        "Das Ei ist im roten Ring.",
        "L'œuf est dans l'anneau rouge.",
    ),
    "no contraction before a relative clause": Row(
        says(
            the("egg"),
            at("left", the("circle", modifier=SubjectRelative(Action("touch", the("oval"))))),
        ),
        "The egg is to the left of the circle that touches the oval.",
        "Das Ei ist links von dem Kreis, der das Oval berührt.",
        "L'œuf est à gauche du cercle qui touche l'ovale.",
    ),
    "between two": Row(
        says(the("cross"), at("between", Pair(the("boat"), several("the", "flag")))),
        "The cross is between the boat and the flags.",
        "Das Kreuz ist zwischen dem Boot und den Fahnen.",
        "La croix est entre le bateau et les drapeaux.",
    ),
    "genitive plural": Row(
        says(Partitive(2, several("the", "star", "big", count=3)), RED),
        "Two of the three big stars are red.",
        "Zwei der drei großen Sterne sind rot.",
        "Deux des trois grandes étoiles sont rouges.",
    ),
    # Number and plural forms.
    "irregular plurals": Row(
        there(Pair(several("a", "leaf", count=2), several("a", "ring", count=5))),
        "There are two leaves and five rings.",
        "Es gibt zwei Blätter und fünf Ringe.",
        "Il y a deux feuilles et cinq anneaux.",
    ),
    "bare plural, des": Row(
        there(several("a", "arrow", "black")),
        "There are black arrows.",
        "Es gibt schwarze Pfeile.",
        "Il y a des flèches noires.",
    ),
    "de before an adjective": Row(
        there(several("a", "arrow", "big", "black")),
        "There are big black arrows.",
        "Es gibt große schwarze Pfeile.",
        "Il y a de grandes flèches noires.",
    ),
    "d' before an adjective, marron does not change": Row(
        there(several("a", "boat", "huge", "brown")),
        "There are huge brown boats.",
        "Es gibt riesige braune Boote.",
        "Il y a d'énormes bateaux marron.",
    ),
    "weak plural": Row(
        says(several("the", "hat", "small", "green", count=4), Property(("green",))),
        "The four small green hats are green.",
        "Die vier kleinen grünen Hüte sind grün.",
        "Les quatre petits chapeaux verts sont verts.",
    ),
    "a verb in the plural": Row(
        says(several("the", "bell"), Action("cover", the("anchor"))),
        "The bells cover the anchor.",
        "Die Glocken verdecken den Anker.",
        "Les cloches recouvrent l'ancre.",
    ),
    "all, feminine": Row(
        says(several("all", "cup"), Property(("white",))),
        "All cups are white.",
        "Alle Tassen sind weiß.",
        "Toutes les tasses sont blanches.",
    ),
    "all, masculine": Row(
        says(several("all", "tree"), at("above", the("house"))),
        "All trees are above the house.",
        "Alle Bäume sind über dem Haus.",
        "Tous les arbres sont au-dessus de la maison.",
    ),
    "one of, feminine in German and masculine in French": Row(
        says(Partitive(1, several("the", "cloud")), Property(("white",))),
        "One of the clouds is white.",
        "Eine der Wolken ist weiß.",
        "Un des nuages est blanc.",
    ),
    "one of, neuter": Row(
        says(Partitive(1, several("the", "house")), Property(("white",))),
        "One of the houses is white.",
        "Eines der Häuser ist weiß.",
        "Une des maisons est blanche.",
    ),
    "none of, ne without pas": Row(
        says(Partitive(0, several("the", "apple", count=5)), RED),
        "None of the five apples is red.",
        "Keiner der fünf Äpfel ist rot.",
        "Aucune des cinq pommes n'est rouge.",
    ),
    # Negation.
    "kein, accusative": Row(
        there(no("oval", "black")),
        "There is no black oval.",
        "Es gibt kein schwarzes Oval.",
        "Il n'y a pas d'ovale noir.",
    ),
    "keinen": Row(
        there(no("triangle"), Relation("next", the("moon")), first=True),
        "Next to the moon there is no triangle.",
        "Neben dem Mond gibt es kein Dreieck.",
        "À côté de la lune, il n'y a pas de triangle.",
    ),
    "keine, plural": Row(
        there(several("no", "star", "red")),
        "There are no red stars.",
        "Es gibt keine roten Sterne.",
        "Il n'y a pas d'étoiles rouges.",
    ),
    "nicht before an adjective": Row(
        says(the("diamond"), Property(("purple",), negated=True)),
        "The diamond is not purple.",
        "Die Raute ist nicht violett.",
        "Le losange n'est pas violet.",
    ),
    "nicht after an object": Row(
        says(the("diamond"), Action("touch", the("square"), negated=True)),
        "The diamond does not touch the square.",
        "Die Raute berührt das Quadrat nicht.",
        "Le losange ne touche pas le carré.",
    ),
    "nicht before a preposition": Row(
        says(several("the", "arrow"), Action("point", the("egg"), negated=True)),
        "The arrows do not point to the egg.",
        "Die Pfeile zeigen nicht auf das Ei.",
        "Les flèches ne pointent pas vers l'œuf.",
    ),
    "sondern": Row(
        says(the("ladder"), Contrast(Property(("red",)), Property(("white",)))),
        "The ladder is not red but white.",
        "Die Leiter ist nicht rot, sondern weiß.",
        "L'échelle n'est pas rouge mais blanche.",
    ),
    # Relative clauses.
    "verb last": Row(
        says(the("star", modifier=SubjectRelative(Action("touch", the("heart")))), RED),
        "The star that touches the heart is red.",
        "Der Stern, der das Herz berührt, ist rot.",
        "L'étoile qui touche le cœur est rouge.",
    ),
    "relative pronoun as object": Row(
        says(the("hat", modifier=ObjectRelative(the("cloud"), "cover")), RED),
        "The hat that the cloud covers is red.",
        "Der Hut, den die Wolke verdeckt, ist rot.",
        "Le chapeau que le nuage recouvre est rouge.",
    ),
    "qu'": Row(
        there(several("a", "hat", count=2, modifier=ObjectRelative(a("umbrella"), "touch"))),
        "There are two hats that an umbrella touches.",
        "Es gibt zwei Hüte, die ein Regenschirm berührt.",
        "Il y a deux chapeaux qu'un parapluie touche.",
    ),
    "a relative clause at the end": Row(
        Presentation(
            Relation("above", the("key")),
            a("boat", modifier=SubjectRelative(Action("link", the("anchor"), negated=True))),
        ),
        "Above the key is a boat that is not linked to the anchor.",
        "Über dem Schlüssel ist ein Boot, das nicht mit dem Anker verbunden ist.",
        "Au-dessus de la clé se trouve un bateau qui n'est pas relié à l'ancre.",
    ),
    # Word order.
    "inversion after a place": Row(
        says(the("moon"), Action("cover", the("house")), front=Side("left")),
        "On the left, the moon covers the house.",
        "Links verdeckt der Mond das Haus.",
        "À gauche, la lune recouvre la maison.",
    ),
    "participle last": Row(
        says(several("the", "cup"), Action("link", the("triangle"))),
        "The cups are linked to the triangle.",
        "Die Tassen sind mit dem Dreieck verbunden.",
        "Les tasses sont reliées au triangle.",
    ),
    "à les": Row(
        says(the("tree"), Action("link", several("the", "ring", count=2)), front=Side("middle")),
        "In the middle, the tree is linked to the two rings.",
        "In der Mitte ist der Baum mit den zwei Ringen verbunden.",
        "Au milieu, l'arbre est relié aux deux anneaux.",
    ),
    "de les": Row(
        there(a("bell"), Relation("right", several("the", "egg"))),
        "There is a bell to the right of the eggs.",
        "Es gibt eine Glocke rechts von den Eiern.",
        "Il y a une cloche à droite des œufs.",
    ),
    "place first": Row(
        there(a("flag"), Side("top"), first=True),
        "At the top there is a flag.",
        "Oben gibt es eine Fahne.",
        "En haut, il y a un drapeau.",
    ),
    "plural after the verb": Row(
        Presentation(Relation("below", the("umbrella")), several("a", "apple", count=3)),
        "Below the umbrella are three apples.",
        "Unter dem Regenschirm sind drei Äpfel.",
        "Sous le parapluie se trouvent trois pommes.",
    ),
    # Comparison and coordination.
    "bigger than": Row(
        says(the("boat"), Comparison("big", the("flower"))),
        "The boat is bigger than the flower.",
        "Das Boot ist größer als die Blume.",
        "Le bateau est plus grand que la fleur.",
    ),
    "smaller than, agreement and elision": Row(
        says(several("the", "cross"), Comparison("small", a("circle"), negated=True)),
        "The crosses are not smaller than a circle.",
        "Die Kreuze sind nicht kleiner als ein Kreis.",
        "Les croix ne sont pas plus petites qu'un cercle.",
    ),
    "two genders are masculine": Row(
        says(Pair(the("cup"), the("boat")), Property(("white",))),
        "The cup and the boat are white.",
        "Die Tasse und das Boot sind weiß.",
        "La tasse et le bateau sont blancs.",
    ),
    "two feminines stay feminine": Row(
        says(Pair(the("cup"), the("key")), Property(("white",))),
        "The cup and the key are white.",
        "Die Tasse und der Schlüssel sind weiß.",
        "La tasse et la clé sont blanches.",
    ),
    # Two clauses.
    "and with a pronoun": Row(
        Sentence(says(STAR, RED), "and", says(Pronoun(STAR), Action("touch", the("hat")))),
        "The star is red, and it touches the hat.",
        "Der Stern ist rot und er berührt den Hut.",
        "L'étoile est rouge et elle touche le chapeau.",
    ),
    "but with a plural pronoun": Row(
        Sentence(says(FLOWERS, RED), "but", says(Pronoun(FLOWERS), Property(("big",), True))),
        "The flowers are red, but they are not big.",
        "Die Blumen sind rot, aber sie sind nicht groß.",
        "Les fleurs sont rouges, mais elles ne sont pas grandes.",
    ),
    "while puts the verb last, tandis que elides": Row(
        Sentence(says(STAR, RED), "while", says(Pronoun(STAR), Action("link", the("ring")))),
        "The star is red, while it is linked to the ring.",
        "Der Stern ist rot, während er mit dem Ring verbunden ist.",
        "L'étoile est rouge, tandis qu'elle est reliée à l'anneau.",
    ),
    "while with nicht": Row(
        Sentence(
            says(STAR, RED), "while", says(the("box"), Action("cover", the("hat"), negated=True))
        ),
        "The star is red, while the box does not cover the hat.",
        "Der Stern ist rot, während die Kiste den Hut nicht verdeckt.",
        "L'étoile est rouge, tandis que la boîte ne recouvre pas le chapeau.",
    ),
}
