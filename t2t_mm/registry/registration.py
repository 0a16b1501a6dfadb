"""The tables of problems, kinds, modalities, hparams sets and groups, and how things enter them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, is_dataclass
from typing import Any, TypeVar, overload

from t2t_mm.errors import UserError
from t2t_mm.features import Feature
from t2t_mm.registry.declared_facts import check_class
from t2t_mm.registry.offers import make_builtin_offers, read_entry_points
from t2t_mm.registry.problem_names import REVERSE_SUFFIX
from t2t_mm.registry.tables import Registry
from t2t_mm.settings.sections import HParams

_BUILTIN_MODALITIES = {
    name: f"t2t_mm.modalities.{name}" for name in ("audio", "categorical", "image", "language")
}
_BUILTIN_KINDS = {
    "audio": "t2t_mm.data.kinds.sound_kind",
    "categorical": "t2t_mm.data.kinds.class_kind",
    "image": "t2t_mm.data.kinds.picture_kind",
    "language": "t2t_mm.data.kinds.text_kind",
}
_USER_DIR_HINT = "Your own are imported with --t2t_usr_dir=FOLDER (or a file, or a package)"
_LISTED_HINT = f"{_USER_DIR_HINT}; `t2t-registry list` shows all names."

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[[], HParams])
R = TypeVar("R", bound=Callable[[Any, int], float])
S = TypeVar("S", bound=Callable[..., Any])


@dataclass(frozen=True)
class Group:
    """A name for a list of problems.

    Args:
        names: The problems, in order.
        doc: One line that says what they have in common.
    """

    names: tuple[str, ...]
    doc: str = ""


PROBLEMS: Registry[type[Any]] = Registry(
    "problem",
    builtin=make_builtin_offers("t2t_mm.problems"),
    plugins=read_entry_points,
    how_to_add=_LISTED_HINT,
)
KINDS: Registry[Any] = Registry(
    "kind of features", builtin=lambda: _BUILTIN_KINDS, how_to_add=f"{_USER_DIR_HINT}."
)
MODALITIES: Registry[Any] = Registry("modality", builtin=lambda: _BUILTIN_MODALITIES)
HPARAMS: Registry[Callable[[], HParams]] = Registry(
    "hparams set", builtin=make_builtin_offers("t2t_mm.hparams"), how_to_add=_LISTED_HINT
)
RATE_FUNCTIONS: Registry[Callable[[Any, int], float]] = Registry(
    "rate function", how_to_add=f"{_USER_DIR_HINT}."
)
_BUILTIN_STUDIES = {one: f"t2t_mm.study.{one}" for one in ("paper_tables", "paper_tables_full")}
STUDIES: Registry[Any] = Registry("study", builtin=lambda: _BUILTIN_STUDIES)
GROUPS: Registry[Group] = Registry(
    "group of problems", builtin=make_builtin_offers("t2t_mm.problems", "GROUPS")
)


@overload
def register_problem(name_or_class: str | None = None) -> Callable[[C], C]: ...
@overload
def register_problem(name_or_class: C) -> C: ...
def register_problem(name_or_class: Any = None) -> Any:
    """Decorate a problem's class to register it; nothing is opened or built.

    Args:
        name_or_class: The name, by default the class's own in snake_case; or the class itself,
            where the decorator is written without parentheses.

    Raises:
        UserError: The name is taken or malformed, or this is not a problem's class.

    Example:
        >>> from t2t_mm import Language, Problem, registry
        >>> @registry.register_problem  # its name: shout_words
        ... class ShoutWords(Problem):
        ...     modalities = {"inputs": Language(), "targets": Language()}
        ...     def generate(self, split):
        ...         yield {"inputs": "hello", "targets": "HELLO"}
        >>> registry.problem("shout_words").name
        'shout_words'
    """
    return _make_decorator(name_or_class, _enter_problem)


@overload
def register_hparams(name_or_function: str | None = None) -> Callable[[F], F]: ...
@overload
def register_hparams(name_or_function: F) -> F: ...
def register_hparams(name_or_function: Any = None) -> Any:
    """Decorate a function without arguments that returns an `HParams` to register that set.

    Args:
        name_or_function: The set's name, by default the function's own; or the function itself.

    Raises:
        UserError: The name is taken or malformed.

    Example:
        >>> from dataclasses import replace
        >>> from t2t_mm import registry
        >>> @register_hparams
        ... def multimodel_without_experts():
        ...     base = registry.hparams("multimodel_tiny")
        ...     return replace(base, experts=replace(base.experts, use_experts=False))
        >>> registry.hparams("multimodel_without_experts").experts.use_experts
        False
    """
    return _make_decorator(name_or_function, HPARAMS.register)


@overload
def register_feature_kind(name_or_class: str | None = None) -> Callable[[C], C]: ...
@overload
def register_feature_kind(name_or_class: C) -> C: ...
def register_feature_kind(name_or_class: Any = None) -> Any:
    """Decorate the class of a kind of features to register it.

    Args:
        name_or_class: The name, by default the class's own in snake_case, without `_kind`; or the
            class itself. It is also the name of the modality that reads such features.

    Raises:
        UserError: The name is taken or malformed, or this is not the class of a kind.

    Example:
        >>> from dataclasses import dataclass
        >>> from t2t_mm import Feature, FeatureKind
        >>> @dataclass(frozen=True)
        ... class Smell(Feature):
        ...     modality = "smell"
        >>> @register_feature_kind  # its name: smell
        ... class SmellKind(FeatureKind):
        ...     spec_class = Smell
        ...     shape = (None, 400)
    """
    return _make_decorator(name_or_class, _enter_kind, drop_suffix="_kind")


@overload
def register_modality(name_or_class: str | None = None) -> Callable[[C], C]: ...
@overload
def register_modality(name_or_class: C) -> C: ...
def register_modality(name_or_class: Any = None) -> Any:
    """Decorate a modality's class to register it.

    Args:
        name_or_class: The name, by default the class's own in snake_case, without `_modality`; or
            the class itself.

    Raises:
        UserError: The name is taken or malformed.
    """
    return _make_decorator(name_or_class, MODALITIES.register, drop_suffix="_modality")


@overload
def register_rate_function(name_or_function: str | None = None) -> Callable[[R], R]: ...
@overload
def register_rate_function(name_or_function: R) -> R: ...
def register_rate_function(name_or_function: Any = None) -> Any:
    """Decorate a function that gives each problem of a mixture its relative rate.

    Args:
        name_or_function: The name for `mixture.rate_function`, by default the function's own; or it
            itself. It is given a problem and its number of training examples.

    Raises:
        UserError: The name is taken or malformed.

    Example:
        >>> @register_rate_function
        ... def speech_twice(problem, num_examples):
        ...     return 2.0 if problem.features["inputs"].modality == "audio" else 1.0
        >>> "speech_twice" in RATE_FUNCTIONS
        True
    """
    return _make_decorator(name_or_function, RATE_FUNCTIONS.register)


@overload
def register_study(name_or_function: str | None = None) -> Callable[[S], S]: ...
@overload
def register_study(name_or_function: S) -> S: ...
def register_study(name_or_function: Any = None) -> Any:
    """Decorate a function that returns a `t2t_mm.study.Study` to register it.

    Args:
        name_or_function: The study's name, by default the function's own; or the function itself.
            It may take what t2t-study has flags for: `problems`, `hparams_set`, `steps`.

    Raises:
        UserError: The name is taken or malformed.

    Example:
        >>> from t2t_mm.study import Cell, Study
        >>> @register_study
        ... def german(steps=100):
        ...     cells = {"ende": Cell(problems="mini_ende", steps=steps)}
        ...     return Study(title="German", cells=cells, tables=())
        >>> STUDIES.lookup("german")().cells["ende"].steps
        100
    """
    return _make_decorator(name_or_function, STUDIES.register)


def register_group(name: str, names: Iterable[str], doc: str = "") -> None:
    """Give a list of problems a name.

    Args:
        name: The group's name; no problem may have it.
        names: The problems; they need not be registered yet.
        doc: One line that says what they have in common.

    Raises:
        UserError: The name is taken or malformed.
    """
    if name in PROBLEMS:
        raise UserError(f"The group {name!r} has the name of a problem", fix="Rename the group.")
    GROUPS.register(name, Group(tuple(names), doc))


def _make_decorator(
    target: Any, register: Callable[[str, Any], None], drop_suffix: str = ""
) -> Any:
    """Make a decorator that works bare, with empty parentheses or with a name.

    Args:
        target: What the decorator was given: nothing, a name, or the class or function itself.
        register: Enters a value under a name.
        drop_suffix: What the default name loses at its end.
    """

    def enter(value: Any) -> Any:
        default = snake_case(value.__name__).removesuffix(drop_suffix)
        register(target if isinstance(target, str) else default, value)
        return value

    return enter if target is None or isinstance(target, str) else enter(target)


def _enter_problem(name: str, cls: Any) -> None:
    if not isinstance(cls, type) or not callable(getattr(cls, "generate", None)):
        raise UserError(
            f"What is registered as the problem {name!r} is not a problem",
            expected="a class derived from t2t_mm.Problem",
            received={"value": cls},
        )
    if not getattr(cls, "modalities", None):
        raise UserError(
            f"The problem {name!r} declares no modalities",
            expected="modalities = {'inputs': Language(), 'targets': Language()}, for example",
        )
    check_class(name, cls)
    if name in GROUPS:
        raise UserError(f"The problem {name!r} has the name of a group", fix="Rename the problem.")
    if name.endswith(REVERSE_SUFFIX):
        raise UserError(
            f"The problem name {name!r} ends in '_rev', which stands for a reversal",
            fix=f"Register {name.removesuffix(REVERSE_SUFFIX)!r}; its reversal then exists.",
        )
    PROBLEMS.register(name, cls)


def _enter_kind(name: str, cls: Any) -> None:
    spec_class = getattr(cls, "spec_class", None)
    is_spec = isinstance(spec_class, type) and issubclass(spec_class, Feature)
    if not is_spec or not is_dataclass(spec_class) or not callable(getattr(cls, "check", None)):
        raise UserError(
            f"What is registered as the kind of features {name!r} is not one",
            expected="a class derived from t2t_mm.FeatureKind, whose spec_class is a frozen "
            "dataclass derived from t2t_mm.Feature",
            received={"value": cls, "spec_class": spec_class},
        )
    KINDS.register(name, cls)


def snake_case(name: str) -> str:
    """Write a class's name in small letters and underscores.

    Example:
        >>> snake_case("ReverseWords"), snake_case("WMTEnDe2")
        ('reverse_words', 'wmt_en_de2')
    """
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parted).lower()
