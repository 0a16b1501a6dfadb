"""The six WMT directions, from files and from TFDS."""

import gzip
import io
import logging
import shutil
import tarfile
import urllib.parse
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError

DE_EN = {
    "commoncrawl.de-en.de": ["ein Hund", "zwei Hunde"],
    "commoncrawl.de-en.en": ["a dog", "two dogs"],
    "training/europarl-v7.de-en.de": ["das Parlament"],
    "training/europarl-v7.de-en.en": ["the parliament"],
    "training/news-commentary-v9.de-en.de.gz": ["die Nachricht"],
    "training/news-commentary-v9.de-en.en.gz": ["the news"],
    "dev/newstest2013.de": ["Entwicklung"],
    "dev/newstest2013.en": ["development"],
}
PLAIN_TEST = {"dev/newstest2014.de": ["Prüfung"], "dev/newstest2014.en": ["test"]}
SGM_TEST = {
    "dev/newstest2014-deen-src.de.sgm": ["<doc>", '<seg id="1">Prüfung</seg>', "</doc>"],
    "dev/newstest2014-deen-ref.en.sgm": ["<doc>", '<seg id="1">test</seg>', "</doc>"],
}
ELECTIONS = {
    "dev/euelections_dev2019.fr-de.src.fr": [f"la phrase {line}" for line in range(100)],
    "dev/euelections_dev2019.fr-de.tgt.de": [f"der Satz {line}" for line in range(100)],
}


def text(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def write(folder, files):
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text(lines)) if name.endswith(".gz") else text(lines))
    return folder


def pairs(problem, split):
    return [(example["inputs"], example["targets"]) for example in problem.generate(split)]


@pytest.mark.parametrize("test_files", [PLAIN_TEST, SGM_TEST], ids=["plain", "sgm"])
def test_files_in_their_original_places(tmp_path, test_files):
    problem = registry.problem("wmt_ende", tmp_dir=write(tmp_path, DE_EN | test_files))
    assert pairs(problem, "train") == [
        ("a dog", "ein Hund"),
        ("two dogs", "zwei Hunde"),
        ("the parliament", "das Parlament"),
        ("the news", "die Nachricht"),
    ]
    assert pairs(problem, "validation") == [("development", "Entwicklung")]
    assert pairs(problem, "test") == [("test", "Prüfung")]
    assert len(problem.raw_files_read) == 10


def test_wanted_files_are_those_that_are_read(tmp_path):
    folder = write(tmp_path, PLAIN_TEST)
    assert list(registry.problem("wmt_ende", tmp_dir=folder).raw_files_wanted()) == []
    problem = registry.problem("wmt_ende", tmp_dir=write(tmp_path, DE_EN))
    pairs(problem, "test")
    assert len(problem.raw_files_read) == 10
    assert set(problem.raw_files_wanted()) == set(problem.raw_files_read)


def test_every_corpus_is_a_part_and_the_parts_are_the_split(tmp_path):
    problem = registry.problem("wmt_ende", tmp_dir=write(tmp_path, DE_EN | PLAIN_TEST))
    assert problem.num_parts("train") == 3
    assert problem.num_parts("test") == 1
    parts = [list(problem.generate_part("train", part)) for part in range(3)]
    assert [example for part in parts for example in part] == list(problem.generate("train"))
    assert [len(part) for part in parts] == [2, 1, 1]


def test_all_corpora_may_lie_in_one_folder(tmp_path):
    tagged = ("europarl-v7", "commoncrawl", "news-commentary-v9")
    stems = [f"{stem}.{tag}" for stem in tagged for tag in ("de-en", "fr-en")]
    stems += ["undoc.2000.fr-en", "newstest2013", "newstest2014"]
    files = dict(ELECTIONS)
    for stem in stems:
        tag = stem.rpartition(".")[2]
        for language in tag.split("-") if "-" in tag else ("de", "en", "fr"):
            files[f"{stem}.{language}"] = [f"{stem} {language}"]
    for stem in ("europarl-v7", "commoncrawl"):
        files |= {f"{stem}.{language}.gz": [f"{stem} {language}"] for language in ("de", "fr")}
    files |= {
        f"giga-fren.release2.fixed.{language}.gz": [f"giga {language}"] for language in ("en", "fr")
    }
    folder = write(tmp_path, files)
    found = {
        name: [one for one, _ in pairs(registry.problem(name, tmp_dir=folder), "train")]
        for name in ("wmt_ende", "wmt_enfr", "wmt_defr")
    }
    assert found == {
        "wmt_ende": ["commoncrawl.de-en en", "europarl-v7.de-en en", "news-commentary-v9.de-en en"],
        "wmt_enfr": [
            "commoncrawl.fr-en en",
            "europarl-v7.fr-en en",
            "giga en",
            "news-commentary-v9.fr-en en",
            "undoc.2000.fr-en en",
        ],
        "wmt_defr": ["commoncrawl de", "europarl-v7 de"],
    }


