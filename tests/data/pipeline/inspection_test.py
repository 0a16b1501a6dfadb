from pathlib import Path

import pytest

from t2t_mm import Problem, UserError, registry
from t2t_mm.data.pipeline.inspection import inspect_records
from t2t_mm.data.records.stored import open_data


@pytest.mark.parametrize("name", ["words_for_tests", "words_for_tests_rev"])
def test_text_is_shown_with_ids_and_what_they_decode_to(name: str, data_dir: Path) -> None:
    problem = registry.problem(name)
    records = inspect_records(open_data(problem, data_dir), "test", problem, limit=3)
    assert len(records) == 3
    for record in records:
        assert list(record) == ["inputs", "targets"]
        for shown in record.values():
            assert shown["text"] == shown["decoded"] and shown["ids"][-1] == 1


def shown(name: str, senses_dir: Path) -> list[dict[str, dict[str, object]]]:
    problem: Problem = registry.problem(name)
    return inspect_records(open_data(problem, senses_dir), "test", problem, limit=9)


def test_a_picture_is_shown_by_type_and_size_and_all_its_captions(senses_dir: Path) -> None:
    for record in shown("scenes_for_tests", senses_dir):
        assert str(record["inputs"]["picture"]).startswith("PNG, ")
        texts, ids = record["targets"]["text"], record["targets"]["ids"]
        assert isinstance(texts, list) and isinstance(ids, list)
        assert record["targets"]["decoded"] == texts
        assert [one[-1] for one in ids] == [1] * len(texts)


def test_a_class_is_shown_by_name_and_id(senses_dir: Path) -> None:
    names = ("up", "down", "green")
    for record in shown("thumbs_for_tests", senses_dir):
        assert names[record["targets"]["id"]] == record["targets"]["class"]  # type: ignore[index]


def test_a_sound_is_shown_by_its_seconds(senses_dir: Path) -> None:
    for record in shown("tones_for_tests", senses_dir):
        seconds, _, rest = str(record["inputs"]["sound"]).partition(" s at 16000 Hz, ")
        assert int(rest.removesuffix(" bytes").replace(",", "")) == pytest.approx(
            float(seconds) * 32_000, abs=200
        )


def test_an_unknown_split_is_refused(senses_dir: Path) -> None:
    problem = registry.problem("tones_for_tests")
    with pytest.raises(UserError, match=r"no split 'dev'\. Expected: train, test"):
        inspect_records(open_data(problem, senses_dir), "dev", problem, limit=1)
