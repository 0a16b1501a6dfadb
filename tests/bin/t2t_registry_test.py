import dataclasses
import json
import re
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.bin import t2t_registry
from t2t_mm.settings.overrides import parse_overrides

USER_FILE = """
from t2t_mm import Language, Problem, registry

@registry.register_problem("listed_by_me")
class Mine(Problem):
    \"\"\"A problem of mine.\"\"\"
    modalities = {"inputs": Language(), "targets": Language()}

    def generate(self, split):
        yield {"inputs": "a", "targets": "b"}
"""


def test_list_shows_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(["list"]) == 0
    out = capsys.readouterr().out
    for heading in ("Problems:", "Groups of problems:", "Hparams sets:", "Modalities:"):
        assert heading in out
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    plain = [name.removesuffix("[/NAME]") for name in listed]
    for name in [*registry.problem_names(), *registry.hparams_names(), "mini_text", "language"]:
        assert plain.count(name) == 1
    assert {"image_folder[/NAME]", "text2text_files[/NAME]", "mini_ende"} <= set(listed)
    (line,) = (line for line in out.splitlines() if line.startswith("  mini_ende "))
    assert line.split(None, 1)[1] == "English to German, in the miniature."


def test_a_terminal_cuts_the_lines_of_a_list_and_a_pipe_does_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert t2t_registry.main(["list", "--kind=problem"]) == 0
    piped = capsys.readouterr().out.splitlines()
    assert max(map(len, piped)) > 100
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    assert t2t_registry.main(["list", "--kind=problem"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == [line[:60] for line in piped]


def test_list_of_one_kind_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(["list", "--kind=hparams", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"hparams": registry.hparams_names()}


def test_list_with_the_users_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine_listed.py"
    file.write_text(USER_FILE, encoding="utf-8")
    assert t2t_registry.main(["list", f"--t2t_usr_dir={file}"]) == 0
    assert re.search(r"\n  listed_by_me +A problem of mine\.\n", capsys.readouterr().out)
    assert t2t_registry.main(["describe", "listed_by_me"]) == 0
    assert "A problem of mine." in capsys.readouterr().out


def test_describe_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(["describe", "wmt_ende"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("wmt_ende (problem)\n")
    for fact in ("modalities: inputs=Language(", "command: ", "batch: tokens=", "licence: "):
        assert f"\n{fact}" in out
    for fact in ("size: ", "source: ", "substitute: "):
        assert f"\n{fact}" in out


def test_describe_a_reversal_with_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(["describe", "text2text_files/en-de_rev", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["name"] == "text2text_files/en-de_rev"
    assert facts["reverse_of"] == "text2text_files/en-de"


def test_describe_an_hparams_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(["describe", "multimodel_paper"]) == 0
    out = capsys.readouterr().out
    assert "\nexperts.num_experts=240\n" in out
    assert "\noptimizer.beta1=0.85\n" in out


@pytest.mark.parametrize("name", ["multimodel_tiny", "multimodel_demo", "multimodel_paper"])
def test_what_describe_prints_is_what_hparams_takes(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_registry.main(["describe", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    settings = ",".join(line for line in lines if re.match(r"\w+\.\w+=", line))
    values = dataclasses.asdict(registry.hparams(name))
    assert parse_overrides(settings) == {
        f"{section}.{field}": value
        for section, fields in values.items()
        for field, value in fields.items()
    }


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["describe", "wmt_edne"], "Did you mean 'wmt_ende'"),
        (["describe", "multimodel_tinny"], "Did you mean 'multimodel_tiny'"),
        (
            ["describe"],
            "Expected: list, or describe NAME, or check NAME. Received: arguments='describe'",
        ),
        ([], "Expected: list, or describe NAME"),
        (["lst"], "Received: arguments='lst'"),
        (["describe", "wmt_ende", "--kind=problem"], "--kind is for `list`"),
        (["list", "--kind=problems"], "problem|group|hparams|modality"),
        (["list", "--t2t_usr_dir=nowhere"], "t2t_usr_dir='nowhere'"),
    ],
)
def test_wrong_use(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_registry.main(argv) == 2
    err = capsys.readouterr().err
    assert err.startswith("t2t-registry: error: ")
    assert message in err
