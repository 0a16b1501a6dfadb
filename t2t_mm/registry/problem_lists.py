"""The grammar of lists of problems: names, globs and groups.

list                 mini_ende,wmt_*,mini_text      (names, globs, groups)
old list             mini_ende-mini_enfr            (only where each part is a name)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from t2t_mm.errors import UserError
from t2t_mm.registry.lookup import is_problem_name, write_full_name
from t2t_mm.registry.problem_names import REVERSE_SUFFIX
from t2t_mm.registry.registration import GROUPS, PROBLEMS

_GLOB = re.compile(r"[*?\[]")


def expand_problems(
    spec: str | Iterable[str],
    exclude: str | Iterable[str] = "",
    own: Callable[[str], Sequence[str]] | None = None,
) -> list[str]:
    """Write a list of problems out.

    Args:
        spec: Names, globs, groups and old dash lists (`a-b-c`), parted by commas; or several.
        exclude: The same, for what to leave out. A glob is compared with the full names, with
            argument and reversal; a name leaves out just that one, not its reversal.
        own: Lists the names `NAME/ARGUMENT` that there are of a problem NAME, for globs such as
            `NAME/*`; see `find_own_problems`. None: there are none.

    Returns:
        Full names in the order given, each once.

    Raises:
        UserError: A name is unknown, a glob matches nothing, an element of the exclusion leaves
            nothing out, or nothing is left.

    Example:
        >>> expand_problems("mini_text", exclude="*fr*")
        ['mini_ende', 'mini_deen']
    """
    found: dict[str, None] = {}
    for part in _split_list(spec):
        base, slash, _ = part.partition("/")
        is_listed = slash and base in PROBLEMS and _GLOB.search(part)
        names = list(own(base)) if own and is_listed else []  # which looks into all folders
        chosen = _expand_part(part, names if slash else PROBLEMS.names())
        if not chosen:
            raise _make_no_match_error(part, names)
        found.update(dict.fromkeys(chosen))
    if not found:
        fix = "`t2t-registry list` shows all names."
        raise UserError("No problem is named", received={"problems": spec}, fix=fix)
    kept = _leave_out(list(found), exclude)
    if not kept:
        raise UserError(
            "The exclusion leaves no problem", received={"problems": spec, "exclude": exclude}
        )
    return kept


def _make_no_match_error(part: str, own: Sequence[str]) -> UserError:
    fix = "`t2t-registry list` shows all names."
    if "/" in part:
        fix = (
            "Such a glob stands for the folders in --tmp_dir that the problem can read, and for "
            f"what is in --data_dir: {', '.join(own) or 'there is nothing of it'}."
        )
    return UserError(f"No problem matches {part!r}", fix=fix)


def _leave_out(found: Sequence[str], exclude: str | Iterable[str]) -> list[str]:
    out: set[str] = set()
    for part in _split_list(exclude):
        taken = set(_expand_part(part, found)).intersection(found)
        if not taken:
            raise UserError(
                f"Excluding {part!r} leaves nothing out",
                expected=f"some of {', '.join(found)}",
                received={"exclude": exclude},
            )
        out |= taken
    return [name for name in found if name not in out]


def _split_list(spec: str | Iterable[str]) -> list[str]:
    tokens = [spec] if isinstance(spec, str) else list(spec)
    parts = (part.strip() for token in tokens for part in token.split(","))
    return [part for part in parts if part]


def _expand_part(part: str, names: Sequence[str]) -> Sequence[str]:
    """Write out one element of a list; its glob chooses from `names`."""
    if part in GROUPS:
        return GROUPS.lookup(part).names
    if _GLOB.search(part):
        return [name for name in names if fnmatchcase(name, part)]
    if is_problem_name(part):
        return [write_full_name(part) if part.endswith(REVERSE_SUFFIX) else part]
    pieces = part.split("-")
    if len(pieces) > 1 and all(piece in GROUPS or is_problem_name(piece) for piece in pieces):
        return [name for piece in pieces for name in _expand_part(piece, names)]
    raise PROBLEMS.make_unknown_error(part)
