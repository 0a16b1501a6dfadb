"""text_classification: a problem made of texts and their classes in --tmp_dir, without any code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.features import BatchSpec, Categorical, Language
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.text_files import LONGEST_LINE, decode_lines
from t2t_mm.problems.class_folder import ClassFolderProblem
from t2t_mm.problems.file_kinds import TEXTS
from t2t_mm.problems.label_pattern import propose_patterns
from t2t_mm.registry import register_problem


@register_problem("text_classification")
class TextClassification(ClassFolderProblem):
    """Names the class of a text.

    `text_classification` reads --tmp_dir, `text_classification/NAME` the folder NAME in it, so that
    several sets of texts may stand side by side:

    - tables with the columns `text` and `label` (other usual names are known, `--columns` of
      t2t-datagen names the rest; a column `split` counts): `train.csv`, `validation.csv` (`valid`,
      `val`, `dev`) and `test.csv`, or one table, which may be NAME.csv itself; .csv, .tsv, or
      .jsonl with an object a line;
    - `train/CLASS/*.txt` with `validation` (`valid`, `val`, `dev`) and `test` like it, each with
      any folders below the class. Without validation texts 10% of the training texts are held
      out, at most 2,000, and without test texts there is no test split;
    - `CLASS/*.txt` or one table alone: 10% for validation and 10% for test, at most 2,000 each;
    - files with a table of their names or a `--label_pattern`; see `image_folder`;
    - where there is nothing else, shards: `train-00000-of-00002.parquet` and the like with such
      columns, also in the folder `data`; or `.tar` with `KEY.txt` and `KEY.cls`.

    What is held out is chosen by a hash of the path or text, and never the last text of a class;
    `--validation_share` and `--test_share` of t2t-datagen say how much.

    A text is in UTF-8; its words are put in one line, as t2t-decoder reads them. Empty ones, and
    files above 1 MB, are left out and counted.

    Raises:
        UserError: When data is generated: no texts, a single class, validation texts of a class
            without training texts, text that is not UTF-8.
    """

    modalities: ClassVar = {
        "inputs": Language(),
        "targets": Categorical(vocabulary="text_classification_classes"),
    }
    kind = TEXTS
    propose = staticmethod(partial(propose_patterns, TEXTS))
    batch = BatchSpec(tokens=2048)
    licence = "that of your texts"
    size = "that of your texts"
    source = (
        "Put train.csv (.tsv, .jsonl) with the columns text and label and likewise validation and "
        "test, or one such table, or texts in folders named by their classes, train/CLASS/*.txt or "
        "CLASS/*.txt, in --tmp_dir (text_classification) or in its folder NAME "
        "(text_classification/NAME)."
    )

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield at most 2,000 texts of a split."""
        empty = 0
        for example in super().generate_part(split, part):
            text = example["inputs"]
            if isinstance(text, Path) and (fault := _find_fault(text)):
                leave_out(f"{text} {fault}")
                continue
            lines = decode_lines(text) if isinstance(text, Path) else [text]
            words = [word for line in lines for word in line.split()]
            if words:
                yield {**example, "inputs": " ".join(words)}
            empty += not words
        if empty:
            warn_once(f"Problem {self.name}, {split}: left out {empty:,} texts without a word.")


def _find_fault(path: Path) -> str:
    """Find out why a file is left out; empty: it is not."""
    if not path.exists():
        return "is a link to what is not there"
    return f"is larger than {LONGEST_LINE:,} bytes" if path.stat().st_size > LONGEST_LINE else ""
