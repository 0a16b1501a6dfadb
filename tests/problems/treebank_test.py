"""wsj_parse: the layouts in which people have the Penn Treebank, with trees of our own."""

import gzip
import zipfile
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError

LAYOUTS = {
    "as published": "treebank_3/parsed/mrg/wsj/{0:02}/wsj_{0:02}01.mrg",
    "in a folder of one's own": "mine/LDC99T42/treebank_3/parsed/mrg/wsj/{0:02}/wsj_{0:02}01.mrg",
    "from mrg on": "mrg/wsj/{0:02}/wsj_{0:02}01.mrg",
    "older": "combined/wsj/{0:02}/wsj_{0:02}01.mrg",
    "flat": "combined/wsj_{0:02}01.mrg",
    "NLTK": "WSJ/{0:02}/WSJ_{0:02}01.MRG",
    "NLTK's data folder": "corpora/ptb/WSJ/{0:02}/WSJ_{0:02}01.MRG",
    "sections in tmp_dir": "{0:02}/wsj_{0:02}01.mrg",
    "packed": "wsj/{0:02}/wsj_{0:02}01.mrg.gz",
}


def text_of(section: int) -> str:
    """Two trees as the treebank writes them; the subject says which section it is."""
    return (
        f"\n( (S \n    (NP-SBJ-1 (NNP Section{section:02}) )\n    (VP (VBZ seems) \n"
        "      (S (NP-SBJ (-NONE- *-1) )\n        (ADJP-PRD (JJ good) )))\n    (. .) ))\n"
        "( (S (VP (VB Go)) (. !)))\n"
    )


def files(layout: str, sections: range = range(25)) -> dict[str, str]:
    return {layout.format(section): text_of(section) for section in sections}


def write(folder: Path, contents: dict[str, str]) -> None:
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def write_zip(path: Path, contents: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)


def problem(folder: Path | None) -> Problem:
    return registry.problem("wsj_parse", tmp_dir=folder)


def sections_read(wsj: Problem, split: str) -> list[str]:
    return [row["inputs"].split()[0] for row in wsj.generate(split)][::2]


def check_all_is_read(wsj: Problem) -> None:
    assert list(wsj.generate("validation")) == [
        {
            "inputs": "Section22 seems good .",
            "targets": "S NP NNP /NP VP VBZ S ADJP JJ /ADJP /S /VP . /S",
        },
        {"inputs": "Go !", "targets": "S VP VB /VP . /S"},
    ]
    assert sections_read(wsj, "train") == [f"Section{n:02}" for n in range(2, 22)]
    assert sections_read(wsj, "test") == ["Section23"]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_in_folders(tmp_path: Path, layout: str) -> None:
    write(tmp_path, files(layout))
    wsj = problem(tmp_path)
    check_all_is_read(wsj)
    expected = [tmp_path / layout.format(section) for section in range(2, 24)]
    assert sorted(wsj.raw_files_read) == sorted(wsj.raw_files_wanted()) == expected


@pytest.mark.parametrize("layout", [*LAYOUTS.values()][:-1], ids=[*LAYOUTS][:-1])
def test_every_layout_inside_a_zip(tmp_path: Path, layout: str) -> None:
    write_zip(tmp_path / "any.zip", files(layout) | {"README": "no trees"})
    wsj = problem(tmp_path)
    check_all_is_read(wsj)
    assert wsj.raw_files_read == wsj.raw_files_wanted() == [tmp_path / "any.zip"]
    assert [path.name for path in tmp_path.iterdir()] == ["any.zip"]  # nothing was unpacked


def test_what_it_declares() -> None:
    wsj = problem(None)
    assert (wsj.command_name, wsj.metrics) == ("parse", ("brackets",))
    assert {spec.share_key for spec in wsj.features.values()} == {"language:shared"}


def test_parts_are_sections_and_make_up_the_split(tmp_path: Path) -> None:
    write(tmp_path, files(LAYOUTS["NLTK"]))
    wsj = problem(tmp_path)
    assert [wsj.num_parts(split) for split in wsj.splits] == [20, 1, 1]
    parts = [row for part in range(20) for row in wsj.generate_part("train", part)]
    assert parts == list(wsj.generate("train"))
    assert len(parts) == 40


