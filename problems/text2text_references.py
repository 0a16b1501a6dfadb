"""text2text_references: text2text_files whose outputs are compared with several true ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.features import Language
from t2t_mm.problems.parallel_folder import ParallelFolder
from t2t_mm.problems.parallel_text import check_same_length, read_lines
from t2t_mm.problems.text2text_files import Text2textFiles
from t2t_mm.registry import register_problem


@register_problem("text2text_references")
class Text2textReferences(Text2textFiles):
    """Learns from pairs of texts, and is scored against several references: BLEU and chrF.

    As text2text_files, from the same files; but for validation and test there may be several files
    of the targets' language, each aligned with the inputs: `test.en` with `test.A.de` and
    `test.B.de`, or `test.de.A` and `test.de.B`, or `test.de0` and `test.de1`; `test.de` too counts
    as one. Any capital letter or digit will do, and how many there are is said. An empty line is
    no reference; an input without any is left out.

    Raises:
        UserError: As text2text_files, and where a file of references has another number of lines.
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language(alternatives=True)}
    metrics = ("bleu", "chrf")
    propose = staticmethod(Problem.propose)  # nothing: text2text_files reads the same
    source = f"{Text2textFiles.source} References: test.A.de, test.B.de and so on."

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": line, "targets": its references} in the order of the files."""
        references = self._references.get(split, [])
        if len(references) < 2:
            for example in super().generate(split):
                yield {**example, "targets": [example["targets"]]}
            return
        names = ", ".join(path.name for path in references)
        warn_once(f"Problem {self.name}: {split} has {len(references)} references: {names}.")
        inputs = self._files[split].paths[0]
        for path in references:
            check_same_length(inputs, path)
        left_out = 0
        for line, *texts in zip(*map(read_lines, (inputs, *references)), strict=True):
            if line and any(texts):
                yield {"inputs": line, "targets": [text for text in texts if text]}
            else:
                left_out += 1
        if left_out:
            warn_once(f"{inputs}: left out {left_out:,} lines without a text or a reference.")

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of all splits that there are now, all references too."""
        further = (path for paths in self._references.values() for path in paths)
        return list(dict.fromkeys([*super().raw_files_wanted(), *further]))

    @cached_property
    def _references(self) -> dict[str, list[Path]]:
        """The files of the targets' language of the splits that may have several."""
        splits = [split for split in self._files if split != "train"]
        found = {split: self._parallel.list_references(self._files[split]) for split in splits}
        self.raw_files_read += [path for paths in found.values() for path in paths]
        return found

    @cached_property
    def _parallel(self) -> ParallelFolder:
        plain = super()._parallel
        plain.has_references = True
        return plain
