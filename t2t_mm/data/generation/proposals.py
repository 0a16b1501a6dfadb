"""Which problems would read what lies in a folder, where the one that was asked for cannot.

Problems propose themselves (`Problem.propose`), and each is tried: it must give an example, or ask
for a decision.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import only_looking
from t2t_mm.errors import UndecidedError, UserError

_MOST_LEVELS, _MOST_FOLDERS, _MOST_TOLD = 4, 10, 5


@contextmanager
def propose_others(asked: Problem) -> Iterator[None]:
    """Add to an error of a problem which flags would read what lies in its folder.

    Args:
        asked: The problem whose raw data is read within the context.
    """
    try:
        yield
    except UserError as error:
        try:
            flags = find_readers(asked)
        except (UserError, OSError):  # what else lies there is broken, too: tell what was asked for
            flags = []
        if not flags:
            raise
        choice = " or ".join(flags)
        fix = f"In {asked.tmp_dir} there is what t2t-datagen reads with {choice}"
        raise UserError(str(error), fix=fix) from error


def find_readers(asked: Problem) -> list[str]:
    """Find the flags of t2t-datagen that would read what lies in a problem's folder.

    The problem itself is tried first, with other arguments. Where nothing reads the folder itself,
    those in it are tried, and then those in these.

    Args:
        asked: The problem that cannot read it.
    """
    top = asked.tmp_dir
    if top is None or not top.is_dir():
        return []
    parts = asked.argument.split("/")
    prefixes = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    inside = next((name for name in prefixes if name and (top / name).is_dir()), "")
    own = asked.name.partition("/")[0]
    others = [name for name in registry.problem_names() if name != own]
    with only_looking():
        for bases in ([own], others):
            folders = [inside]
            for _ in range(_MOST_LEVELS):
                found = [flags for one in folders for flags in _try_folder(asked, bases, top, one)]
                if found:
                    return found[:_MOST_TOLD]
                below = (path for one in folders for path in sorted((top / one).iterdir()))
                names = (path.relative_to(top).as_posix() for path in below if path.is_dir())
                folders = [*islice(names, _MOST_FOLDERS)]
    return []


def _try_folder(asked: Problem, bases: Iterable[str], top: Path, inside: str) -> list[str]:
    """Write the flags of those that can read one folder: of each problem the first.

    What a user's class raises about files that it never meant is not told: they cannot be read.
    """
    found: list[str] = []
    for base in bases:
        with suppress(Exception):
            found += islice(_try_problem(asked, base, top, inside), 1)
    return found


def _try_problem(asked: Problem, base: str, top: Path, inside: str) -> Iterator[str]:
    last = asked.name.rpartition("/")[2]
    proposed = registry.problem_class(base).propose(top / inside)
    for argument, options in sorted(proposed, key=lambda one: one[0] != last):
        name = "/".join(filter(None, (base, inside, argument)))
        if (name, options) != (asked.name, {}) and _can_read(name, options, top):
            words = {"problems": name, **options}
            yield " ".join(f"--{key}={shlex.quote(value)}" for key, value in words.items())


def _can_read(name: str, options: Mapping[str, str], tmp_dir: Path) -> bool:
    try:
        problem: Problem = registry.problem(name, tmp_dir=tmp_dir)
        for option, value in options.items():
            setattr(problem, option, value)
        return next(iter(problem.generate(problem.splits[0])), None) is not None
    except UndecidedError:
        return True
    except Exception:
        return False
