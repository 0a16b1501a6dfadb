"""Where the original files of the WMT translation task lie in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from t2t_mm.data.declaring.folder_walks import walk_folders
from t2t_mm.errors import UserError
from t2t_mm.problems.parallel_text import ParallelText

# The parallel corpora of WMT 2013 to 2019 between English, German and French.
_CORPORA = (
    "commoncrawl",
    r"europarl-v\d+",
    r"news-commentary-v\d+",
    r"undoc\.2000",
    r"giga-fren\.release2\.fixed",
    r"rapid\d+",
    r"de-fr\.bicleaner07",
)
# Names without a language pair belong to German and French (WMT 2019) but for this one.
_LANGUAGES_OF_UNTAGGED = {"giga-fren.release2.fixed": {"en", "fr"}}
# As unpacked: commoncrawl.* in the folder itself, training/*, dev/*, training-parallel-nc-v11/*.
_MAX_DEPTH = 2


def list_files(folder: Path) -> dict[str, Path]:
    """List the files of a folder and two levels below, by file name without .gz.

    Of several files of the same name the one nearest to the folder counts, and a plain one
    before a .gz one.
    """
    found = sorted(_walk(folder), key=lambda path: (len(path.parts), path.suffix == ".gz", path))
    names: dict[str, Path] = {}
    for path in found:
        names.setdefault(path.name.removesuffix(".gz"), path)
    return names


def _walk(folder: Path) -> Iterator[Path]:
    for directory, subdirectories, filenames in walk_folders(folder):
        depth = len(directory.relative_to(folder).parts)
        if depth >= _MAX_DEPTH:
            subdirectories.clear()
        yield from (directory / filename for filename in filenames)


def find_corpora(files: Mapping[str, Path], first: str, second: str) -> list[ParallelText]:
    """Find every training corpus of a language pair.

    Understood are `commoncrawl.de-en.de` with `commoncrawl.de-en.en`, `commoncrawl.de` with
    `commoncrawl.fr` (the WMT 2019 files for German and French) and the two columns of
    `news-commentary-v14.de-fr.tsv`.

    Args:
        files: What `list_files` returned.
        first: Language of the first text of each pair, as "en".
        second: Language of the second.

    Returns:
        The corpora in the order of their names.

    Raises:
        UserError: If only one of two aligned files is there.
    """
    tags = (f"{first}-{second}", f"{second}-{first}")
    name = re.compile(
        rf"(?P<corpus>{'|'.join(_CORPORA)})(\.(?P<tag>{'|'.join(tags)}))?"
        rf"\.(?P<end>{first}|{second}|tsv)"
    )
    languages = {first, second}
    corpora = {}
    for match in filter(None, map(name.fullmatch, files)):
        corpus, tag, end = match.group("corpus", "tag", "end")
        if tag is None and languages != _LANGUAGES_OF_UNTAGGED.get(corpus, {"de", "fr"}):
            continue
        if end == "tsv":
            path = files[match.group()]
            corpora[match.group()] = ParallelText(path, path, exchanged=tag == tags[1])
        else:
            stem = match.group().removesuffix(f".{end}")
            corpora[stem] = _pair_files(files, f"{stem}.{first}", f"{stem}.{second}")
    return [corpora[key] for key in sorted(corpora)]


def find_news_set(
    files: Mapping[str, Path], name: str, first: str, second: str
) -> ParallelText | None:
    """Find a development or test set: `newstest2013.de`, or the .sgm of source and reference.

    Args:
        files: What `list_files` returned.
        name: Of the set, as "newstest2014".
        first: Language of the first text of each pair.
        second: Language of the second.

    Returns:
        The pair of files, None if neither of them is there.
    """
    for one, other in _list_news_names(name, first, second):
        if one in files or other in files:
            return _pair_files(files, one, other)
    return None


def _list_news_names(name: str, first: str, second: str) -> Iterator[tuple[str, str]]:
    yield f"{name}.{first}", f"{name}.{second}"
    for source, target in ((first, second), (second, first)):
        sgm = {
            source: f"{name}-{source}{target}-src.{source}.sgm",
            target: f"{name}-{source}{target}-ref.{target}.sgm",
        }
        yield sgm[first], sgm[second]
        plain = {
            source: f"{name}.{source}-{target}.src.{source}",
            target: f"{name}.{source}-{target}.tgt.{target}",
        }
        yield plain[first], plain[second]


def _pair_files(files: Mapping[str, Path], first: str, second: str) -> ParallelText:
    missing = first if first not in files else second
    if missing in files:
        return ParallelText(files[first], files[second])
    raise UserError(
        "Only one of two aligned files is there",
        expected=f"{missing} (or {missing}.gz)",
        received={"file": str(files.get(first) or files[second])},
        fix="Add the missing file, or move the other one out of --tmp_dir.",
    )
