"""The words of the miniature, one row per meaning: English, German and French side by side."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Gender: TypeAlias = Literal["m", "f", "n"]


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun with its plural and gender.

    Args:
        singular: The dictionary form.
        plural: The plural (German: nominative).
        gender: "m", "f" or "n"; English nouns have "n".
        dative: The German dative singular where it differs from `singular`.
    """

    singular: str
    plural: str
    gender: Gender = "n"
    dative: str = ""


ENGLISH_NOUNS: Final = {
    **{
        kind: Noun(kind, kind + "s")
        for kind in (
            *("circle", "square", "triangle", "star", "heart", "arrow", "moon", "ring"),
            *("diamond", "oval", "cloud", "house", "tree", "boat", "cup", "flower", "key"),
            *("bell", "ladder", "apple", "egg", "umbrella", "hat", "anchor", "flag"),
        )
    },
    "cross": Noun("cross", "crosses"),
    "leaf": Noun("leaf", "leaves"),
    "box": Noun("box", "boxes"),
}
GERMAN_NOUNS: Final = {
    "circle": Noun("Kreis", "Kreise", "m"),
    "square": Noun("Quadrat", "Quadrate", "n"),
    "triangle": Noun("Dreieck", "Dreiecke", "n"),
    "star": Noun("Stern", "Sterne", "m"),
    "heart": Noun("Herz", "Herzen", "n", dative="Herzen"),
    "arrow": Noun("Pfeil", "Pfeile", "m"),
    "cross": Noun("Kreuz", "Kreuze", "n"),
    "moon": Noun("Mond", "Monde", "m"),
    "ring": Noun("Ring", "Ringe", "m"),
    "diamond": Noun("Raute", "Rauten", "f"),
    "oval": Noun("Oval", "Ovale", "n"),
    "cloud": Noun("Wolke", "Wolken", "f"),
    "house": Noun("Haus", "Häuser", "n"),
    "tree": Noun("Baum", "Bäume", "m"),
    "boat": Noun("Boot", "Boote", "n"),
    "cup": Noun("Tasse", "Tassen", "f"),
    "flower": Noun("Blume", "Blumen", "f"),
    "key": Noun("Schlüssel", "Schlüssel", "m"),
    "bell": Noun("Glocke", "Glocken", "f"),
    "ladder": Noun("Leiter", "Leitern", "f"),
    "apple": Noun("Apfel", "Äpfel", "m"),
    "egg": Noun("Ei", "Eier", "n"),
    "umbrella": Noun("Regenschirm", "Regenschirme", "m"),
    "hat": Noun("Hut", "Hüte", "m"),
    "leaf": Noun("Blatt", "Blätter", "n"),
    "anchor": Noun("Anker", "Anker", "m"),
    "box": Noun("Kiste", "Kisten", "f"),
    "flag": Noun("Fahne", "Fahnen", "f"),
}
FRENCH_NOUNS: Final = {
    "circle": Noun("cercle", "cercles", "m"),
    "square": Noun("carré", "carrés", "m"),
    "triangle": Noun("triangle", "triangles", "m"),
    "star": Noun("étoile", "étoiles", "f"),
    "heart": Noun("cœur", "cœurs", "m"),
    "arrow": Noun("flèche", "flèches", "f"),
    "cross": Noun("croix", "croix", "f"),
    "moon": Noun("lune", "lunes", "f"),
    "ring": Noun("anneau", "anneaux", "m"),
    "diamond": Noun("losange", "losanges", "m"),
    "oval": Noun("ovale", "ovales", "m"),
    "cloud": Noun("nuage", "nuages", "m"),
    "house": Noun("maison", "maisons", "f"),
    "tree": Noun("arbre", "arbres", "m"),
    "boat": Noun("bateau", "bateaux", "m"),
    "cup": Noun("tasse", "tasses", "f"),
    "flower": Noun("fleur", "fleurs", "f"),
    "key": Noun("clé", "clés", "f"),
    "bell": Noun("cloche", "cloches", "f"),
    "ladder": Noun("échelle", "échelles", "f"),
    "apple": Noun("pomme", "pommes", "f"),
    "egg": Noun("œuf", "œufs", "m"),
    "umbrella": Noun("parapluie", "parapluies", "m"),
    "hat": Noun("chapeau", "chapeaux", "m"),
    "leaf": Noun("feuille", "feuilles", "f"),
    "anchor": Noun("ancre", "ancres", "f"),
    "box": Noun("boîte", "boîtes", "f"),
    "flag": Noun("drapeau", "drapeaux", "m"),
}

GERMAN_ADJECTIVES: Final = {
    "red": "rot",
    "blue": "blau",
    "green": "grün",
    "yellow": "gelb",
    "black": "schwarz",
    "white": "weiß",
    "brown": "braun",
    "purple": "violett",
    "small": "klein",
    "big": "groß",
    "huge": "riesig",
}
# Masculine and feminine; plurals add -s, save for those in FRENCH_INVARIABLE.
FRENCH_ADJECTIVES: Final = {
    "red": ("rouge", "rouge"),
    "blue": ("bleu", "bleue"),
    "green": ("vert", "verte"),
    "yellow": ("jaune", "jaune"),
    "black": ("noir", "noire"),
    "white": ("blanc", "blanche"),
    "brown": ("marron", "marron"),
    "purple": ("violet", "violette"),
    "small": ("petit", "petite"),
    "big": ("grand", "grande"),
    "huge": ("énorme", "énorme"),
}
FRENCH_INVARIABLE: Final = frozenset(("brown",))

ENGLISH_NUMBERS: Final = ("none", "one", "two", "three", "four", "five")
GERMAN_NUMBERS: Final = ("", "", "zwei", "drei", "vier", "fünf")
FRENCH_NUMBERS: Final = ("", "", "deux", "trois", "quatre", "cinq")
