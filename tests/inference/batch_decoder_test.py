"""From batches to what a person reads, with searches whose answers are known."""

import math
import weakref
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Image, Language
from t2t_mm.inference import batch_decoder
from t2t_mm.inference.batch_decoder import Alternative, BatchDecoder, Output
from t2t_mm.run.task import Task
from t2t_mm.search.class_ranking import RankedClasses
from t2t_mm.search.constraint import NoRepeat
from t2t_mm.search.search_state import Hypotheses
from t2t_mm.settings.decode_section import DecodeHParams

BYTES, FRUIT = ByteVocabulary(), LabelVocabulary("fruit", ["pear", "plum", "fig"])
BOTH = ("language:bytes", "language:bytes")
TEXT = Task("reverse", Language("bytes"), Language("bytes"), "reverse", 3, ("bleu",), BOTH, 2)
KINDS = ("image", "categorical:fruits/targets")
CLASS = Task("fruits", Image(), Categorical(vocabulary="fruit"), "", 0, ("top_k",), KINDS, 5)


class Backwards:
    """Stands for the greedy search: gives the inputs from their end, and notes what it is told."""

    made: list[tuple[str, str]]
    told: list[dict[str, int]]

    def __init__(
        self, model: object, input_modality: str, target_modality: str, constraint: object = None
    ) -> None:
        self.made.append((input_modality, target_modality))
        self.constraint = constraint

    def __call__(self, batch: dict[str, Any], **told: int) -> Any:
        self.told.append(told)
        return Hypotheses(batch["inputs"][:, None, ::-1])


class BackwardsClasses(Backwards):
    """Stands for the other search: the first class is as good as sure."""

    def __call__(self, batch: dict[str, Any], **told: int) -> RankedClasses:
        ids = super().__call__(batch, **told).ids[:, 0]
        return RankedClasses(ids, np.array([[0.75, 0.25]] * len(ids)))


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> BatchDecoder:
    monkeypatch.setattr(Backwards, "made", [], raising=False)
    monkeypatch.setattr(Backwards, "told", [], raising=False)
    monkeypatch.setattr(
        batch_decoder,
        "make_search",
        lambda model, signature, decode, constraint: Backwards(model, *signature, constraint),
    )
    monkeypatch.setattr(batch_decoder, "TopClasses", BackwardsClasses)
    modalities = {
        TEXT.nets[1]: SimpleNamespace(reads_encoder=False),
        CLASS.nets[1]: SimpleNamespace(reads_encoder=True),
    }
    model: Any = SimpleNamespace(modalities=modalities)
    return BatchDecoder(model, {"bytes": BYTES, "fruit": FRUIT}, DecodeHParams(extra_length=7))


def test_symbols_become_text_up_to_their_end(decoder: BatchDecoder) -> None:
    rows = [[*BYTES.encode("ab"), 1, 0], [*BYTES.encode("abc"), 1]]
    batch = {"inputs": np.array(rows, np.int32)[:, ::-1]}
    assert decoder(TEXT, batch) == [Output("ab"), Output("abc")]
    told = {"command_index": 3, "extra_length": 7, "problem_index": 2, "places": None, "seed": 0}
    assert Backwards.told == [told | {"open_axes": [1]}]


def test_the_best_class_is_the_output_and_all_of_them_the_ranking(decoder: BatchDecoder) -> None:
    outputs = decoder(CLASS, {"inputs": np.array([[0, 2], [1, 0]], np.int32)})
    assert [output[:3] for output in outputs] == [
        ("fig", ("fig", "pear"), 0.75),
        ("pear", ("pear", "plum"), 0.75),
    ]
    first, second = outputs[0].alternatives
    assert (first.text, second.text) == ("fig", "pear")
    assert math.exp(first.log_probability) == pytest.approx(0.75)
    assert second.score == pytest.approx(math.log(0.25))
    assert Backwards.told == [{"problem_index": 5, "open_axes": [1, 2]}]


