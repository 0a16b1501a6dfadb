"""Where the files of WSJ0 and WSJ1 lie, and the lists that name them."""

from pathlib import Path

import pytest
from sound_fixtures import write

from t2t_mm.errors import UserError
from t2t_mm.problems.wsj_files import WsjFiles, read_ndx

KEY = "wsj0/si_tr_s/01i/01ic0201.wv1"


@pytest.mark.parametrize(
    "place",
    [
        "11-1.1/wsj0/si_tr_s/01i/01ic0201.wv1",
        "11_1-1/wsj0/si_tr_s/01i/01ic0201.wv1",
        "wsj0/si_tr_s/01i/01ic0201.wv1",
        "11-1.1/WSJ0/SI_TR_S/01I/01IC0201.WV1",
        "ldc/csr/11-1.1/wsj0/si_tr_s/01i/01ic0201.wv1",
        "11-1.1/WSJ0/SI_TR_S/01I/01IC0201.WV1;1",
    ],
    ids=["disc", "underscores", "merged", "upper case", "below", "bare ISO 9660"],
)
def test_a_file_is_found_wherever_it_lies(tmp_path: Path, place: str) -> None:
    write(tmp_path, {place: ""})
    for disc in ("11_1_1", "11_2_1", ""):
        assert WsjFiles(tmp_path).find(KEY, disc) == tmp_path / place


def test_three_folders_below_is_too_deep(tmp_path: Path) -> None:
    write(tmp_path, {f"a/b/c/11-1.1/{KEY}": ""})
    assert WsjFiles(tmp_path).find(KEY) is None


def test_the_disc_that_a_list_names_comes_first(tmp_path: Path) -> None:
    key = "wsj1/doc/indices/h1_p0.ndx"
    for disc in ("13-32.1", "13-34.1"):
        write(tmp_path, {f"{disc}/{key}": disc})
    files = WsjFiles(tmp_path)
    for disc, folder in (("13_34_1", "13-34.1"), ("13_32_1", "13-32.1"), ("13_1_1", "13-32.1")):
        found = files.find(key, disc)
        assert found is not None and found.read_text() == folder
    assert files.find("wsj1/doc/indices/h2_p0.ndx") is None


def test_all_transcripts_by_their_path_on_the_disc(tmp_path: Path) -> None:
    names = ("11-4.1/wsj0/dots/b.dot", "11-5.1/wsj0/dots/a.dot", "11-6.1/wsj0/dots/A.DOT")
    write(
        tmp_path,
        dict.fromkeys(
            (*names, f"11-1.1/{KEY}", "11-4.1/wsj0/dots/c.ptx", "11-4.1/wsj0/dots/._b.dot"), ""
        ),
    )
    found = [
        path.relative_to(tmp_path).as_posix() for path in WsjFiles(tmp_path).list_transcripts()
    ]
    assert found == [names[1], names[2], names[0]]


def test_a_list_names_discs_and_keys(tmp_path: Path) -> None:
    (tmp_path / "a.ndx").write_text(
        ";; comment\n11_1_1:wsj0/si_tr_s/01i/01ic0201.wv1\n"
        "11_1_1: WSJ0//si_tr_s/01i/01ic0202.WV1 \r\n\n11_12_1:wsj0/si_et_20/440/440c0401\n\x1a"
    )
    assert list(read_ndx(tmp_path / "a.ndx")) == [
        ("11_1_1", KEY),
        ("11_1_1", "wsj0/si_tr_s/01i/01ic0202.wv1"),
        ("11_12_1", "wsj0/si_et_20/440/440c0401.wv1"),
    ]


def test_a_malformed_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.ndx").write_text("; fine\n11_1_1 wsj0/x.wv1\n")
    with pytest.raises(UserError, match=r"a\.ndx, line 2.*11_1_1 wsj0/x\.wv1"):
        list(read_ndx(tmp_path / "a.ndx"))
