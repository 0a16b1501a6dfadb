"""What a run says of places is followed only where its user has signed it."""

import errno
import json
import pwd
import shutil
import stat
from pathlib import Path

import pytest
from seals import change_sealed
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluation import evaluate
from t2t_mm.inference.decode import decode
from t2t_mm.run.own_runs import _make_key, is_signed_here, sign_places
from t2t_mm.run.run_directory import open_run


@pytest.fixture
def elsewhere(tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny run as another user has it, who has a key, too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    sign_places("/of/the/other", [])
    return Path(shutil.copytree(tiny_run.output_dir, tmp_path / "run"))


def test_only_what_was_signed_with_the_same_key_is_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert not is_signed_here("", "/data", [])  # no key yet
    signature = sign_places("/data", ["a"])
    assert is_signed_here(signature, "/data", ["a"])
    for data_dir, modules in (("/data", ["b"]), ("/data", []), ("/etc", ["a"]), ("/dat", ["aa"])):
        assert not is_signed_here(signature, data_dir, modules)
    assert not is_signed_here("", "/data", ["a"]) and not is_signed_here("é", "/data", ["a"])
    assert stat.S_IMODE((tmp_path / "t2t_mm" / "key").stat().st_mode) == 0o600
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other"))
    assert sign_places("/data", ["a"]) != signature


def test_a_key_is_made_where_the_file_system_knows_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("os.link", refuse)
    assert is_signed_here(sign_places("/data", ["a"]), "/data", ["a"])
    (key,) = (tmp_path / "t2t_mm").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    made = key.read_bytes()
    _make_key(key)  # as by a process that began at the same time
    assert key.read_bytes() == made and len(made) == 32


def test_where_no_key_can_be_kept_nothing_is_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert sign_places("/data", []) == ""
    assert not is_signed_here("", "/data", [])


def test_where_there_is_no_home_folder_nothing_is_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", forget)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert sign_places("/data", []) == ""
    assert not is_signed_here("", "/data", [])


def test_an_own_run_finds_its_data(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    assert run.is_own and run.find_data() == tiny_run.data_dir
    assert run.find_data("/other") == Path("/other")


def test_the_data_of_a_run_from_elsewhere_has_to_be_named(elsewhere: Path) -> None:
    for read in (lambda: evaluate(elsewhere), lambda: decode(elsewhere, PROBLEMS[0])):
        with pytest.raises(UserError, match=r"made elsewhere.*--data_dir="):
            read()
    assert open_run(elsewhere).find_data("named") == Path("named")


def test_an_own_run_whose_place_was_changed_is_from_elsewhere(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(tiny_run.output_dir, tmp_path / "run"))
    change_sealed(run / "run.json", lambda record: record.update(data_dir="/etc"))
    with pytest.raises(UserError, match="made elsewhere"):
        open_run(run).find_data()


def test_modules_of_a_run_from_elsewhere_are_named_and_not_imported(
    elsewhere: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    module, proof = tmp_path / "evil_module_for_tests.py", tmp_path / "was_run"
    module.write_text(f"open({str(proof)!r}, 'w')")
    change_sealed(elsewhere / "run.json", lambda record: record.update(user_modules=[str(module)]))
    open_run(elsewhere).import_own_modules()
    assert "evil_module_for_tests.py are not imported" in caplog.text

    def name_a_kind(record: dict) -> None:
        record["tasks"][0]["inputs"]["modality"] = "kind_of_a_stranger"

    change_sealed(elsewhere / "run.json", name_a_kind)
    with pytest.raises(UserError, match=r"kind_of_a_stranger.*--t2t_usr_dir"):
        open_run(elsewhere)
    assert not proof.exists()
    assert json.loads((elsewhere / "run.json").read_text())["user_modules"] == [str(module)]
