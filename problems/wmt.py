"""The WMT news translation task between English, German and French, in six directions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.splits import SPLITS, choose_half
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problems.parallel_text import Pair, ParallelText, hash_pair
from t2t_mm.problems.tfds_sets import DownloadFailedError
from t2t_mm.problems.wmt_files import find_corpora, find_news_set, list_files
from t2t_mm.problems.wmt_tfds import read_tfds_pairs
from t2t_mm.registry import register_problem

logger = logging.getLogger(__name__)

_TERMS = "each corpus has its own terms (statmt.org); free for research"
_FILES_2014 = (
    "Line-aligned files as unpacked from the original archives, in --tmp_dir or up to two folders "
    "below (training/, dev/): {corpora}; newstest2013.* for validation and newstest2014.* "
    "(plain or .sgm) for test. Where there is no training file, TFDS downloads wmt14_translate "
    "into --tmp_dir/tfds."
)


class WmtProblem(Problem):
    """Translates between two languages of the WMT news task.

    The original line-aligned files in tmp_dir are read where there is at least one training
    corpus of the pair; every corpus found is used. Else TFDS downloads the same corpora. The
    command is the target language.

    Class attributes:
        languages: Of the inputs and of the targets.
        validation_set, test_set: Names of the news sets. Without a test set of its own the
            validation set is halved by a hash of the text of each pair.
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    languages: ClassVar[tuple[str, str]]
    validation_set: ClassVar[str] = "newstest2013"
    test_set: ClassVar[str] = "newstest2014"
    licence = _TERMS

    def num_parts(self, split: str) -> int:
        """Return one part for each training corpus that lies in tmp_dir."""
        return max(1, len(self._corpora)) if split == "train" else 1

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": text, "targets": text} in the order of the files."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        """Yield the pairs of one corpus (train), or the whole split."""
        if not self._corpora:
            pairs = self._read_tfds_pairs(split)
        elif split == "train":
            pairs = self._corpora[part].read_pairs()
        else:
            pairs = self._find_news_set(split).read_pairs()
        if split != "train" and not self.test_set:
            pairs = self._select_half(pairs, split)
        for inputs, targets in pairs:
            yield {"inputs": inputs, "targets": targets}

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of the corpora and news sets that there are now; none from TFDS."""
        return self._list_paths(self._corpora)

    def _list_paths(self, corpora: list[ParallelText]) -> list[Path]:
        news = [self._find_news_set(split) for split in SPLITS[1:] if corpora]
        return [path for text in (*corpora, *news) for path in text.paths]

    def _select_half(self, pairs: Iterator[Pair], split: str) -> Iterator[Pair]:
        return (pair for pair in pairs if choose_half(hash_pair(*pair)) == split)

    @cached_property
    def _files(self) -> dict[str, Path]:
        return list_files(self._tmp_dir)

    @cached_property
    def _corpora(self) -> list[ParallelText]:
        """The training corpora in tmp_dir; with them the news sets have to be there too."""
        corpora = find_corpora(self._files, *self.languages)
        self.raw_files_read += self._list_paths(corpora)
        for text in corpora:
            paths = ", ".join(map(str, text.paths))
            logger.info("Problem %s reads the corpus %s", self.name, paths)
        return corpora

    def _find_news_set(self, split: str) -> ParallelText:
        name = (split == "test" and self.test_set) or self.validation_set
        if text := find_news_set(self._files, name, *self.languages):
            return text
        first, second = self.languages
        raise UserError(
            f"Problem {self.name} finds training corpora but not its {split} set",
            expected=f"{name}.{first} and {name}.{second} (plain, .gz or the original .sgm)",
            received={"tmp_dir": str(self._tmp_dir)},
            fix="Unpack http://data.statmt.org/wmt19/translation-task/dev.tgz in --tmp_dir.",
        )

    @property
    def _tmp_dir(self) -> Path:
        if self.tmp_dir is None:
            raise UserError(
                f"Problem {self.name} has no folder for raw files",
                expected="a --tmp_dir with the original files, or an empty one to download to",
            )
        return self.tmp_dir

    def make_tfds_builder(self, data_dir: Path) -> Any:
        """Make the TFDS builder that has this pair's data."""
        import tensorflow_datasets as tfds

        first, second = self.languages
        foreign = second if first == "en" else first
        return tfds.builder(f"wmt14_translate/{foreign}-en", data_dir=data_dir)

    def _read_tfds_pairs(self, split: str) -> Iterator[Pair]:
        stored = split if self.test_set or split == "train" else "validation"
        builder = self.make_tfds_builder(self._tmp_dir / "tfds")
        try:
            yield from read_tfds_pairs(builder, stored, self.languages, self._tmp_dir)
        except DownloadFailedError as failure:
            raise UserError(
                f"Problem {self.name} finds no training corpus in --tmp_dir and cannot download "
                f"{builder.info.full_name}",
                expected="original files, or a network",
                received={"tmp_dir": str(self._tmp_dir), "error": str(failure)},
                fix=f"{self.source} {self.substitute}",
            ) from failure


