"""Transcripts of the Wall Street Journal corpora, without the transcriber's marks."""

import pytest

from t2t_mm.problems.wsj_transcripts import DotFiles, strip_marks


@pytest.mark.parametrize(
    "transcript, words",
    [
        ("The sale of hotels is a part", "the sale of hotels is a part"),
        ("A\\. B\\. C\\. MR\\. o'Brien's 'em", "a. b. c. mr. o'brien's 'em"),
        ("nine %PERCENT or ten \\%PERCENT .POINT five", "nine percent or ten percent point five"),
        ("[loud_breath] and [<door_slam] so [tap>] it [beep/] is [/beep]", "and so it is"),
        ("cut off ~", "cut off"),
        ("~~", ""),
        ("one . two", "one two"),
        ("<and> and <the old> man", "and and the old man"),
        ("*word* is *!bad*", "word is bad"),
        ("!very lo:ng", "very long"),
        ("revo(lutionary)- war", "revo- war"),
        ("(revo)lutionary war", "lutionary war"),
        ("yes ,COMMA no .PERIOD", "yes comma no period"),
        ('--DASH "CLOSE-QUOTE (LEFT-PAREN -HYPHEN', "dash close quote left paren hyphen"),
        ("'SINGLE-QUOTE !EXCLAMATION-POINT :COLON", "single quote exclamation point colon"),
        ("well-known ...ELLIPSIS &AMPERSAND", "well-known ellipsis ampersand"),
    ],
)
def test_marks_are_stripped(transcript, words):
    assert strip_marks(transcript) == words


def test_a_session_is_read_when_first_asked_for(tmp_path):
    (tmp_path / "01ic0200.dot").write_text("One two (01ic0201)\n\nthree (01IC0202) \nno name\n")
    (tmp_path / "01ic0300.dot").write_text("x (01ic0301)\n")
    files = DotFiles(sorted(tmp_path.iterdir()))
    assert files.read == []
    assert files.find_transcript("01ic0201") == "One two"
    assert files.find_transcript("01ic0202") == "three"
    assert files.find_transcript("01ic0203") is None
    assert files.find_transcript("01ic0401") is None
    assert [path.name for path in files.read] == ["01ic0200.dot"]


def test_the_first_of_two_transcripts_counts_whatever_bytes_they_hold(tmp_path):
    for name, text in (("a", b"caf\xe9 (01ic0201)\n"), ("b", b"tea (01ic0201)\nb (01ic0202)\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "01IC0200.DOT").write_bytes(text)
    files = DotFiles(sorted(tmp_path.glob("*/*")))
    assert files.find_transcript("01ic0201") == "café"
    assert files.find_transcript("01ic0202") == "b"