def test_all_hypotheses_are_alternatives_but_those_that_are_impossible(
    decoder: BatchDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = np.array([[[*BYTES.encode("ab"), 1], [*BYTES.encode("a"), 1, 0], [9, 9, 9]]], np.int32)
    logs, scores = np.array([[-1.0, -2.0, -np.inf]]), np.array([[-0.5, -1.5, -np.inf]])
    monkeypatch.setattr(Backwards, "__call__", lambda *_, **__: Hypotheses(ids, logs, scores))
    (output,) = decoder(TEXT, {"inputs": np.array([[1]], np.int32)})
    assert output.text == "ab"
    assert output.alternatives == (Alternative("ab", -1.0, -0.5), Alternative("a", -2.0, -1.5))
    monkeypatch.setattr(
        Backwards, "__call__", lambda *_, **__: Hypotheses(ids[:, 2:], logs[:, 2:], scores[:, 2:])
    )
    assert decoder(TEXT, {"inputs": np.array([[1]], np.int32)}) == [Output("")]


def test_a_split_is_decoded_in_order_with_the_places_of_its_examples(
    decoder: BatchDecoder,
) -> None:
    rows = [[[*BYTES.encode(letter), 1]] * number for number, letter in enumerate("abcdef", 1)]
    batches = [{"inputs": np.array(some, np.int32)[:, ::-1]} for some in rows]
    decoded = list(decoder.decode_split(TEXT, batches))
    assert [batch for batch, _ in decoded] == batches
    texts = [[output.text for output in outputs] for _, outputs in decoded]
    assert texts == [[letter] * number for number, letter in enumerate("abcdef", 1)]
    told = sorted(list(one["places"]) for one in Backwards.told)  # type: ignore[call-overload]
    assert told == [[0], [1, 2], [3, 4, 5], [*range(6, 10)], [*range(10, 15)], [*range(15, 21)]]
    assert decoder.num_symbols == 2 * 21


def test_settings_have_searches_of_their_own_and_seeds_have_not(decoder: BatchDecoder) -> None:
    batch = {"inputs": np.array([[1, 2]], np.int32)}
    beams = DecodeHParams(beam_size=4)
    for other in (decoder, decoder.change(beams), decoder.change(beams).change(beams)):
        other(TEXT, batch)
    assert len(Backwards.made) == 2
    drawn = DecodeHParams(sampling_method="random")
    for seed in range(20):
        decoder.change(replace(drawn, sampling_seed=seed))(TEXT, batch)
    assert len(Backwards.made) == 3
    assert [told["seed"] for told in Backwards.told] == [0, 0, 0, *range(20)]
    assert decoder.decode.beam_size == 1


def test_searches_are_kept_of_the_last_few_settings_alone(decoder: BatchDecoder) -> None:
    batch = {"inputs": np.array([[1, 2]], np.int32)}
    often = DecodeHParams(beam_size=4)
    for number in (*range(1, 30), 29, 28):
        decoder.change(often)(TEXT, batch)  # one that is used again stays
        decoder.change(DecodeHParams(extra_length=number))(TEXT, batch)
        decoder(CLASS, batch)
        decoder(TEXT, batch)
    assert len(decoder._kept) == 8
    assert Backwards.made.count(TEXT.signature) == 30  # its own are never lost
    assert Backwards.made.count(CLASS.signature) == 1


def test_searches_by_a_rule_that_no_task_has_any_more_are_let_go(decoder: BatchDecoder) -> None:
    batch = {"inputs": np.array([[1, 2]], np.int32)}
    other, beams = decoder.change(DecodeHParams(beam_size=4)), DecodeHParams(beam_size=4)
    shared: Any = NoRepeat(9)
    decoder.constraints["copy"] = shared
    copy = replace(TEXT, name="copy")
    decoder(TEXT, batch)
    decoder(copy, batch)
    gone = []
    for length in range(1, 30):
        rule = NoRepeat(length)
        gone.append(weakref.ref(rule))
        decoder.constraints[TEXT.name] = rule
        for one in (decoder, other, decoder.change(beams), decoder):
            one(TEXT, batch)
    assert len(Backwards.made) == 2 + 2 * 29  # one for each rule and way to search
    decoder(copy, batch)
    del decoder.constraints[TEXT.name], rule
    decoder(TEXT, batch)
    assert len(Backwards.made) == 2 + 2 * 29  # those without a rule, and of others, stay
    decoder.change(DecodeHParams(extra_length=1))(TEXT, batch)
    assert not [one for one in gone if one()]


def test_rules_that_have_no_hash_are_told_apart_by_which_they_are(decoder: BatchDecoder) -> None:
    @dataclass
    class Rule(NoRepeat):
        length: int

    batch = {"inputs": np.array([[1, 2]], np.int32)}
    rules = [Rule(2), Rule(2)]
    for rule in (*rules, rules[1]):
        decoder.constraints[TEXT.name] = rule
        decoder(TEXT, batch)
    assert len(Backwards.made) == 2


def test_batches_with_sizes_and_those_without_have_searches_of_their_own(
    decoder: BatchDecoder,
) -> None:
    batch = {"inputs": np.array([[1, 2]], np.int32)}
    for task in (TEXT, CLASS):
        for one in (batch, batch | {"inputs_size": np.array([[2]], np.int32)}, batch):
            decoder(task, one)
    assert Backwards.made == [TEXT.signature] * 2 + [CLASS.signature] * 2


def test_tasks_of_one_signature_share_a_search(decoder: BatchDecoder) -> None:
    batch = {"inputs": np.array([[1, 2]], np.int32)}
    other = Task("copy", TEXT.inputs, TEXT.targets, "copy", 0, (), TEXT.nets)
    for task in (TEXT, other, CLASS, TEXT, CLASS):
        decoder(task, batch)
    assert Backwards.made == [TEXT.signature, CLASS.signature]


def test_what_lowers_memory_is_said_where_it_runs_out(
    decoder: BatchDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **told: int) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.")

    monkeypatch.setattr(Backwards, "__call__", fail)
    with pytest.raises(UserError, match=r"Out of memory, 12 bytes\..*decode\.batch_size"):
        decoder(TEXT, {"inputs": np.ones((2, 3), np.int32)})
