"""LibriSpeech from its folders and from TFDS, and without either."""

import io
import logging
import tarfile

import numpy as np
import pytest
from sound_fixtures import tone, write

from t2t_mm import registry
from t2t_mm.data.generation.raw_files import describe_raw_files, explain_raw_file_changes
from t2t_mm.errors import UserError
from t2t_mm.problems.librispeech import Librispeech100

SETS = (
    *("dev-clean", "dev-other", "test-clean", "test-other"),
    *("train-clean-100", "train-clean-360", "train-other-500"),
)


def flac(num_samples):
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, tone(num_samples), 16_000, format="FLAC")
    return file.getvalue()


def archive(name, number):
    """The files of one set: a speaker with two chapters of two and one utterances."""
    files = {"LibriSpeech/SPEAKERS.TXT": "; ID\n19 | F | dev | 25.19 | A | B\n"}
    files["LibriSpeech/CHAPTERS.TXT"] = "; ID\n198 | 19 | 8.1 | dev | 1 | 2 | A | B\n"
    for chapter, count in (("198", 2), ("227", 1)):
        folder = f"LibriSpeech/{name}/{number}/{chapter}/{number}-{chapter}"
        files[f"{folder}.trans.txt"] = "".join(
            f"{number}-{chapter}-{line:04} {name.upper()} {chapter} {line}\n"
            for line in range(count)
        )
        for line in range(count):
            files[f"{folder}-{line:04}.flac"] = flac(100 * number + line)
    return files


def corpus(folder, sets=SETS):
    for name in sets:
        write(folder, archive(name, SETS.index(name) + 1))
    return folder


def examples(problem, split):
    return [(example["targets"], len(example["inputs"]())) for example in problem.generate(split)]


def three(name):
    number = SETS.index(name) + 1
    texts = [(f"{name} 198 0", 0), (f"{name} 198 1", 1), (f"{name} 227 0", 0)]
    return {(text, 100 * number + more) for text, more in texts}


@pytest.mark.parametrize("inside", ["", "LibriSpeech"])
def test_the_folders_of_the_archives(tmp_path, inside):
    problem = registry.problem("librispeech", tmp_dir=corpus(tmp_path) / inside)
    assert set(examples(problem, "train")) == (
        three("train-clean-100") | three("train-clean-360") | three("train-other-500")
    )
    assert set(examples(problem, "validation")) == three("dev-clean")
    assert set(examples(problem, "test")) == three("test-clean")
    assert problem.num_parts("train") == 16
    small = Librispeech100(tmp_dir=tmp_path / inside)
    assert set(examples(small, "train")) == three("train-clean-100")


def test_samples_are_exact(tmp_path):
    problem = registry.problem("librispeech", tmp_dir=corpus(tmp_path))
    first = next(iter(problem.generate("validation")))
    np.testing.assert_array_equal(first["inputs"](), tone(100))
    assert first["inputs"]().dtype == np.int16
    assert first["targets"] == "dev-clean 198 0"


def test_the_transcripts_of_all_sets_are_the_raw_files(tmp_path):
    sets = ["train-clean-360", "dev-clean", "test-clean"]
    problem = registry.problem("librispeech", tmp_dir=corpus(tmp_path, sets))
    next(iter(problem.generate("train")))
    assert len(problem.raw_files_read) == 6
    assert problem.raw_files_wanted() == problem.raw_files_read
    assert registry.problem("librispeech", tmp_dir=tmp_path / "empty").raw_files_wanted() == []


def test_a_training_set_that_came_later_is_noticed(tmp_path):
    folder = corpus(tmp_path, ["train-clean-360", "dev-clean", "test-clean"])
    problem = registry.problem("librispeech", tmp_dir=folder)
    next(iter(problem.generate("train")))
    stored = describe_raw_files(problem, problem.raw_files_read)
    assert explain_raw_file_changes(registry.problem("librispeech", tmp_dir=folder), stored) == []
    corpus(folder, ["train-clean-100"])
    assert explain_raw_file_changes(registry.problem("librispeech", tmp_dir=folder), stored) == [
        f"the raw file LibriSpeech/train-clean-100/5/{chapter}/5-{chapter}.trans.txt "
        "is read as well now"
        for chapter in (198, 227)
    ]


