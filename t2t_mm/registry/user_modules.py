"""Import a user's own folders, files and packages, so that they cannot fail silently."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.registry.tables import Registry

_NOT_IMPORTED = ("_", "test_", "conftest")
_entry_of_module: dict[str, str] = {}


def import_entries(entries: str | Iterable[str], tables: Sequence[Registry[Any]]) -> None:
    """Import each entry and check that it registered something.

    Args:
        entries: Folders, files ending in `.py`, or importable names, parted by commas.
        tables: The registries to look into.

    Raises:
        UserError: An entry does not exist, fails to import or registers nothing.
    """
    for entry in list_entries(entries):
        before = set(sys.modules)
        modules = _import_entry(entry)
        modules += _list_brought(modules, set(sys.modules) - before)
        _check_something_is_registered(entry, modules, tables)
        for name in modules:
            _entry_of_module.setdefault(name, entry)  # what another has imported is brought by that


def list_entries(entries: str | Path | Iterable[str | Path]) -> list[str]:
    """List what was named, one or several, parted by commas.

    Example:
        >>> list_entries("my_problems"), list_entries(["one, two.py", Path("three")])
        (['my_problems'], ['one', 'two.py', 'three'])
    """
    texts = [entries] if isinstance(entries, str | Path) else entries
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    return [part for part in parts if part]


def find_entry(name: str) -> str:
    """Find the entry, what --t2t_usr_dir named, that brought a module; empty where none did."""
    while name and name not in _entry_of_module:
        name = name.rpartition(".")[0]
    return _entry_of_module.get(name, "")


def _import_entry(entry: str) -> list[str]:
    """Import one entry and return the names of the modules that belong to it."""
    path = Path(os.path.expanduser(entry)).resolve()
    if path.is_dir():
        return _import_folder(entry, path)
    if path.is_file():
        if path.suffix != ".py":
            raise UserError(
                "--t2t_usr_dir names a file that is not Python",
                expected="a file ending in .py, a folder or a package",
                received={"t2t_usr_dir": entry},
            )
        _allow_imports_from(path.parent)
        return [_import_file(path, path.stem)]
    if re.fullmatch(r"\w+(\.\w+)*", entry) and _find_spec(entry.partition(".")[0]):
        return [_import_by_name(entry)]
    raise UserError(
        "--t2t_usr_dir names nothing that exists",
        expected="a folder, a file ending in .py, or the name of an installed package",
        received={"t2t_usr_dir": entry},
    )


def _import_folder(entry: str, folder: Path) -> list[str]:
    """Import each module of a folder, as one package where it has an `__init__.py`."""
    there = sorted(folder.glob("*.py"))
    files = [file for file in there if not file.name.startswith(_NOT_IMPORTED)]
    is_package = (folder / "__init__.py").is_file()
    if not files and not is_package:
        raise UserError(
            "--t2t_usr_dir names a folder without any Python file that is imported",
            expected=f"a name that does not begin with {', '.join(_NOT_IMPORTED)}",
            received={"t2t_usr_dir": entry, "files": ", ".join(file.name for file in there)},
            fix="Put a file ending in .py there that registers a problem.",
        )
    if not is_package:
        _allow_imports_from(folder)
        return [_import_file(file, file.stem) for file in files]
    _allow_imports_from(folder.parent)
    name = re.sub(r"\W", "_", folder.name)
    _import_file(folder / "__init__.py", name)
    for module in pkgutil.iter_modules([str(folder)], f"{name}."):
        if not module.name.rpartition(".")[2].startswith(_NOT_IMPORTED):
            _import_by_name(module.name)
    return [name]


def _import_file(path: Path, name: str) -> str:
    """Import one file under `name`, once, and return the name that it now has.

    Raises:
        UserError: Another module has this name, or the import fails.
    """
    loaded = sys.modules.get(name)
    if loaded is not None and _is_file(getattr(loaded, "__file__", None), path):
        return name
    main_file = getattr(sys.modules.get("__main__"), "__file__", None)
    if _is_file(main_file, path):
        return "__main__"
    found = _find_spec(name)
    if loaded is not None or (found is not None and not _is_file(found.origin, path)):
        raise UserError(
            f"A module named {name!r} exists already, so {path} cannot be imported by this name",
            fix="Rename the file or folder.",
        )
    locations = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=locations)
    assert spec is not None and spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader = spec.loader
    try:
        _run_import(str(path), str(path.parent), lambda: loader.exec_module(module))
    except UserError:
        del sys.modules[name]
        raise
    return name


def _import_by_name(name: str) -> str:
    spec = importlib.util.find_spec(name.partition(".")[0])  # its parents are not imported yet
    folder = str(Path(spec.origin).parent) if spec is not None and spec.origin else ""
    _run_import(name, folder, lambda: importlib.import_module(name))
    return name


def _is_file(told: str | None, path: Path) -> bool:
    """Return whether a module's file is this one, whatever links lead to it."""
    return told is not None and Path(told).resolve() == path.resolve()


def _find_spec(name: str) -> ModuleSpec | None:
    """Return what `import name` would bring; None where there is nothing."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _list_brought(modules: Sequence[str], new: Iterable[str]) -> list[str]:
    """List what an entry's modules have imported, now or the first time; not what is ours."""
    entries = {_entry_of_module[name] for name in modules if name in _entry_of_module}
    brought = [name for name, entry in _entry_of_module.items() if entry in entries]
    return brought + [name for name in new if name.partition(".")[0] != "t2t_mm"]


def _allow_imports_from(folder: Path) -> None:
    """Let the user's files import each other; last in the path, so that nothing is shadowed."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _run_import(entry: str, folder: str, load: Callable[[], Any]) -> Any:
    """Run an import; turn a failure into an error that names file and line.

    Args:
        entry: What is imported, for the message.
        folder: Where the user's own code lies.
        load: Does the import.
    """
    try:
        return load()
    except (Exception, SystemExit) as error:  # a script that ends itself ends no command
        raise UserError(
            f"Importing {entry} failed at {_locate_error(error, folder)}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _locate_error(error: BaseException, folder: str) -> str:
    """Return file and line of the user's own code in which an import failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(folder)] or frames
    return f"{own[-1].filename}:{own[-1].lineno}"


def _check_something_is_registered(
    entry: str, modules: Sequence[str], tables: Sequence[Registry[Any]]
) -> None:
    """Refuse an entry of which nothing is in any table, nor of what it imports."""
    own = tuple(f"{module}." for module in modules)
    places = (place for table in tables for place in table.places().values())
    if not any(f"{place.module}.".startswith(own) for place in places):
        raise UserError(
            "--t2t_usr_dir was imported but registers nothing",
            expected="a class decorated with @registry.register_problem, or another registration",
            received={"t2t_usr_dir": entry},
        )
