"""text2text_files: own data without code."""

import gzip
import logging
import os
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError


@pytest.fixture
def corpus(tmp_path):
    """Returns a function that writes name=lines into one folder and gives the folder."""

    def write(files):
        for name, lines in files.items():
            data = "".join(f"{line}\n" for line in lines).encode()
            (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return tmp_path

    return write


def pairs(problem, split):
    return [(example["inputs"], example["targets"]) for example in problem.generate(split)]


def test_the_bare_name_reads_inputs_and_targets(corpus):
    folder = corpus(
        {
            "train.inputs": ["a b", "c"],
            "train.targets": ["b a", "c"],
            "validation.inputs.gz": ["d"],
            "validation.targets.gz": ["D"],
            "test.inputs": ["e"],
            "test.targets": ["E"],
        }
    )
    problem = registry.problem("text2text_files", tmp_dir=folder)
    assert pairs(problem, "train") == [("a b", "b a"), ("c", "c")]
    assert pairs(problem, "validation") == [("d", "D")]
    assert pairs(problem, "test") == [("e", "E")]
    assert problem.splits == ("train", "validation", "test")
    assert problem.command_name == "text2text_files"


@pytest.mark.parametrize("name", ["validation", "valid", "val", "dev"])
@pytest.mark.parametrize("form", ["{}.{}", "{}.en-de.{}", "{}.de-en.{}", "{}.{}.gz"])
def test_every_way_to_name_the_files(corpus, name, form):
    files = {}
    for stem in ("train", name, "test"):
        for language in ("en", "de"):
            files[form.format(stem, language)] = [f"{stem} {language}"]
    folder = corpus(files)
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    assert pairs(problem, "train") == [("train en", "train de")]
    assert pairs(problem, "validation") == [(f"{name} en", f"{name} de")]
    assert pairs(problem, "test") == [("test en", "test de")]


def test_pairs_side_by_side_and_both_directions(corpus):
    folder = corpus(
        {
            f"{split}.{language}": [f"{split} {language}"]
            for split in ("train", "val", "test")
            for language in ("en", "de", "fr")
        }
    )
    names = registry.expand_problems(
        "text2text_files/en-de,text2text_files/de-en,text2text_files/en-fr,"
        "text2text_files/en-fr_rev"
    )
    found = {}
    for name in names:
        problem = registry.problem(name, tmp_dir=folder)
        found[name] = (pairs(problem.base, "train")[0], problem.command_name)
    assert found == {
        "text2text_files/en-de": (("train en", "train de"), "de"),
        "text2text_files/de-en": (("train de", "train en"), "en"),
        "text2text_files/en-fr": (("train en", "train fr"), "fr"),
        "text2text_files/en-fr_rev": (("train en", "train fr"), "en"),
    }
    assert registry.problem("text2text_files/en-fr_rev").opposite_command == "fr"
    assert registry.problem("text2text_files/en-fr").opposite_command == "en"


def test_a_pair_of_its_own_is_preferred(corpus):
    folder = corpus(
        {
            "train.en": ["common"],
            "train.de": ["gemeinsam"],
            "train.en-de.en": ["own"],
            "train.en-de.de": ["eigen"],
            "val.en": ["v"],
            "val.de": ["w"],
        }
    )
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    assert pairs(problem, "train") == [("own", "eigen")]


def test_without_test_files_there_is_no_test_split(corpus):
    folder = corpus({"train.en": ["a"], "train.de": ["b"], "val.en": ["c"], "val.de": ["d"]})
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    assert problem.splits == ("train", "validation")
    with pytest.raises(UserError, match="no test split"):
        pairs(problem, "test")


def test_without_the_folder_nothing_is_opened(tmp_path):
    for tmp_dir in (None, tmp_path / "absent"):
        problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_dir)
        assert problem.splits == ("train", "validation", "test")
        with pytest.raises(UserError, match="--tmp_dir"):
            pairs(problem, "train")


def test_validation_is_held_out_alike_in_both_directions(corpus, caplog):
    lines = range(1000)
    folder = corpus(
        {
            "train.en": [f"sentence {line}" for line in lines],
            "train.de": [f"Satz {line}" for line in lines],
        }
    )
    forward = registry.problem("text2text_files/en-de", tmp_dir=folder)
    backward = registry.problem("text2text_files/de-en", tmp_dir=folder)
    with caplog.at_level(logging.WARNING):
        train, validation = pairs(forward, "train"), pairs(forward, "validation")
    assert len(validation) == 100
    assert len(train) == 900
    assert not set(train) & set(validation)
    assert [(target, source) for source, target in pairs(backward, "validation")] == validation
    assert [(target, source) for source, target in pairs(backward, "train")] == train
    for problem in (forward, backward):
        said = (
            f"Problem {problem.name}: no validation files in {folder}; 100 of 1,000 training pairs "
        )
        assert caplog.text.count(said + "are held out for validation, chosen by a hash") == 1


