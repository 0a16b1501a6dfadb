"""The lists of class names that problems give, onto disk: what datagen does beside vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.problem_generation import is_generated
from t2t_mm.data.generation.vocabulary_users import list_users
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.vocabulary.labels import (
    LabelVocabulary,
    load_labels,
    locate_labels,
    make_numbered_labels,
    save_labels,
)
from t2t_mm.data.vocabulary.vocabulary import BYTES, locate_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.files.disk import lock_folder


def write_labels(bases: Sequence[Problem], data_dir: Path, options: GenerationOptions) -> None:
    """Write the lists of class names that are not there, and compare those that are.

    Problems whose data is there, and stays, are not asked again. Where all data that uses a list is
    generated again, it is written anew.

    Args:
        bases: The problems as written, not exchanged.
        data_dir: Folder of generated data.
        options: Whether what is there is written anew, or its data generated again.

    Raises:
        UserError: If two problems give one vocabulary different names, or one other names than
            the file has, or if text uses a vocabulary of the same name.
    """
    _check_text_vocabularies(bases, data_dir)
    written: dict[str, LabelVocabulary] = {}
    for base in bases:
        for feature, kind in choose_kinds(base.features).items():
            if not (name := kind.class_list):
                continue
            path = locate_labels(data_dir, name)
            stays = is_generated(base, data_dir) and not options.replaces_data
            if path.is_file() and stays:
                continue
            _check_no_model(base, data_dir, name)
            labels = kind.make_labels(base, feature)
            assert labels is not None
            with lock_folder(path.parent):
                if name in written:
                    _check_same_names(labels, written[name], base, "Name its vocabulary otherwise.")
                elif path.is_file() and not options.overwrite_vocab:
                    _renew_labels(labels, base, bases, data_dir, options)
                else:
                    save_labels(data_dir, labels)
            written[name] = labels


def _renew_labels(
    labels: LabelVocabulary,
    base: Problem,
    bases: Sequence[Problem],
    data_dir: Path,
    options: GenerationOptions,
) -> None:
    """Write other names, or a damaged file, if all that uses it is generated again, else refuse."""
    others = list_users(data_dir, [labels.name])
    others = [name for name in others if name not in {one.name for one in bases}]
    if options.overwrite and not others:
        save_labels(data_dir, labels)
        return
    fix = (
        "Name its vocabulary otherwise; or, if the names changed, write them anew with t2t-datagen "
    )
    if not others:
        fix += "--overwrite, which generates the data again, too."
    else:
        fix += _describe_overwriting(labels.name, bases, data_dir)
    _check_same_names(labels, load_labels(data_dir, labels.name), base, fix)


def _describe_overwriting(name: str, bases: Sequence[Problem], data_dir: Path) -> str:
    """Say what --overwrite_vocab makes again beside a list of names, and what becomes stale."""
    kinds = [kind for base in bases for kind in choose_kinds(base.features).values()]
    texts = sorted({kind.text_vocabulary for kind in kinds} - {"", BYTES})
    own = {base.name for base in bases}
    stale = [user for user in list_users(data_dir, [name, *texts]) if user not in own]
    trained = f", which trains {', '.join(texts)} again, too" if texts else ""
    return f"--overwrite_vocab{trained}: the data of {', '.join(stale)} is then stale."


def _check_text_vocabularies(bases: Sequence[Problem], data_dir: Path) -> None:
    kinds = [(base, kind) for base in bases for kind in choose_kinds(base.features).values()]
    named = {kind.text_vocabulary: base for base, kind in kinds if kind.text_vocabulary}
    for base, kind in kinds:
        if kind.class_list in named:
            raise _make_two_kinds_error(kind.class_list, base)
    for name, base in named.items():
        if make_numbered_labels(name) or locate_labels(data_dir, name).is_file():
            raise _make_two_kinds_error(name, base)


def _check_no_model(base: Problem, data_dir: Path, name: str) -> None:
    if locate_vocabulary(data_dir, name).is_file() or make_numbered_labels(name):
        raise _make_two_kinds_error(name, base)


def _make_two_kinds_error(name: str, base: Problem) -> UserError:
    return UserError(
        f"Vocabulary {name!r} of problem {base.name} is one of text and of class names at once",
        expected="a name for each; classes_10 and the like are those of Categorical(num_classes=)",
        fix="Rename one of the two in the problem's modalities.",
    )


def _check_same_names(
    labels: LabelVocabulary, there: LabelVocabulary, base: Problem, fix: str
) -> None:
    if labels.hash == there.hash:
        return
    pairs = zip(labels.names, there.names, strict=False)
    place = next((i for i, (own, other) in enumerate(pairs) if own != other), None)
    received: dict[str, object] = {"num_classes": labels.size}
    expected = f"{there.size} names"
    if place is not None:
        expected += f", at index {place} {there.names[place]!r}"
        received["name"] = labels.names[place]
    raise UserError(
        f"Problem {base.name} gives vocabulary {labels.name!r} other class names than it has",
        expected=expected,
        received=received,
        fix=fix,
    )
