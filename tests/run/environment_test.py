import json
import subprocess
from pathlib import Path

import pytest

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.run import environment
from t2t_mm.run.environment import describe_environment, write_environment


def test_it_is_json_and_holds_what_was_asked() -> None:
    found = describe_environment(7, ["t2t-trainer", "--hparams=a=1,b=2", "--tmp_dir=my files"])
    assert json.loads(json.dumps(found)) == found
    assert found["seed"] == 7
    assert found["command"] == "t2t-trainer --hparams=a=1,b=2 '--tmp_dir=my files'"
    assert found["versions"]["t2t_mm"] == t2t_mm.__version__
    assert found["versions"]["tensorflow"].startswith("2.")
    assert {"jax", "jaxlib"} <= found["versions"].keys()
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["memory_bytes"] > 2**28


def test_a_missing_package_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_PACKAGES", ("no-such-package-x",))
    assert describe_environment(1, [])["versions"]["no-such-package-x"] is None


def _run_git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_revision_marks_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "t2t_mm/__init__.py"
    module.parent.mkdir()
    module.write_text("")
    monkeypatch.setattr(t2t_mm, "__file__", str(module))
    assert describe_environment(1, [])["revision"] is None

    _run_git(tmp_path, "init", "-q")
    _run_git(tmp_path, "add", "-A")
    _run_git(tmp_path, "commit", "-q", "-m", "first")
    clean = describe_environment(1, [])["revision"]
    assert clean is not None and len(clean) == 40

    module.write_text("edited = True\n")
    assert describe_environment(1, [])["revision"] == f"{clean}+changes"


def test_earlier_environments_are_kept(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        write_environment(tmp_path, {"seed": seed})
    written = json.loads((tmp_path / "environment.json").read_text())
    assert written["seed"] == 3
    assert [earlier["seed"] for earlier in written["earlier"]] == [1, 2]


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", '{"earlier": 3}', "\xff"])
def test_an_environment_that_cannot_be_read_is_written_anew(text: str, tmp_path: Path) -> None:
    path = tmp_path / "environment.json"
    path.write_bytes(text.encode("latin-1"))
    write_environment(tmp_path, {"seed": 4})
    assert json.loads(path.read_text()) == {"seed": 4, "earlier": []}


def test_a_folder_in_the_place_of_the_environment_is_told(tmp_path: Path) -> None:
    (tmp_path / "environment.json").mkdir()
    with pytest.raises(UserError, match=r"environment\.json is to be a file"):
        write_environment(tmp_path, {"seed": 4})