def test_files_are_read_in_order_and_a_plain_one_before_its_packed_copy(tmp_path: Path) -> None:
    write(tmp_path, files(LAYOUTS["as published"]))
    section = "treebank_3/parsed/mrg/wsj/23"
    write(
        tmp_path, {f"{section}/wsj_2300.mrg": "(UH First)", f"{section}/wsj_2399.mrg": "(UH Last)"}
    )
    write(tmp_path, {f"{section}/wsj_2399.mrg.gz": "(UH Copy)", f"{section}/notes.txt": "(UH No)"})
    rows = [row["inputs"] for row in problem(tmp_path).generate("test")]
    assert rows == ["First", "Section23 seems good .", "Go !", "Last"]


def test_a_file_in_its_section_and_above_it_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, files("wsj/{0:02}/wsj_{0:02}01.mrg"))
    write(tmp_path, files("wsj/wsj_{0:02}01.mrg", range(22, 24)))
    for split, section in (("validation", "Section22"), ("test", "Section23")):
        assert sections_read(problem(tmp_path), split) == [section]


def test_the_whole_treebank_goes_before_a_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, files("combined/wsj_{0:02}01.mrg", range(3)))
    write_zip(tmp_path / "ldc.zip", files(LAYOUTS["older"]))
    write_zip(tmp_path / "other.zip", {"train2014/picture.jpg": ""})
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    wsj = problem(tmp_path)
    check_all_is_read(wsj)
    assert wsj.raw_files_read == [tmp_path / "ldc.zip"]


@pytest.mark.parametrize("folder", ["empty", "absent", None])
def test_without_any_file_a_checklist_is_told(tmp_path: Path, folder: str | None) -> None:
    (tmp_path / "empty").mkdir()
    wsj = problem(tmp_path / folder if folder else None)
    with pytest.raises(UserError) as caught:
        next(iter(wsj.generate("train")))
    told = str(caught.value)
    for part in ("LDC99T42", "39,832", "wsj_0201.mrg", "WSJ_0201.MRG", ".zip", "tree_files"):
        assert part in told


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_nltks_sample_is_not_the_full_treebank(tmp_path: Path, form: str) -> None:
    sample = files("treebank/combined/wsj_{0:02}01.mrg", range(2))
    if form == "zip":
        write_zip(tmp_path / "treebank.zip", sample)
    else:
        write(tmp_path, sample)
    with pytest.raises(UserError, match=r"sample that NLTK distributes.*00, 01.*tree_files"):
        next(iter(problem(tmp_path).generate("train")))


def test_missing_sections_are_named(tmp_path: Path) -> None:
    write(tmp_path, files(LAYOUTS["older"], range(2, 23)))
    (tmp_path / "combined/wsj/07/wsj_0701.mrg").unlink()
    with pytest.raises(UserError, match=r"only a part.*missing sections='07, 23'"):
        next(iter(problem(tmp_path).generate("train")))


def test_a_broken_zip_is_told_where_there_is_nothing_else(tmp_path: Path) -> None:
    write_zip(tmp_path / "ldc.zip", files(LAYOUTS["older"]))
    data = (tmp_path / "ldc.zip").read_bytes()
    (tmp_path / "ldc.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=r"ldc\.zip: the \.zip file is broken"):
        next(iter(problem(tmp_path).generate("train")))


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_malformed_tree_is_named_by_file_and_line(tmp_path: Path, form: str) -> None:
    contents = files(LAYOUTS["older"])
    contents["combined/wsj/22/wsj_2201.mrg"] += "( (S (NN stray) word))\n"
    if form == "zip":
        write_zip(tmp_path / "ldc.zip", contents)
    else:
        write(tmp_path, contents)
    with pytest.raises(UserError, match=r"wsj/22/wsj_2201\.mrg, line 9: more than one word"):
        list(problem(tmp_path).generate("validation"))


def test_text_that_is_not_utf8_is_named_by_file_and_line(tmp_path: Path) -> None:
    write_zip(tmp_path / "ldc.zip", files(LAYOUTS["older"], range(2, 23)))
    with zipfile.ZipFile(tmp_path / "ldc.zip", "a") as archive:
        archive.writestr("combined/wsj/23/wsj_2301.mrg", b"(UH Yes)\n(UH \xe9)\n")
    with pytest.raises(UserError, match=r"wsj_2301\.mrg, line 2: the text is not UTF-8"):
        list(problem(tmp_path).generate("test"))
