"""Problems of folders that a person has: raw files, and what was generated."""

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from t2t_mm.bin import t2t_datagen, t2t_trainer
from t2t_mm.data.declaring.own_folders import find_own_problems
from t2t_mm.errors import UserError
from t2t_mm.registry import expand_problems


def write_pictures(folder: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    for name in ("red/a.png", "red/b.png", "blue/a.png", "blue/b.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.getvalue())


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two corpora of pictures, one of trees, one folder of neither, one called as a split."""
    for name in ("pets", "cars", "train"):
        write_pictures(tmp_path / "raw" / name)
    (tmp_path / "raw/bank").mkdir()
    (tmp_path / "raw/bank/train.mrg").write_text("(S (NN one))\n")
    (tmp_path / "raw/notes").mkdir()
    return tmp_path / "raw"


def test_folders_that_the_problem_can_read_are_named(
    raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = find_own_problems(tmp_dir=raw)
    with caplog.at_level(logging.WARNING):
        assert own("image_folder") == ["image_folder/cars", "image_folder/pets"]
        assert own("tree_files") == ["tree_files/bank"]
        assert own("mini_ende") == []
    assert not caplog.records  # it was only looked


def test_a_folder_of_another_user_is_left_out(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_file, iterdir = Path.is_file, Path.iterdir

    def refuse(do: Callable[[Path], Any], path: Path) -> Any:
        if (raw / "cars") in (path, path.parent):
            raise PermissionError(13, "Permission denied", str(path))
        return do(path)

    monkeypatch.setattr(Path, "is_file", lambda path: refuse(is_file, path))
    monkeypatch.setattr(Path, "iterdir", lambda path: refuse(iterdir, path))
    own = find_own_problems(tmp_dir=raw)
    assert own("image_folder") == ["image_folder/pets"]
    assert own("tree_files") == ["tree_files/bank"]


def test_generated_problems_are_named_without_raw_files(tmp_path: Path) -> None:
    for name in ("1.0.0", "en-de/1.0.0", "news/en-de/1.0.0", "fr-en/incomplete.abc"):
        (tmp_path / "text2text_files" / name).mkdir(parents=True)
        (tmp_path / "text2text_files" / name / "t2t_mm.json").touch()
    own = find_own_problems(data_dir=tmp_path)
    assert own("text2text_files") == ["text2text_files/en-de", "text2text_files/news/en-de"]
    for spec in ("text2text_files/*", "text2text_files/*en-de"):
        assert expand_problems(spec, own=own) == own("text2text_files")
    assert expand_problems("text2text_files/*/en-de", own=own) == ["text2text_files/news/en-de"]


def test_commands_take_such_globs(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = f"--data_dir={tmp_path / 'data'}"
    assert t2t_datagen.main(["--problems=*_f*/*", f"--tmp_dir={raw}", data_dir, "--only_list"]) == 2
    arguments = ["--problems=image_folder/*", f"--tmp_dir={raw}", data_dir]
    capsys.readouterr()
    assert t2t_datagen.main([*arguments, "--only_list"]) == 0
    names = capsys.readouterr().out.split()[-2:]
    assert names == ["image_folder/cars", "image_folder/pets"]
    assert t2t_trainer.main([*arguments, f"--output_dir={tmp_path / 'run'}"]) == 2
    assert "there is nothing of it" in capsys.readouterr().err  # no --generate_data


def test_a_glob_after_a_slash_takes_them(raw: Path) -> None:
    own = find_own_problems(tmp_dir=raw)
    assert expand_problems("image_folder/*,tree_files/*", own=own) == [
        "image_folder/cars",
        "image_folder/pets",
        "tree_files/bank",
    ]
    assert expand_problems("image_folder/*", exclude="*/c*", own=own) == ["image_folder/pets"]
    with pytest.raises(UserError, match=r"matches 'image_folder/x\*'.*image_folder/cars"):
        expand_problems("image_folder/x*", own=own)
    with pytest.raises(UserError, match=r"matches 'image_folder/\*'.*there is nothing of it"):
        expand_problems("image_folder/*")