def test_german_and_french_of_2019(tmp_path):
    files = {
        "commoncrawl.fr.gz": ["un chien"],
        "commoncrawl.de.gz": ["ein Hund"],
        "de-fr.bicleaner07.fr.gz": ["une page"],
        "de-fr.bicleaner07.de.gz": ["eine Seite"],
        "news-commentary-v14.de-fr.tsv.gz": ["die Nachricht\tla nouvelle"],
    }
    problem = registry.problem("wmt_defr", tmp_dir=write(tmp_path, files | ELECTIONS))
    assert pairs(problem, "train") == [
        ("ein Hund", "un chien"),
        ("eine Seite", "une page"),
        ("die Nachricht", "la nouvelle"),
    ]
    assert_elections_are_halved(problem)


def assert_elections_are_halved(problem):
    validation, test = pairs(problem, "validation"), pairs(problem, "test")
    assert len(validation) + len(test) == 100
    assert 30 < len(validation) < 70
    assert set(validation) | set(test) == {
        (f"der Satz {line}", f"la phrase {line}") for line in range(100)
    }


@pytest.mark.parametrize(
    "name, base, command",
    [
        ("wmt_ende", "wmt_ende", "de"),
        ("wmt_deen", "wmt_ende", "en"),
        ("wmt_ende_rev", "wmt_ende", "en"),
        ("wmt_enfr", "wmt_enfr", "fr"),
        ("wmt_fren", "wmt_enfr", "en"),
        ("wmt_defr", "wmt_defr", "fr"),
        ("wmt_frde", "wmt_defr", "de"),
    ],
)
def test_reverse_directions_share_data_and_commands_name_the_target(name, base, command):
    problem = registry.problem(name)
    assert problem.data_name == base
    assert problem.exchanged == (name != base)
    assert problem.command_name == command
    for information in ("licence", "size", "source", "substitute"):
        assert getattr(problem, information)


def test_a_missing_test_set_is_noticed_before_training_data_is_read(tmp_path):
    problem = registry.problem("wmt_ende", tmp_dir=write(tmp_path, DE_EN))
    with pytest.raises(UserError, match=r"newstest2014\.en and newstest2014\.de.*dev\.tgz"):
        next(iter(problem.generate("train")))


def test_without_tmp_dir(tmp_path):
    with pytest.raises(UserError, match="--tmp_dir"):
        pairs(registry.problem("wmt_ende"), "train")


# TFDS: the real builder, with nothing replaced but the transfer over the network.