def test_a_test_split_is_held_out_if_a_share_is_given(corpus):
    folder = corpus({"train.inputs": map(str, range(200)), "train.targets": map(str, range(200))})
    problem = registry.problem("text2text_files", tmp_dir=folder)
    alone = pairs(problem, "validation")
    problem = registry.problem("text2text_files", tmp_dir=folder)
    problem.test_share = 0.05
    assert problem.splits == ("train", "validation", "test")
    assert problem.held_out_splits == ["validation", "test"]
    found = {split: pairs(problem, split) for split in problem.splits}
    assert {split: len(some) for split, some in found.items()} == {
        "train": 170,
        "validation": 20,
        "test": 10,
    }
    assert found["validation"] == alone  # a share for test does not choose other validation pairs
    assert len({pair for some in found.values() for pair in some}) == 200


def test_a_repeated_pair_is_not_in_both_splits(corpus):
    folder = corpus({"train.inputs": ["a", "b", "c"] * 50, "train.targets": ["A", "B", "C"] * 50})
    problem = registry.problem("text2text_files", tmp_dir=folder)
    train, validation = set(pairs(problem, "train")), set(pairs(problem, "validation"))
    assert train and validation and not train & validation


@pytest.mark.parametrize("names", [("train", "dev", "test"), ("Training", "Valid", "TESTING")])
def test_folders_named_as_splits_are_the_splits(tmp_path, names):
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "corpus.en.gz").write_bytes(gzip.compress(name.encode()))
        (tmp_path / name / "corpus.de").write_text(name.upper())
        (tmp_path / name / "corpus.fr").write_text("other")
    problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation", "test")
    assert not problem.held_out_splits
    found = [pairs(problem, split) for split in problem.splits]
    assert found == [[(name, name.upper())] for name in names]
    (tmp_path / names[0] / "more.de").write_text("x")
    again = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    with pytest.raises(UserError, match=r"cannot choose its file of de.*corpus\.de, more\.de"):
        pairs(again, "train")


MULTI30K = {
    f"{split}.{language}.gz": [f"{split} {language}"]
    for split in ("train", "val", "test_2016_flickr", "test_2017_flickr")
    for language in ("en", "de")
} | {"test_2018_flickr.en.gz": ["no German"]}


def test_several_test_sets_are_listed_with_the_link_to_make(corpus):
    folder = corpus(MULTI30K)
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    assert problem.splits == ("train", "validation", "test")
    with pytest.raises(UserError) as error:
        pairs(problem, "train")  # Before an hour of generating the training split.
    assert "test_2016_flickr, test_2017_flickr" in str(error.value)
    assert "2018" not in str(error.value)
    assert "`ln -s test_2016_flickr.en.gz test.en.gz`" in str(error.value)
    assert "`ln -s test_2016_flickr.de.gz test.de.gz`" in str(error.value)


def test_the_linked_test_set_is_read(corpus):
    folder = corpus(MULTI30K)
    for language in ("en", "de"):
        (folder / f"test.{language}.gz").symlink_to(f"test_2017_flickr.{language}.gz")
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    assert pairs(problem, "test") == [("test_2017_flickr en", "test_2017_flickr de")]


def test_the_only_test_set_needs_no_link(corpus):
    folder = corpus({name: lines for name, lines in MULTI30K.items() if "2017" not in name})
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    assert pairs(problem, "test") == [("test_2016_flickr en", "test_2016_flickr de")]


def test_two_validation_sets_are_an_error(corpus):
    files = {f"{stem}.{end}": ["a"] for stem in ("train", "val", "dev") for end in ("en", "de")}
    problem = registry.problem("text2text_files/en-de", tmp_dir=corpus(files))
    with pytest.raises(UserError, match=r"cannot choose its validation files.*dev, val"):
        pairs(problem, "train")


def test_missing_files_are_named(corpus):
    folder = corpus({"notes.txt": ["x"]})
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    with pytest.raises(UserError) as error:
        pairs(problem, "train")
    for expected in ("train.en and train.de", str(folder), "notes.txt"):
        assert expected in str(error.value)


def test_a_missing_side_is_named(corpus):
    folder = corpus({"train.en": ["a"], "train.fr": ["b"]})
    problem = registry.problem("text2text_files/en-de", tmp_dir=folder)
    with pytest.raises(UserError, match=r"train\.de \(or train\.de\.gz\)"):
        pairs(problem, "train")


def test_unequal_length_is_an_error(corpus):
    folder = corpus({"train.inputs": ["a", "b"], "train.targets": ["a"]})
    problem = registry.problem("text2text_files", tmp_dir=folder)
    with pytest.raises(UserError, match=r"train\.inputs has 2 lines.*train\.targets has 1 lines"):
        pairs(problem, "train")


@pytest.mark.parametrize("argument", ["en-en", "corpus/en-en"])
def test_an_argument_that_is_no_language_pair(argument):
    with pytest.raises(UserError, match="text2text_files/en-de"):
        registry.problem(f"text2text_files/{argument}")


