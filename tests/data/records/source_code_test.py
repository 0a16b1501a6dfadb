import hashlib
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from t2t_mm import Problem, UserError, registry
from t2t_mm.data.kinds.picture_kind import PictureKind
from t2t_mm.data.kinds.sound_kind import SoundKind
from t2t_mm.data.kinds.text_kind import TextKind
from t2t_mm.data.pictures.stored_pictures import store_picture
from t2t_mm.data.records.module_code import collect_module, collect_name
from t2t_mm.data.records.source_code import hash_kind, hash_source

SOURCE = '''
from t2t_mm import Language, Problem

LENGTH = 3
WORDS = {}
WORDS["a"] = "b"
MORE = []
MORE.extend(["c"])
for letter in "de":
    MORE.append(letter)

def fill(words):
    words.append("f")

fill(MORE)

class Noun:
    source = "lexicon"

def helper(text):
    return text * LENGTH + Noun.source

def unused(text):
    return text

class Base(Problem):
    factor = 2

class Written(Base):
    """What it is."""
    modalities = {"inputs": Language(), "targets": Language()}
    licence = "free"

    def generate(self, split):
        yield {"inputs": helper("a"), "targets": WORDS["a"] + MORE[0]}

class Another(Base):
    pass
'''


def load_class(folder: Path, source: str, name: str = "Written") -> type[Any]:
    path = folder / f"module_{len(list(folder.iterdir()))}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    found: type[Any] = getattr(module, name)
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""What it is."""', '"""What it is, said better."""'),
        ('licence = "free"', 'licence = "free"  # and open\n    batch = None'),
        ("        yield", "\n        # a remark\n        yield"),
        ("return text\n", "return 2 * text\n"),
        ("factor = 2", "factor = 2\n    licence = 'free'"),
        ("class Another(Base):", "class Third(Written):\n    pass\n\nclass Another(Base):"),
    ],
)
def test_what_does_not_change_the_data_leaves_the_hash(tmp_path: Path, old: str, new: str) -> None:
    before = hash_source(load_class(tmp_path, SOURCE))
    assert hash_source(load_class(tmp_path, SOURCE.replace(old, new))) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('helper("a")', 'helper("c")'),
        ("factor = 2", "factor = 3"),
        ("text * LENGTH", "text + text"),
        ("LENGTH = 3", "LENGTH = 4"),
        ('WORDS["a"] = "b"', 'WORDS["a"] = "c"'),
        ('MORE.extend(["c"])', 'MORE.extend(["d"])'),
        ('in "de"', 'in "dg"'),
        ('append("f")', 'append("h")'),
        ('source = "lexicon"', 'source = "text"'),
    ],
)
def test_a_change_of_the_class_or_of_what_it_uses_changes_the_hash(
    tmp_path: Path, old: str, new: str
) -> None:
    before = hash_source(load_class(tmp_path, SOURCE))
    assert hash_source(load_class(tmp_path, SOURCE.replace(old, new))) != before


def test_a_change_of_a_source_module_changes_the_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "grammar_for_tests"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "problems").mkdir()
    declared = "factor = 2\n    source_modules = ('grammar_for_tests',)"
    cls = load_class(tmp_path / "problems", SOURCE.replace("factor = 2", declared))
    hashes = []
    for text in ("ENDING = 'e'", "ENDING = 'e'  # of nouns", "ENDING = 'er'"):
        (package / "nouns.py").write_text(text)
        hashes.append(hash_source(cls))
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("class Noun:\n    size = {}", True),
        ("class Texts(Problem):\n    size = {}", False),
        ("@registry.register_problem('n')\nclass Texts(Lines):\n    size = {}", False),
        ("class Lines(data.Problem):\n    pass\nclass Texts(Lines):\n    size = {}", False),
    ],
)
def test_of_a_source_module_what_is_no_data_are_attributes_of_problems_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, counts: bool
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    cls = type("MadeAtRunTime", (Problem,), {"source_modules": ("sizes_for_tests",)})
    hashes = set()
    for size in (1, 2):
        path = tmp_path / "sizes_for_tests.py"
        path.write_text(text.format(f"'{size} MB'"))
        os.utime(path, (size, size))  # in one tick of the clock it would be the same file
        importlib.invalidate_caches()
        hashes.add(hash_source(cls))
    assert len(hashes) == 1 + counts


def test_a_source_module_that_does_not_exist_is_an_error() -> None:
    cls = type("MadeAtRunTime", (Problem,), {"source_modules": ("no.such.module",)})
    with pytest.raises(UserError, match=r"source_modules='no\.such\.module'"):
        hash_source(cls)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("mini_ende", "miniature.german"),
        ("mini_speech", "miniature.synthesis"),
        ("mini_image", "miniature.picture_raster"),
        ("wmt_ende", "wmt_files"),
        ("wsj_speech", "wsj_transcripts"),
        ("coco_caption", "captions_json"),
        ("image_folder", "labelled_folder"),
    ],
)
def test_of_a_built_in_problem_the_modules_count_that_it_uses(name: str, module: str) -> None:
    cls = registry.problem_class(name)
    said = collect_name(cls.__module__, cls.__name__)
    assert said & collect_module(f"t2t_mm.problems.{module}")
    assert not said & collect_module("t2t_mm.problems.algorithmic")


KIND = """
from t2t_mm import FeatureKind

LEVELS = 4

def quantise(value):
    return value // LEVELS

class Levels(FeatureKind):
    dtype = "int32"

    def check(self, value):
        return super().check(quantise(value))

    def describe(self, read, text):
        return {"levels": len(read)}
"""


@pytest.mark.parametrize(
    ("old", "new", "is_stored_alike"),
    [
        ("len(read)", "len(read) // 4", True),
        ("LEVELS = 4", "LEVELS = 8", False),
        ('"int32"', '"int64"', False),
        ("super().check(", "super().check(1 + ", False),
    ],
)
def test_a_kind_of_ones_own_counts_as_far_as_it_stores(
    tmp_path: Path, old: str, new: str, is_stored_alike: bool
) -> None:
    texts = (KIND, KIND.replace(old, new))
    before, after = (hash_kind(load_class(tmp_path, text, "Levels")) for text in texts)
    assert (before == after) is is_stored_alike


def test_of_t2t_mms_own_kinds_the_function_counts_that_stores() -> None:
    assert hash_kind(PictureKind) != hash_kind(SoundKind)
    assert hash_kind(TextKind) == ""
    said = collect_name(store_picture.__module__, "store_picture")
    assert hash_kind(PictureKind) == hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()

    class Thumbs(PictureKind):
        def check(self, value: Any) -> bytes:
            return super().check(value[::2, ::2])

    assert hash_kind(Thumbs) not in (hash_kind(PictureKind), "")


@pytest.mark.parametrize("changed", ["text * 3", "text * 2"])
def test_a_helper_module_beside_the_problems_counts(tmp_path: Path, changed: str) -> None:
    source = SOURCE.replace("def helper(text):\n    return text * LENGTH + Noun.source\n", "")
    source = f"from words_{tmp_path.name.replace('-', '_')} import helper\n{source}"
    helper = tmp_path / f"words_{tmp_path.name.replace('-', '_')}.py"
    sys.path.append(str(tmp_path))
    try:
        helper.write_text("def helper(text):\n    return text * 2\n")
        os.utime(helper, (1, 1))
        before = hash_source(load_class(tmp_path, source))
        helper.write_text(f"def helper(text):\n    return {changed}\n")
        assert (hash_source(load_class(tmp_path, source)) != before) is (changed != "text * 2")
    finally:
        sys.path.remove(str(tmp_path))
