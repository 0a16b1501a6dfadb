"""The site's pages: every command, problem and set of settings has one, and no link is dead."""

import importlib.util
import posixpath
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from types import ModuleType

import pytest
from source_modules import ROOT

import t2t_mm
from t2t_mm import registry

DOCS = ROOT / "docs"
NAV = (
    (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]
)
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def load_site_pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_pages", DOCS / "site_pages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site() -> ModuleType:
    return load_site_pages()


@pytest.fixture(scope="module")
def made(site: ModuleType) -> dict[str, str]:
    pages: dict[str, str] = site.make_pages()
    return pages


@pytest.fixture(scope="module")
def pages(made: dict[str, str]) -> dict[str, str]:
    """All pages, those that are written by hand too."""
    written = {path.relative_to(DOCS).as_posix(): path for path in DOCS.rglob("*.md")}
    assert not written.keys() & made.keys(), "one that is made would hide one that is written"
    return {name: path.read_text(encoding="utf-8") for name, path in written.items()} | made


def test_every_command_has_a_page_with_all_its_flags(
    made: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "t2t-compare" in SCRIPTS
    for name, target in SCRIPTS.items():
        page = made[f"commands/{name}.md"]
        assert f"[`{name}`]({name}.md)" in made["commands/index.md"]
        assert importlib.import_module(target.partition(":")[0]).main(["--help"]) == 0
        flags = re.findall(r"^  (--\S+?),?(?: |$)", capsys.readouterr().out, re.MULTILINE)
        assert page.startswith(f"# {name}\n") and f"    {name} " in page
        assert flags and re.findall(r"^\| `(--[^`]+)`", page, re.MULTILINE) == flags


def test_what_the_readme_tells_of_a_command_and_its_python_form_are_on_its_page(
    made: dict[str, str],
) -> None:
    page = made["commands/t2t-compare.md"]
    assert "    t2t-compare RUN_A RUN_B [flags]" in page and "Whether one of two runs" in page
    assert "[`t2t_mm.compare`](../api.md#t2t_mm.compare)" in page
    without = {name for name in SCRIPTS if "In Python: [" not in made[f"commands/{name}.md"]}
    assert not without, "say of the public function that it is the Python form of the command"


def test_every_problem_and_every_set_has_a_page_of_what_is_known_of_it(
    made: dict[str, str],
) -> None:
    for name in registry.problem_names():
        assert made[f"problems/{name}.md"].startswith(f"# {name}\n")
        assert f"({name}.md)" in made["problems/index.md"]
    for name in registry.hparams_names():
        assert "| `train.steps` | " in made[f"settings/{name}.md"]
    assert "LDC93S6A" in made["problems/wsj_speech.md"]


def test_every_public_name_is_on_the_page_of_python(made: dict[str, str]) -> None:
    shown = re.findall(r"^::: t2t_mm\.(.+)$", made["api.md"], re.MULTILINE)
    assert {*t2t_mm.__all__} - {"__version__", "registry"} <= {*shown}
    assert {"registry.register_problem", "registry.load_hparams"} <= {*shown}


def test_the_navigation_names_every_page_once(site: ModuleType, pages: dict[str, str]) -> None:
    named = re.findall(r"(?:- |: )([\w/-]+(?:\.md|/\*))$", NAV, re.MULTILINE)
    filled = site.fill_nav(named, list(pages))
    texts = [path for path in pages if path.endswith(".md")]
    assert sorted(filled) == sorted(texts)
    assert site.fill_nav([{"A": ["b/*"]}], ["b/a.md", "b/index.md", "c.md"]) == [
        {"A": ["b/index.md", "b/a.md"]}
    ]


def test_no_link_is_dead(site: ModuleType, pages: dict[str, str]) -> None:
    dead = []
    for name, text in pages.items():
        plain = re.sub(
            r"^```.*?^```|^    .*?$|`[^`\n]*`", "", site.rewrite_links(text), flags=re.M | re.S
        )
        for target in re.findall(r"\]\(([^)\s]+)\)", plain):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target.split("#")[0]))
            if not target.startswith(("https:", "#")) and path not in pages:
                dead += [] if (DOCS / path).is_file() else [f"{name}: {target}"]
    assert not dead


def test_links_of_pages_beside_the_folder_lead_to_the_site(site: ModuleType) -> None:
    text = "[a](docs/a.md#x) [b](../README.md) [c](CHANGELOG.md) [d](../hparams/d.gin) [e](LICENSE)"
    assert site.rewrite_links(text) == "[a](a.md#x) [b](index.md) [c](changelog.md) d e"


def test_pictures_are_whole_and_nothing_stands_outside_them(made: dict[str, str]) -> None:
    pictures = {name: text for name, text in made.items() if name.endswith(".svg")}
    assert len(pictures) == 4
    for text in pictures.values():
        root = ElementTree.fromstring(text)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        boxes = [one for one in root if one.tag.endswith("rect")]
        assert len(boxes) > 4
        for box in boxes:
            x, y = float(box.get("x", 0)), float(box.get("y", 0))
            assert x + float(box.attrib["width"]) <= width
            assert y + float(box.attrib["height"]) <= height


def test_a_name_about_which_nothing_is_said_has_a_page_too(
    site: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "describe", lambda name: {"name": name, "kind": "problem"})
    assert site._make_description("silent").startswith("# silent")