@register_problem("wmt_ende")
class WmtEnde(WmtProblem):
    """Translates English news to German: WMT 2014, tested on newstest2014.

    Source: http://www.statmt.org/wmt14/translation-task.html
    """

    languages = ("en", "de")
    command = "de"
    reverse_command = "en"
    size = "about 4.5 million training pairs, 3,000 for validation, 3,003 for test; 1.7 GB to fetch"
    source = _FILES_2014.format(
        corpora="europarl-v7.de-en.*, commoncrawl.de-en.*, news-commentary-v9.de-en.*"
    )
    substitute = "Open and small: text2text_files/en-de with any aligned files, or mini_ende."


@register_problem("wmt_deen")
class WmtDeen(WmtEnde):
    """Translates German news to English, with the data of wmt_ende."""

    reverse_of = "wmt_ende"
    command = "en"


@register_problem("wmt_enfr")
class WmtEnfr(WmtProblem):
    """Translates English news to French: WMT 2014, tested on newstest2014.

    TFDS holds one corpus at a time in memory: the largest needs about 20 GB.

    Source: http://www.statmt.org/wmt14/translation-task.html
    """

    languages = ("en", "fr")
    command = "fr"
    reverse_command = "en"
    size = "about 40 million training pairs, 3,000 for validation, 3,003 for test; 7 GB to fetch"
    source = _FILES_2014.format(
        corpora="europarl-v7.fr-en.*, commoncrawl.fr-en.*, news-commentary-v9.fr-en.*, "
        "undoc.2000.fr-en.*, giga-fren.release2.fixed.*"
    )
    substitute = "Open and small: text2text_files/en-fr with any aligned files, or mini_enfr."


@register_problem("wmt_fren")
class WmtFren(WmtEnfr):
    """Translates French news to English, with the data of wmt_enfr."""

    reverse_of = "wmt_enfr"
    command = "en"


@register_problem("wmt_defr")
class WmtDefr(WmtProblem):
    """Translates German to French: the Europarl and Common Crawl files of WMT 2019.

    The task has one development set (elections to the European parliament, 2019): half of it, by
    a hash of the text of each pair, is the validation split, the other half the test split.

    Departs: from TFDS two of the four corpora of wmt19_translate/fr-de are left out. TFDS 4.9.10
    gives ParaCrawl and News Commentary of this pair with the languages exchanged. As files in
    tmp_dir both are read, in the right order.

    Source: http://www.statmt.org/wmt19/translation-task.html
    """

    languages = ("de", "fr")
    command = "fr"
    reverse_command = "de"
    validation_set = "euelections_dev2019"
    test_set = ""
    size = "about 2.3 million training pairs, 1,512 for validation and test; 0.3 GB to fetch"
    source = (
        "Line-aligned files of WMT 2019 in --tmp_dir or up to two folders below: europarl-v7.de "
        "and .fr, commoncrawl.de and .fr, de-fr.bicleaner07.de and .fr, "
        "news-commentary-v14.de-fr.tsv; euelections_dev2019.fr-de.src.fr and .tgt.de for "
        "validation and test. Where there is no training file, TFDS downloads the first two and "
        "the last into --tmp_dir/tfds."
    )
    substitute = "Open and small: text2text_files/de-fr with any aligned files."

    def make_tfds_builder(self, data_dir: Path) -> Any:
        """Make a builder of those corpora of WMT 2019 whose languages TFDS does not mix up."""
        from tensorflow_datasets.translate import wmt

        config = wmt.WmtConfig(
            name="europarl_commoncrawl",
            version="1.0.0",
            description="German and French of WMT 2019 without ParaCrawl and News Commentary.",
            language_pair=("fr", "de"),
            subsets={
                "train": ["europarl_v7_frde", "commoncrawl_frde"],
                "validation": ["euelections_dev2019"],
            },
        )
        return wmt.WmtTranslate(config=config, data_dir=data_dir)


@register_problem("wmt_frde")
class WmtFrde(WmtDefr):
    """Translates French to German, with the data of wmt_defr."""

    reverse_of = "wmt_defr"
    command = "de"
