"""A small untrained model of every kind of input as a loaded run, without any folder."""

import functools
from pathlib import Path

from every_pair import CLASS, HPARAMS, PICTURE, SOUND, SPECS, TEXT, make_model

from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.symbols import NUM_SPECIAL_IDS, UNKNOWN_ID
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.run.restore import RestoredModel
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import Task

LETTERS = "abcdefghijklmnopqrs "


class Letters(ByteVocabulary):
    """Some letters and the space; others are unknown."""

    def __init__(self) -> None:
        super().__init__()
        self.size = NUM_SPECIAL_IDS + len(LETTERS)

    def encode(self, text: str) -> list[int]:
        places = [LETTERS.find(letter) for letter in text.lower()]
        return [UNKNOWN_ID if place < 0 else NUM_SPECIAL_IDS + place for place in places]

    def _decode(self, ids: list[int]) -> str:
        return "".join(f"?{LETTERS}"[index - UNKNOWN_ID] for index in ids)


VOCABULARIES = {"shared": Letters(), "classes_5": LabelVocabulary("classes_5", list("01234"))}
PAIRS = {
    "translate": (TEXT, TEXT),
    "caption": (PICTURE, TEXT),
    "hear": (SOUND, CLASS),
    "spell": (CLASS, TEXT),
}


@functools.cache
def load_senses() -> LoadedRun:
    tasks = []
    for name, pair in PAIRS.items():
        inputs, targets = (SPECS[key].feature for key in pair)
        tasks.append(Task(name, inputs, targets, "say", 0, ("bleu",), pair))
    run = Run(Path("a_run"), HPARAMS, tuple(tasks), "", (), {}, {})
    model = make_model(encoder_blocks=1, decoder_blocks=1)
    return LoadedRun(run, RestoredModel(model, VOCABULARIES, step=1_234))