def test_corpora_of_one_pair_stand_side_by_side_in_folders(corpus):
    folder = corpus({})
    for name, stem in (("news", "train"), ("talks", "any.de-en")):
        (folder / name).mkdir()
        (folder / name / f"{stem}.en").write_text(f"{name} a\n{name} b\n")
        (folder / name / f"{stem}.de").write_text(f"{name} x\n{name} y\n")
    for name in ("news", "talks"):
        problem = registry.problem(f"text2text_files/{name}/en-de", tmp_dir=folder)
        assert problem.command_name == "de" and problem.splits == ("train", "validation")
        both = [*pairs(problem, "train"), *pairs(problem, "validation")]
        assert sorted(both) == [(f"{name} a", f"{name} x"), (f"{name} b", f"{name} y")]
        back = registry.problem(f"text2text_files/{name}/en-de_rev", tmp_dir=folder)
        assert back.command_name == "en" and back.data_name == problem.name


@pytest.mark.parametrize(
    ("name", "text", "argument", "columns"),
    [
        ("train.tsv", "de\ten\nx\ta\n", "en-de", ""),
        ("any.csv", "id,en,de\n1,a,x\n", "en-de", ""),
        ("train.jsonl", '{"translation": {"en": "a", "de": "x"}}\n', "en-de", ""),
        ("train.csv", "english,german\na,x\n", "en-de", "en=english,de=german"),
        ("train.csv", "Source,Target\na,x\n", "", ""),
        ("set/train.tsv", "question\tanswer\na\tx\n", "set", ""),
        ("my-set/train.tsv", "source\ttarget\na\tx\n", "my-set/inputs-targets", ""),
    ],
)
def test_pairs_stand_in_the_columns_of_a_table(tmp_path, name, text, argument, columns):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    full = f"text2text_files/{argument}".removesuffix("/")
    problem = registry.problem(full, tmp_dir=tmp_path)
    problem.columns = columns
    assert [*pairs(problem, "train"), *pairs(problem, "validation")] == [("a", "x")]
    assert problem.raw_files_wanted() == [path]
    assert problem.options_that_count >= {"columns", "validation_share"}


def test_a_table_without_columns_of_the_languages_is_told(tmp_path):
    (tmp_path / "train.tsv").write_text("english\tde\na\tx\n")
    problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    with pytest.raises(UserError, match=r"hold the en.*columns='english, de'.*en=COLUMN,de=COLUMN"):
        pairs(problem, "train")


# Real data, where $T2T_MM_REAL_DATA has it.

RAW = Path(os.environ.get("T2T_MM_REAL_DATA", "absent"), "multi30k/data/task1/raw")
needs_multi30k = pytest.mark.skipif(
    not RAW.is_dir(), reason="T2T_MM_REAL_DATA names no folder with multi30k"
)


@pytest.fixture(scope="module")
def multi30k(tmp_path_factory):
    """A folder of links to the raw files, with test_2016_flickr as the test set."""
    folder = tmp_path_factory.mktemp("multi30k")
    for language in ("en", "de", "fr"):
        for name in ("train", "val", "test_2016_flickr"):
            raw = RAW.resolve() / f"{name}.{language}.gz"
            link = name.removesuffix("_2016_flickr")
            (folder / f"{link}.{language}.gz").symlink_to(raw)
    return folder


@needs_multi30k
@pytest.mark.parametrize("direction", ["en-de", "de-en", "en-fr", "fr-en"])
def test_every_pair_of_multi30k_is_read_in_every_direction(multi30k, direction):
    problem = registry.problem(f"text2text_files/{direction}", tmp_dir=multi30k)
    assert problem.command_name == direction[-2:]
    sizes = {split: sum(1 for _ in problem.generate(split)) for split in problem.splits}
    assert sizes == {"train": 29000, "validation": 1014, "test": 1000}


@needs_multi30k
def test_directions_are_each_other_exchanged(multi30k):
    forward = registry.problem("text2text_files/en-de", tmp_dir=multi30k).generate("validation")
    backward = registry.problem("text2text_files/de-en", tmp_dir=multi30k).generate("validation")
    for one, other in zip(forward, backward, strict=True):
        assert (one["inputs"], one["targets"]) == (other["targets"], other["inputs"])


@needs_multi30k
def test_the_raw_folder_itself_asks_which_test_set():
    problem = registry.problem("text2text_files/en-fr", tmp_dir=RAW)
    with pytest.raises(UserError, match="test_2016_flickr, test_2017_flickr"):
        next(iter(problem.generate("train")))


def test_a_side_may_stand_before_the_split(tmp_path: Path) -> None:
    """OpenNMT's names; which language is which they do not say, so only without languages."""
    for side, text in (("src", "a dog\ntwo cats\n"), ("tgt", "ein Hund\nzwei Katzen\n")):
        for split in ("train", "val"):
            (tmp_path / f"{side}-{split}.txt").write_text(text)
    (tmp_path / "src-test.txt").write_text("a dog\n")  # without its targets
    problem = registry.problem("text2text_files", tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation")
    assert next(problem.generate("validation")) == {"inputs": "a dog", "targets": "ein Hund"}
    with pytest.raises(UserError, match="finds no training files"):
        next(registry.problem("text2text_files/en-de", tmp_dir=tmp_path).generate("train"))
