import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from t2t_mm import UserError
from t2t_mm.data.vocabulary.labels import LabelVocabulary, save_labels
from t2t_mm.data.vocabulary.symbols import EOS_ID, PAD_ID, UNKNOWN_ID, Vocabulary
from t2t_mm.data.vocabulary.vocabulary import (
    ByteVocabulary,
    SubwordVocabulary,
    copy_vocabulary,
    has_vocabulary,
    load_vocabulary,
    save_vocabulary,
)

ODD_TEXTS = ["", " ", "a  b ", " x", "tab\tx", "nul\0y", "été \U0001f600", "\u2028 a", "</s> <pad>"]


@pytest.fixture
def subwords(data_dir: Path) -> SubwordVocabulary:
    vocabulary = load_vocabulary(data_dir, "tested")
    assert isinstance(vocabulary, SubwordVocabulary)
    return vocabulary


@pytest.fixture(params=["tested", "bytes"])
def vocabulary(request: pytest.FixtureRequest, data_dir: Path) -> Vocabulary:
    return load_vocabulary(data_dir, request.param)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_text_comes_back_as_it_went_in(vocabulary: Vocabulary, text: str) -> None:
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert all(EOS_ID < index < vocabulary.size for index in ids)


def test_tensors_are_encoded_and_decoded_as_texts_are(vocabulary: Vocabulary) -> None:
    rows = [vocabulary.encode(text) for text in ODD_TEXTS]
    for text, row in zip(ODD_TEXTS, rows, strict=True):
        assert vocabulary.encode_tensor(tf.constant(text)).numpy().tolist() == row
    if vocabulary.name != "bytes":  # of broken UTF-8 marks may differ there
        dice = np.random.default_rng(0)
        rows += [dice.integers(0, vocabulary.size, 20).tolist() for _ in range(50)]
    padded = tf.ragged.constant(rows, dtype=tf.int32).to_tensor()
    decoded = tf.function(vocabulary.decode_tensor)(padded)
    texts = [text.decode().lstrip(" ") for text in decoded.numpy()]  # in front there may be none
    assert texts == [vocabulary.decode(row).lstrip(" ") for row in rows]
    assert vocabulary.decode_tensor(padded[:, :0]).numpy().tolist() == [b""] * len(rows)


def test_only_subwords_have_something_to_keep(subwords: SubwordVocabulary) -> None:
    assert len(subwords.resources) == 1 and not ByteVocabulary().resources


def test_decoding_stops_at_the_end_and_drops_padding(vocabulary: Vocabulary) -> None:
    a, b = vocabulary.encode("a"), vocabulary.encode("b")
    assert vocabulary.decode([*a, EOS_ID, *b]) == "a"
    assert vocabulary.decode([*a, PAD_ID, PAD_ID]) == "a"


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_id_of_another_vocabulary_is_refused(vocabulary: Vocabulary, index: int) -> None:
    with pytest.raises(UserError, match=f"Received: id={index}"):
        vocabulary.decode([index])


def test_known_words_are_single_pieces_and_unknown_characters_bytes(
    subwords: SubwordVocabulary,
) -> None:
    processor = sentencepiece.SentencePieceProcessor(model_proto=subwords.model)
    assert processor.encode("Straße été", out_type=str) == ["▁Straße", "▁été"]
    assert processor.encode("Ж", out_type=str)[-2:] == ["<0xD0>", "<0x96>"]


def test_pieces_are_named_with_their_space(subwords: SubwordVocabulary) -> None:
    ids = [*subwords.encode("Straße Ж"), EOS_ID]
    named = [subwords.name_symbol(index) for index in ids]
    assert (named[0], named[-1]) == ("▁Straße", "</s>") and "<0x96>" in named


def test_bytes_start_after_the_special_ids() -> None:
    assert ByteVocabulary().encode("ab") == [100, 101]
    assert ByteVocabulary().size == 259


def test_half_a_character_decodes_to_a_replacement_mark() -> None:
    assert ByteVocabulary().decode(ByteVocabulary().encode("é")[:1]) == "\ufffd"


def test_a_vocabulary_survives_saving(subwords: SubwordVocabulary, tmp_path: Path) -> None:
    save_vocabulary(tmp_path, subwords, {"note": "x"})
    again = load_vocabulary(tmp_path, "tested")
    assert (again.size, again.hash) == (subwords.size, subwords.hash)
    record = json.loads((tmp_path / "vocab/tested.json").read_text())
    assert (record["size"], record["note"]) == (subwords.size, "x")
    assert len(list((tmp_path / "vocab").iterdir())) == 2


def test_a_model_whose_record_was_not_written_yet_does_not_count(
    subwords: SubwordVocabulary, tmp_path: Path
) -> None:
    save_vocabulary(tmp_path, subwords, {})
    (tmp_path / "vocab/tested.json").unlink()
    assert not has_vocabulary(tmp_path, "tested")
    with pytest.raises(UserError, match="'tested' has not been trained"):
        load_vocabulary(tmp_path, "tested")


