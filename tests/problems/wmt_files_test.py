"""Where the original files of the WMT task lie, whatever else does."""

import gzip
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.parallel_text import ParallelText
from t2t_mm.problems.wmt_files import find_corpora, find_news_set, list_files


def paths(*names: str) -> dict[str, Path]:
    return {name: Path("folder", name) for name in names}


def both(stem: str, first: str, second: str) -> ParallelText:
    return ParallelText(Path("folder", f"{stem}.{first}"), Path("folder", f"{stem}.{second}"))


def test_files_two_levels_below_by_their_names(tmp_path: Path) -> None:
    for name in ("a.en", "x/b.en.gz", "x/y/c.en", "x/y/z/d.en"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b""))
    assert list_files(tmp_path) == {
        "a.en": tmp_path / "a.en",
        "b.en": tmp_path / "x/b.en.gz",
        "c.en": tmp_path / "x/y/c.en",
    }


def test_the_nearest_file_counts_and_a_plain_one_before_a_packed_one(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for name in ("a.en.gz", "x/a.en", "b.en.gz", "b.en"):
        (tmp_path / name).touch()
    assert list_files(tmp_path) == {"a.en": tmp_path / "a.en.gz", "b.en": tmp_path / "b.en"}


ENGLISH_GERMAN = ("europarl-v7.de-en", "commoncrawl.de-en", "news-commentary-v9.de-en")


def test_corpora_of_one_pair_among_those_of_others() -> None:
    names = [f"{stem}.{end}" for stem in ENGLISH_GERMAN for end in ("de", "en")]
    others = ["commoncrawl.fr-en.fr", "commoncrawl.fr-en.en", "train.de-en.de", "newstest2013.de"]
    untagged = ["europarl-v7.de", "europarl-v7.fr"]
    files = paths(*names, *others, *untagged)
    assert find_corpora(files, "en", "de") == [
        both(stem, "en", "de") for stem in sorted(ENGLISH_GERMAN)
    ]
    assert find_corpora(files, "en", "fr") == [both("commoncrawl.fr-en", "en", "fr")]
    assert find_corpora(files, "de", "fr") == [both("europarl-v7", "de", "fr")]


def test_the_giga_corpus_has_no_language_pair_in_its_name() -> None:
    files = paths("giga-fren.release2.fixed.en", "giga-fren.release2.fixed.fr")
    assert find_corpora(files, "fr", "en") == [both("giga-fren.release2.fixed", "fr", "en")]
    assert find_corpora(files, "de", "fr") == []


@pytest.mark.parametrize("first, second, exchanged", [("de", "fr", False), ("fr", "de", True)])
def test_two_columns_are_in_the_order_of_the_name(first: str, second: str, exchanged: bool) -> None:
    name = "news-commentary-v14.de-fr.tsv"
    (corpus,) = find_corpora(paths(name), first, second)
    assert corpus == ParallelText(Path("folder", name), Path("folder", name), exchanged)


def test_a_corpus_with_one_side_is_an_error() -> None:
    with pytest.raises(UserError, match=r"commoncrawl\.de-en\.en .*file='folder/commoncrawl"):
        find_corpora(paths("commoncrawl.de-en.de"), "en", "de")


@pytest.mark.parametrize(
    "names",
    [
        ("newstest2014.en", "newstest2014.de"),
        ("newstest2014-deen-ref.en.sgm", "newstest2014-deen-src.de.sgm"),
        ("newstest2014-ende-src.en.sgm", "newstest2014-ende-ref.de.sgm"),
        ("newstest2014.de-en.tgt.en", "newstest2014.de-en.src.de"),
    ],
)
def test_every_way_to_name_a_news_set(names: tuple[str, str]) -> None:
    english, german = (Path("folder", name) for name in names)
    assert find_news_set(paths(*names), "newstest2014", "en", "de") == ParallelText(english, german)
    assert find_news_set(paths(*names), "newstest2014", "de", "en") == ParallelText(german, english)
    assert find_news_set(paths(*names), "newstest2013", "en", "de") is None


def test_half_a_news_set_is_an_error() -> None:
    with pytest.raises(UserError, match=r"newstest2014\.de"):
        find_news_set(paths("newstest2014.en"), "newstest2014", "en", "de")