def test_a_part_of_the_training_sets_will_do(tmp_path):
    folder = corpus(tmp_path, ["train-clean-360", "dev-clean", "test-clean"])
    problem = registry.problem("librispeech", tmp_dir=folder)
    assert set(examples(problem, "train")) == three("train-clean-360")


def test_a_missing_split_is_noticed_before_training_data_is_read(tmp_path):
    problem = registry.problem("librispeech", tmp_dir=corpus(tmp_path, ["train-clean-100"]))
    with pytest.raises(UserError) as error:
        next(iter(problem.generate("train")))
    for part in ("CC BY 4.0", "openslr.org/12", "LibriSpeech/dev-clean", "LibriSpeech/test-clean"):
        assert part in str(error.value)
    assert "train-clean-100" not in str(error.value).partition("expected:")[2]


def test_a_sound_without_text_is_told(tmp_path, caplog):
    folder = corpus(tmp_path)
    (folder / "LibriSpeech/dev-clean/1/198/1-198-0007.flac").write_bytes(flac(5))
    with caplog.at_level(logging.WARNING):
        examples(registry.problem("librispeech", tmp_dir=folder), "validation")
    assert "1 sounds have no text (1-198-0007)" in caplog.text


def test_what_macos_writes_beside_files_is_none_of_them(tmp_path, caplog):
    folder = corpus(tmp_path)
    for name in ("._1-198.trans.txt", "._1-198-0000.flac"):
        (folder / "LibriSpeech/dev-clean/1/198" / name).write_bytes(b"\0\5\x16\7\xff")
    problem = registry.problem("librispeech", tmp_dir=folder)
    assert {*examples(problem, "validation")} == three("dev-clean")
    assert "no text" not in caplog.text


def test_a_text_without_sound_is_an_error(tmp_path):
    folder = corpus(tmp_path)
    (folder / "LibriSpeech/dev-clean/1/198/1-198-0001.flac").unlink()
    with pytest.raises(UserError, match=r"1-198\.trans\.txt, line 2.*1-198-0001\.flac"):
        examples(registry.problem("librispeech", tmp_dir=folder), "validation")


# TFDS: the real builder, with nothing replaced but the transfer over the network.


def test_tfds_gives_the_same(tmp_path, monkeypatch):
    from tensorflow_datasets.core.download import checksums, downloader

    fetched = []

    def fetch(self, url, destination_path, verify=True):
        name = url.rpartition("/")[2]
        files = archive(name.removesuffix(".tar.gz"), SETS.index(name.partition(".")[0]) + 1)
        path = destination_path / name
        with tarfile.open(path, "w:gz") as archived:
            for file, content in files.items():
                data = content.encode() if isinstance(content, str) else content
                member = tarfile.TarInfo(file)
                member.size = len(data)
                archived.addfile(member, io.BytesIO(data))
        fetched.append(name)
        self._pbar_url.update(1)
        return downloader.DownloadResult(path, checksums.get_all_url_infos()[url])

    monkeypatch.setattr(downloader._Downloader, "_sync_download", fetch)
    problem = registry.problem("librispeech", tmp_dir=tmp_path)
    train = examples(problem, "train")
    assert set(train) == (
        three("train-clean-100") | three("train-clean-360") | three("train-other-500")
    )
    assert len(train) == 9
    assert set(examples(problem, "validation")) == three("dev-clean")
    assert set(examples(problem, "test")) == three("test-clean")
    assert examples(registry.problem("librispeech", tmp_dir=tmp_path), "train") == train
    assert len(fetched) == 7


def test_without_network_and_files_there_is_a_checklist(tmp_path, monkeypatch):
    from tensorflow_datasets.core.download import downloader

    def unreachable(*arguments, **options):
        raise ConnectionError("network is unreachable")

    monkeypatch.setattr(downloader, "_open_url", unreachable)
    with pytest.raises(UserError) as error:
        examples(registry.problem("librispeech", tmp_dir=tmp_path), "train")
    for part in ("Checklist", "LibriSpeech/train-clean-100", "network is unreachable"):
        assert part in str(error.value)


def test_without_tmp_dir():
    with pytest.raises(UserError, match="--tmp_dir"):
        examples(registry.problem("librispeech"), "train")
