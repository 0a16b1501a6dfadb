"""The pages of the site that are made when it is built: commands, problems, settings, Python.

`make_pages` is plain Python; MkDocs calls the functions `on_...` (see `hooks` in mkdocs.yml).
"""

import ast
import contextlib
import importlib
import importlib.util
import inspect
import io
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import site_pictures  # noqa: E402

import t2t_mm  # noqa: E402
from t2t_mm import registry  # noqa: E402
from t2t_mm.registry.description import describe, summarize_names  # noqa: E402
from t2t_mm.settings.field_meanings import explain_field  # noqa: E402

# Pages that lie beside this folder, and where they are on the site.
OF_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
DESCRIBED = {"problems": ("problem", "Problems"), "settings": ("hparams", "Sets of settings")}


def make_pages() -> dict[str, str]:
    """Make all pages and pictures that are not written by hand, by their path on the site."""
    pages = {place: (ROOT / name).read_text(encoding="utf-8") for name, place in OF_ROOT.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = re.findall(r"^\| `(t2t-[\w-]+)[^|]*\| (.*) \|$", pages["index.md"], re.MULTILINE)
    told = {name: dict(table).get(name, "") for name in sorted(project["scripts"])}
    pages["commands/index.md"] = _make_index("Commands", told)
    pages |= {f"commands/{name}.md": _make_command_page(name, said) for name, said in told.items()}
    for folder, (kind, title) in DESCRIBED.items():
        lines = summarize_names(kind)
        pages[f"{folder}/index.md"] = _make_index(title, lines)
        for name in map(_cut_argument, lines):
            pages[f"{folder}/{name}.md"] = _make_description(name)
    pages["api.md"] = _make_api_page()
    return pages | site_pictures.draw_all()


def _make_index(title: str, lines: Mapping[str, str]) -> str:
    rows = [(f"[`{name}`]({_cut_argument(name)}.md)", line) for name, line in lines.items()]
    return _join([f"# {title}", _make_table(("name", "what it is"), rows)])


def _cut_argument(name: str) -> str:
    return name.removesuffix("[/NAME]")


def _make_command_page(name: str, told: str) -> str:
    """Make the page of a command from its `--help` and what the README tells of it."""
    module = importlib.import_module(f"t2t_mm.bin.{name.replace('-', '_')}")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        module.main(["--help"])
    about, _, flags = printed.getvalue().partition("\n\nFlags:\n")
    about, _, usage = about.partition("\n\nUsage: ")
    first, _, rest = about.partition("\n\n")
    rows = []
    for flag in re.split(r"\n(?=  --)", flags):
        names, _, text = flag.strip().partition("\n")
        shown = ", ".join(f"`{one}`{{ .flag }}" for one in names.split(", "))
        rows.append((shown, " ".join(text.split()).replace("<", "&lt;")))
    parts = [f"# {name}", _make_sentence(first.partition(": ")[2]), f"    {usage}"]
    parts += [f"```text\n{rest}\n```" if rest else "", _make_sentence(told)]
    parts += [_link_python_form(name), _make_table(("flag", "what it does"), rows)]
    return _join(parts)


def _make_sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _link_python_form(command: str) -> str:
    """Link the public function whose docstring says that it is the command's Python form."""
    for name, target in t2t_mm._LAZY_NAMES.items():
        module, _, attribute = target.partition(":")
        found = importlib.util.find_spec(module)
        assert found is not None and found.origin is not None
        for node in ast.parse(Path(found.origin).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name == attribute:
                words = " ".join((ast.get_docstring(node) or "").split())
                if f"Python form of `{command}" in words:
                    return f"In Python: [`t2t_mm.{name}`](../api.md#t2t_mm.{name})."
    return ""


def _make_description(name: str) -> str:
    """Make a page of what `describe` tells: what it is, the facts, the settings of a set."""
    facts = describe(name)
    values = facts.pop("values", {})
    title, doc = f"# {facts.pop('name')}", facts.pop("doc", "").partition("\n\nRaises:")[0]
    rows = [(key.replace("_", " "), _format(value)) for key, value in facts.items()]
    settings = [
        (f"`{section}.{field}`", f"`{value}`", explain_field(f"{section}.{field}"))
        for section, fields in values.items()
        for field, value in fields.items()
    ]
    listed = _make_table(("setting", "value", "what it means"), settings) if settings else ""
    return _join([title, doc, _make_table(("", ""), rows), listed])


def _format(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_format(one)}" for key, one in value.items())
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("<", "&lt;")


def _make_api_page() -> str:
    """Make the page of public names; what is said of each is its docstring."""
    names = [name for name in t2t_mm.__all__ if name not in ("__version__", "registry")]
    of_registry = [name for name, one in vars(registry).items() if inspect.isfunction(one)]
    blocks = [f"::: t2t_mm.{name}" for name in sorted(names, key=str.lower)]
    blocks += ["## The registry", *(f"::: t2t_mm.registry.{name}" for name in of_registry)]
    return _join(["# Python", "What `import t2t_mm` offers.", *blocks])


def _make_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows]
    return "\n".join(
        f"| {line} |" for line in [" | ".join(heads), " | ".join("---" for _ in heads), *lines]
    )


def _join(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def rewrite_links(markdown: str) -> str:
    """Lead links to where a page is on the site; one to what is not there becomes its text."""
    for name, place in OF_ROOT.items():
        markdown = re.sub(rf"\]\((?:\.\./)?{name}", f"]({place}", markdown)
    markdown = markdown.replace("](docs/", "](").replace('src="docs/', 'src="')
    return re.sub(
        r"\[([^\]]+)\]\((?:\.\./\w+/[\w.]+\.gin|LICENSE|CITATION\.cff)\)", r"\1", markdown
    )


def fill_nav(nav: Any, paths: Sequence[str]) -> Any:
    """Put the pages of a folder where `FOLDER/*` stands in the navigation, its index first."""
    if isinstance(nav, Mapping):
        return {title: fill_nav(part, paths) for title, part in nav.items()}
    if not isinstance(nav, list):
        return nav
    filled: list[Any] = []
    for part in nav:
        if isinstance(part, str) and part.endswith("/*"):
            inside = [path for path in paths if path.startswith(part[:-1])]
            filled += sorted(inside, key=lambda path: (not path.endswith("/index.md"), path))
        else:
            filled.append(fill_nav(part, paths))
    return filled


def on_config(config: Any) -> Any:
    """Fill the navigation."""
    config["nav"] = fill_nav(config["nav"], list(make_pages()))
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add what is made."""
    from mkdocs.structure.files import File

    for path, text in make_pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Mend the links of each page."""
    return rewrite_links(markdown)