def tar(files, mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def sgm(lines):
    segments = (f'<seg id="{number}">{line}</seg>' for number, line in enumerate(lines, start=1))
    return text(["<srcset>", *segments, "</srcset>"])


def aligned(stem, languages):
    """Returns three lines that name their file, for each language."""
    return {
        f"{stem}.{language}": text([f"{Path(stem).name} {language} {line}" for line in range(3)])
        for language in languages
    }


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """Small archives with the names and the inner layout of the original ones."""
    both = ["de-en", "fr-en"]

    def corpora(stem):
        files = {}
        for tag in both:
            files |= aligned(f"{stem}.{tag}", tag.split("-"))
        return files

    giga = {
        f"{name}.gz": gzip.compress(data)
        for name, data in aligned("giga-fren.release2.fixed", ["fr", "en"]).items()
    }
    dev = aligned("dev/newstest2013", ["de", "en", "fr"])
    for source in ("de", "fr"):
        dev[f"dev/newstest2014-{source}en-src.{source}.sgm"] = sgm([f"test {source}"])
        dev[f"dev/newstest2014-{source}en-ref.en.sgm"] = sgm(["test en"])
    dev |= {name: text(lines) for name, lines in ELECTIONS.items()}
    archives = {
        "training-parallel-europarl-v7.tgz": tar(corpora("training/europarl-v7"), "w:gz"),
        "training-parallel-commoncrawl.tgz": tar(corpora("commoncrawl"), "w:gz"),
        "training-parallel-nc-v9.tgz": tar(corpora("training/news-commentary-v9"), "w:gz"),
        "training-parallel-un.tgz": tar(aligned("un/undoc.2000.fr-en", ["fr", "en"]), "w:gz"),
        "training-giga-fren.tar": tar(giga, "w"),
        "dev.tgz": tar(dev, "w:gz"),
    }
    for stem in ("europarl-v7", "commoncrawl"):
        for name, data in aligned(stem, ["fr", "de"]).items():
            archives[f"{name}.gz"] = gzip.compress(data)
    folder = tmp_path_factory.mktemp("mirror")
    for name, data in archives.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def downloads(mirror, monkeypatch):
    """Lets TFDS fetch the archives from the mirror; returns what was fetched.

    The size and checksum of the original are reported, since TFDS knows and checks them.
    """
    from tensorflow_datasets.core.download import checksums, downloader

    fetched = []

    def fetch(self, url, destination_path, verify=True):
        name = Path(urllib.parse.urlparse(url).path).name
        path = destination_path / name
        shutil.copy(mirror / name, path)
        fetched.append(name)
        self._pbar_url.update(1)
        return downloader.DownloadResult(path, checksums.get_all_url_infos()[url])

    monkeypatch.setattr(downloader._Downloader, "_sync_download", fetch)
    return fetched


def three(stem, source, target):
    return {(f"{stem} {source} {line}", f"{stem} {target} {line}") for line in range(3)}


def test_tfds_gives_english_and_german(tmp_path, downloads):
    problem = registry.problem("wmt_ende", tmp_dir=tmp_path)
    train = pairs(problem, "train")
    assert set(train) == (
        three("europarl-v7.de-en", "en", "de")
        | three("commoncrawl.de-en", "en", "de")
        | three("news-commentary-v9.de-en", "en", "de")
    )
    assert len(train) == 9
    assert set(pairs(problem, "validation")) == three("newstest2013", "en", "de")
    assert pairs(problem, "test") == [("test en", "test de")]
    fetched = len(downloads)
    # A second reading neither fetches nor prepares, and gives the same order.
    assert pairs(registry.problem("wmt_ende", tmp_dir=tmp_path), "train") == train
    assert len(downloads) == fetched == 4


def test_tfds_gives_english_and_french(tmp_path, downloads):
    problem = registry.problem("wmt_enfr", tmp_dir=tmp_path)
    assert set(pairs(problem, "train")) == (
        three("europarl-v7.fr-en", "en", "fr")
        | three("commoncrawl.fr-en", "en", "fr")
        | three("news-commentary-v9.fr-en", "en", "fr")
        | three("undoc.2000.fr-en", "en", "fr")
        | three("giga-fren.release2.fixed", "en", "fr")
    )
    assert set(pairs(problem, "validation")) == three("newstest2013", "en", "fr")
    assert pairs(problem, "test") == [("test en", "test fr")]


def test_tfds_gives_german_and_french(tmp_path, downloads):
    problem = registry.problem("wmt_defr", tmp_dir=tmp_path)
    assert set(pairs(problem, "train")) == (
        three("europarl-v7", "de", "fr") | three("commoncrawl", "de", "fr")
    )
    assert_elections_are_halved(problem)


def test_without_network_and_files_the_error_says_what_to_do(tmp_path, monkeypatch):
    from tensorflow_datasets.core.download import downloader

    def unreachable(*arguments, **options):
        raise ConnectionError("network is unreachable")

    monkeypatch.setattr(downloader, "_open_url", unreachable)
    with pytest.raises(UserError) as error:
        pairs(registry.problem("wmt_ende", tmp_dir=tmp_path), "train")
    for expected in ("wmt14_translate/de-en", "network is unreachable", "europarl-v7.de-en.*"):
        assert expected in str(error.value)


def test_which_corpora_are_read_is_logged(tmp_path, caplog):
    problem = registry.problem("wmt_ende", tmp_dir=write(tmp_path, DE_EN | PLAIN_TEST))
    with caplog.at_level(logging.INFO):
        pairs(problem, "train")
    assert str(tmp_path / "training/europarl-v7.de-en.de") in caplog.text
