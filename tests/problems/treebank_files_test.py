"""Files of bracketed trees: which are found, in which order, and what they hold."""

import gzip
import zipfile
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.treebank_files import (
    TreeFile,
    find_files_below,
    find_files_in_zip,
    find_zips,
    read_tree_examples,
)

TREE = "( (S (NP-SBJ (PRP It)) (VP (VBZ works)) (. .)) )\n"
EXAMPLE = {"inputs": "It works .", "targets": "S NP PRP /NP VP VBZ /VP . /S"}


def write(folder: Path, *names: str, text: str = TREE) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


def write_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, TREE)
    return path


def test_the_name_and_folders_of_a_file_are_without_gz() -> None:
    packed = TreeFile(Path("wsj/02/wsj_0201.mrg.gz"))
    assert (packed.name, packed.parts) == ("wsj_0201.mrg", ("wsj", "02", "wsj_0201.mrg"))
    inside = TreeFile(Path("ldc.zip"), "wsj/02/wsj_0201.mrg")
    assert inside.parts == packed.parts


def test_files_below_a_folder_in_the_order_of_their_paths(tmp_path: Path) -> None:
    write(tmp_path, "b/2.MRG", "a/1.ptb", "a/1.ptb.gz", "c.mrg.gz")
    write(tmp_path, "README.txt", ".hidden.mrg", "a/.git/3.mrg", "__MACOSX/b/2.MRG")
    found = [file.path.relative_to(tmp_path).as_posix() for file in find_files_below(tmp_path)]
    assert found == ["a/1.ptb", "b/2.MRG", "c.mrg.gz"]
    assert find_files_below(tmp_path, (".txt",)) == [TreeFile(tmp_path / "README.txt")]


def test_files_inside_a_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "x/2.mrg", "x/1.ptb", "__MACOSX/x/2.mrg", "x/README")
    assert [file.member for file in find_files_in_zip(path)] == ["x/1.ptb", "x/2.mrg"]
    assert [file.member for file in find_files_in_zip(path, (".mrg",))] == ["x/2.mrg"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_that_a_zip_holds_twice_is_one_file(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "1.mrg", "1.mrg")
    assert find_files_in_zip(path) == [TreeFile(path, "1.mrg")]


def test_zips_of_a_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "below.zip").mkdir()
    write(tmp_path, "c.mrg", "below.zip/inner.zip", "B.ZIP", "a.zip")
    assert find_zips(tmp_path) == [tmp_path / "B.ZIP", tmp_path / "a.zip"]


def test_a_broken_zip_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "1.mrg")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"a\.zip: the \.zip file is broken"):
        find_files_in_zip(path)


def test_examples_of_plain_and_packed_files(tmp_path: Path) -> None:
    write(tmp_path, "1.mrg", text=TREE + TREE)
    write(tmp_path, "2.mrg.gz")
    path = write_zip(tmp_path / "a.zip", "3.mrg")
    files = [*find_files_below(tmp_path), *find_files_in_zip(path)]
    assert list(read_tree_examples(files)) == [EXAMPLE] * 4


def test_a_malformed_tree_is_named_by_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "1.mrg", text=TREE + "( (S (NN stray) word))\n")
    with pytest.raises(UserError, match=r"1\.mrg, line 2: more than one word"):
        list(read_tree_examples([TreeFile(tmp_path / "1.mrg")]))


def test_a_label_that_could_not_be_read_back_is_named_by_its_file(tmp_path: Path) -> None:
    write(tmp_path, "1.mrg", text="(S (/X Yes))\n")
    with pytest.raises(UserError, match=r"1\.mrg: .*could not be told .*'/X'"):
        list(read_tree_examples([TreeFile(tmp_path / "1.mrg")]))


def test_a_byte_order_mark_is_no_tree_wherever_the_file_lies(tmp_path: Path) -> None:
    data = ("\ufeff" + "(S (NN one))\n").encode()
    (tmp_path / "1.mrg").write_bytes(data)
    (tmp_path / "2.mrg.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("3.mrg", data)
    files = [*find_files_below(tmp_path), *find_files_in_zip(tmp_path / "a.zip")]
    assert [one["inputs"] for one in read_tree_examples(files)] == ["one"] * 3


def test_links_in_a_circle_give_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "1.mrg").write_text("(S (NN one))")
    (tmp_path / "sub" / "all").symlink_to("..")
    assert [file.parts[-2:] for file in find_files_below(tmp_path)] == [("sub", "1.mrg")]


def test_damage_inside_a_zip_is_told_while_trees_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.mrg", "( (S (NP (PRP It)) (VP (VBZ works)) (. .)) )\n" * 1000)
    path.write_bytes(path.read_bytes().replace(b"PRP It", b"PRP He", 1))
    with pytest.raises(UserError, match=r"the \.zip file is broken.*CRC"):
        list(read_tree_examples(find_files_in_zip(path)))


def test_a_link_to_what_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.mrg")
    (tmp_path / "b.mrg").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"b\.mrg is a link to what is not there"):
        list(read_tree_examples(find_files_below(tmp_path)))