@pytest.mark.parametrize("last", range(5))
def test_a_kill_while_saving_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    """Each write and rename but the first `last` ones does not happen; then it is saved again."""
    old, middle, new = (train_on(text) for text in ("a b", "c d", "e f"))
    save_vocabulary(tmp_path, old, {})
    with monkeypatch.context() as killed:
        steps = iter(range(10))

        def stopping(function: Any) -> Any:
            def step(*arguments: Any, **named: Any) -> Any:
                if next(steps) >= last:
                    raise KeyboardInterrupt
                return function(*arguments, **named)

            return step

        killed.setattr(Path, "write_bytes", stopping(Path.write_bytes))
        killed.setattr(Path, "write_text", stopping(Path.write_text))
        killed.setattr("os.replace", stopping(os.replace))
        with contextlib.suppress(KeyboardInterrupt):
            save_vocabulary(tmp_path, middle, {})
    assert has_vocabulary(tmp_path, "saved")
    expected = middle if last >= 3 else old
    assert load_vocabulary(tmp_path, "saved").hash == expected.hash
    save_vocabulary(tmp_path, new, {})
    assert load_vocabulary(tmp_path, "saved").hash == new.hash
    assert json.loads((tmp_path / "vocab/saved.json").read_text())["hash"] == new.hash


def train_on(text: str) -> SubwordVocabulary:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([text]),
        model_writer=model,
        vocab_size=20,
        hard_vocab_limit=False,
        pad_id=PAD_ID,
        eos_id=EOS_ID,
        unk_id=UNKNOWN_ID,
        bos_id=-1,
        minloglevel=2,
    )
    return SubwordVocabulary("saved", model.getvalue())


def test_an_exchanged_model_is_noticed(subwords: SubwordVocabulary, tmp_path: Path) -> None:
    save_vocabulary(tmp_path, subwords, {})
    path = tmp_path / "vocab/tested.json"
    path.write_text(path.read_text().replace(subwords.hash, "0" * 64))
    with pytest.raises(UserError, match=r"damaged or exchanged.*--overwrite_vocab"):
        load_vocabulary(tmp_path, "tested")


def test_a_model_with_other_special_ids_is_refused() -> None:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"]),
        model_writer=model,
        vocab_size=20,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    with pytest.raises(UserError, match="numbers its special pieces otherwise"):
        SubwordVocabulary("foreign", model.getvalue())


def test_class_names_are_loaded_like_any_vocabulary(tmp_path: Path) -> None:
    save_labels(tmp_path, LabelVocabulary("pets", ["cat", "dog"]))
    assert has_vocabulary(tmp_path, "pets") and has_vocabulary(tmp_path, "classes_3")
    assert load_vocabulary(tmp_path, "pets").encode("dog") == [1]
    assert load_vocabulary(tmp_path, "classes_3").decode([2]) == "2"


def test_vocabularies_are_copied_with_all_their_files(
    subwords: SubwordVocabulary, tmp_path: Path
) -> None:
    source, target = tmp_path / "data", tmp_path / "run"
    save_vocabulary(source, subwords, {})
    save_labels(source, LabelVocabulary("pets", ["cat", "dog"]))
    for name in ("tested", "pets", "bytes", "classes_3"):
        copy_vocabulary(name, source, target)
        copy_vocabulary(name, target, target)
    assert load_vocabulary(target, "tested").hash == subwords.hash
    assert load_vocabulary(target, "pets").hash == load_vocabulary(source, "pets").hash
    assert {path.name for path in (target / "vocab").iterdir()} == {
        "tested.model",
        "tested.json",
        "pets.labels",
    }


def test_a_copy_that_is_there_is_made_anew_only_where_it_differs(tmp_path: Path) -> None:
    source, target = tmp_path / "data", tmp_path / "run"
    save_labels(source, LabelVocabulary("pets", ["cat", "dog"]))
    copy_vocabulary("pets", source, target)
    copy = target / "vocab/pets.labels"
    before = copy.stat().st_ino
    copy_vocabulary("pets", source, target)
    assert copy.stat().st_ino == before
    save_labels(source, LabelVocabulary("pets", ["cat", "cow"]))
    copy_vocabulary("pets", source, target)
    assert load_vocabulary(target, "pets").encode("cow") == [1]


@pytest.mark.parametrize("content", [b"", b"no model", b"\x00" * 100])
def test_a_damaged_model_is_told_before_it_is_opened(
    content: bytes, subwords: SubwordVocabulary, tmp_path: Path
) -> None:
    save_vocabulary(tmp_path, subwords, {})
    (tmp_path / "vocab/tested.model").write_bytes(content)
    with pytest.raises(UserError, match="damaged or exchanged"):
        load_vocabulary(tmp_path, "tested")


@pytest.mark.parametrize("content", [b"[]", b"7", b"[" * 100_000, b"\xff"])
def test_damaged_facts_are_told(
    content: bytes, subwords: SubwordVocabulary, tmp_path: Path
) -> None:
    save_vocabulary(tmp_path, subwords, {})
    (tmp_path / "vocab/tested.json").write_bytes(content)
    with pytest.raises(UserError, match="damaged or exchanged"):
        load_vocabulary(tmp_path, "tested")


def test_a_folder_in_the_place_of_a_copy_is_told(
    subwords: SubwordVocabulary, tmp_path: Path
) -> None:
    save_vocabulary(tmp_path / "a", subwords, {})
    (tmp_path / "b/vocab/tested.json").mkdir(parents=True)
    with pytest.raises(UserError, match="is to be a file, and is a folder"):
        copy_vocabulary("tested", tmp_path / "a", tmp_path / "b")
