"""What a problem's code says, wherever it lies: the part of a fingerprint.

A class counts with the functions, classes and values that it uses of its own module, of modules in
the same folder and of t2t_mm's own problems, and with the whole of its `source_modules`. So a
second problem in the same file leaves the data of the first, and a function may move to another
file.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Iterable

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.records.code_text import drop_what_is_no_data, find_made_names
from t2t_mm.data.records.module_code import (
    collect_module,
    collect_name,
    collect_statements,
)
from t2t_mm.data.records.notebook_code import collect_objects
from t2t_mm.errors import UserError

_OWN_KINDS = "t2t_mm.data.kinds."
# Members of a kind that say how stored values are read, taken and shown.
_NOT_STORED = frozenset(
    {
        "are_valid",
        "choose",
        "count_positions",
        "describe",
        "is_tall",
        "list_texts",
        "load",
        "prepare",
        "prepare_input",
        "read_file",
        "show",
        "size_axes",
        "smallest_id",
        "spec_class",
    }
)


def hash_source(problem_class: type[Problem]) -> str:
    """Compute a digest of the code of a problem's class and its bases below `Problem`.

    Comments, layout, docstrings, the order of statements, the files they lie in and attributes that
    do not change the data are left out.

    Raises:
        UserError: One of its `source_modules` does not exist.
    """
    said: set[str] = set()
    for base in problem_class.__mro__:
        if base not in Problem.__mro__:
            said |= _collect_class(base)
    for name in problem_class.source_modules:
        said |= _collect_declared(name)
    return _hash_statements(said)


def hash_kind(kind: type[FeatureKind]) -> str:
    """Compute a digest of the code that makes the stored bytes of a kind of features.

    That is the function `stored_by` with what it uses of its own module, and what classes elsewhere
    than in t2t_mm say beside how values are read and shown. It is "" where there is neither.
    """
    said: set[str] = set()
    for base in kind.__mro__:
        if base is not object and not base.__module__.startswith(_OWN_KINDS):
            said |= _collect_class(base, without=_NOT_STORED)
    if (function := kind.stored_by) is not None:
        said |= collect_name(function.__module__, function.__name__)
    return _hash_statements(said) if said else ""


def _hash_statements(said: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()


def _collect_class(cls: type, without: frozenset[str] = frozenset()) -> set[str]:
    definition = _find_definition(cls)
    if definition is None:
        return collect_objects(cls)
    if without:
        definition.decorator_list = []
        kept = [one for one in definition.body if not without & {*find_made_names(one)}]
        definition.body = kept or [ast.Pass()]
    return collect_statements(definition, cls.__module__)


def _find_definition(cls: type) -> ast.ClassDef | None:
    """Find the statement that defines a class; None in a notebook, or if made at run time."""
    if getattr(sys.modules.get(cls.__module__), "__file__", None) is None:
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return None
    definition = drop_what_is_no_data(tree, also=cls.__name__).body[0]
    if isinstance(definition, ast.ClassDef) and definition.name == cls.__name__:
        return definition
    return None


def _collect_declared(name: str) -> set[str]:
    try:
        return collect_module(name)
    except ImportError as error:
        raise UserError(
            "A problem's source_modules names a module that does not exist",
            expected="the import name of a module or package",
            received={"source_modules": name},
        ) from error
