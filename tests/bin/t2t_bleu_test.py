"""t2t-bleu: two lines for people, JSON for programs, one error for mistakes."""

import json
from pathlib import Path

import pytest

from t2t_mm.bin import t2t_bleu

LINES = ["the red boat is small .", "a cat sleeps here .", "two dogs ran away ."]


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    (tmp_path / "true").write_text("\n".join(LINES))
    (tmp_path / "other").write_text("\n".join(LINES).upper())
    (tmp_path / "guessed").write_text("\n".join(LINES).replace("cat", "dog"))
    true = f"{tmp_path / 'other'},{tmp_path / 'true'}"
    return [f"--translation={tmp_path / 'guessed'}", f"--reference={true}"]


def test_scores_with_interval_and_signature(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_bleu.main([*flags, "--json", "--tokenize=none"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert 0 < scores["bleu"] < 100 and "nrefs:2|" in scores["bleu_signature"]
    assert t2t_bleu.main([*flags, "--tokenize=none"]) == 0
    bleu, chrf = capsys.readouterr().out.splitlines()
    low, high = scores["intervals"]["bleu"]
    assert bleu == (
        f"BLEU {scores['bleu']:.1f}  (95%: {low:.1f} to {high:.1f})  {scores['bleu_signature']}"
    )
    assert chrf.startswith(f"chrF {scores['chrf']:.1f}") and "tok:none" in bleu


def test_one_line_has_scores_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "line").write_text(LINES[0])
    line = tmp_path / "line"
    assert t2t_bleu.main([f"--translation={line}", f"--reference={line}"]) == 0
    assert capsys.readouterr().out.startswith("BLEU 100.0  nrefs:1|")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (["--reference="], "--translation and --reference must be given"),
        (["--reference=nowhere"], "cannot be read"),
        (["--tokenize=words"], "no such tokenizer"),
        (["--references=x"], "Did you mean '--reference'"),
        (["-reference=other"], "--reference is given twice"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str], changed: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = {flag.partition("=")[0]: flag for flag in [*flags, *changed]}
    assert t2t_bleu.main(list(named.values())) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-bleu: error: ") and message in error
