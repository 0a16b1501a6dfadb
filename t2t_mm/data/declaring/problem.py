"""Problem: what a data set is, as one small class that a user subclasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm import registry
from t2t_mm.data.declaring.splits import SPLITS
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec, Feature
from t2t_mm.files.text_files import decode_lines
from t2t_mm.registry.problem_names import fill_in_argument

RAW_OPTIONS = ("validation_share", "test_share", "label_pattern", "columns", "max_bad_share")
"""What a problem may be told of its raw data: by flags of t2t-datagen, kept beside the data."""


class Problem:
    """A data set with declared features, read split by split.

    A subclass declares `modalities` and yields raw examples from `generate`; everything else
    has a default. Creating one opens no file and imports no TensorFlow.

    Class attributes:
        modalities: Feature name to spec; `{"inputs": ..., "targets": ...}`.
        version: Raise it when the meaning of the data changes; part of the path of the data.
        splits: The names that `generate` understands.
        batch: The global batch unless the settings say otherwise.
        takes_argument: The name may be `NAME/ARGUMENT`, and `argument` holds the latter.
        reverse_of: Name of the problem whose data this one reads with inputs and targets exchanged.
        command: What the model is told to do ("" means the problem's own name); problems with the
            same command share its embedding.
        reverse_command: The command of the exchanged problem.
        metrics: Names of the scores of decoded outputs: bleu, chrf, wer, caption, brackets, top_k;
            by default those of the targets that `modalities` declares.
        source_modules: Import names of modules and packages elsewhere whose code decides about the
            data: it is stale when one changes. The problem's own module counts by itself, with the
            modules of its folder and the problems of t2t_mm that it uses.
        validation_share, test_share: How much of the training data `generate` is to hold out for
            these splits, where the raw files have none (see `held_out_splits`); 0: as it chooses.
        label_pattern: Regular expression by whose group `label` names of files say the class.
        columns: Which columns of a table are read as what, as "text=review,label=stars"; "": those
            of usual names.
        max_bad_share: How much of a split may be left out, counted and told, since it cannot be
            read, as a broken picture; more, if more than 20 examples, is an error; 0: the first is.
        skip_bad_examples: False: the first bad example is an error, whatever the share.
        licence, size, source, substitute: For a person who has to fetch the data: on which terms,
            how large, which files go where in tmp_dir, and what is open if this is not.

    Args:
        name: Full registered name, with argument and `_rev`; by default the class's.
        argument: The part of the name after "/".
        data_dir: Folder of generated data and vocabularies.
        tmp_dir: Folder of raw files.

    Example:
        >>> from t2t_mm import Language
        >>> class ReverseWords(Problem):
        ...     modalities = {"inputs": Language(), "targets": Language()}
        ...     def generate(self, split):
        ...         for line in self.open_text(self.raw_file(f"{split}.txt")):
        ...             yield {"inputs": line, "targets": " ".join(reversed(line.split()))}
        >>> _ = Path("train.txt").write_text("one two three")
        >>> next(ReverseWords(tmp_dir=".").generate("train"))
        {'inputs': 'one two three', 'targets': 'three two one'}
    """

    modalities: ClassVar[Mapping[str, Feature]] = {}
    version: ClassVar[str] = "1.0.0"
    splits: ClassVar[tuple[str, ...]] = SPLITS
    batch: ClassVar[BatchSpec] = BatchSpec(tokens=2048)
    takes_argument: ClassVar[bool] = False
    reverse_of: ClassVar[str] = ""
    command: ClassVar[str] = ""
    reverse_command: ClassVar[str] = ""
    metrics: ClassVar[tuple[str, ...]] = Feature.metrics
    _names_metrics: ClassVar[bool] = False
    source_modules: ClassVar[tuple[str, ...]] = ()
    skip_bad_examples: ClassVar[bool] = True
    validation_share: float = 0.0
    test_share: float = 0.0
    label_pattern: str = ""
    columns: str = ""
    max_bad_share: float = 0.01
    has_class: ClassVar[bool] = True  # False: only its data is there, not judged by its code

    licence: ClassVar[str] = ""
    size: ClassVar[str] = ""
    source: ClassVar[str] = ""
    substitute: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._names_metrics |= "metrics" in vars(cls)
        declared = cls.modalities if isinstance(cls.modalities, Mapping) else {}
        if "targets" in declared and not cls._names_metrics:
            cls.metrics = declared["targets"].metrics

    def __init__(
        self,
        *,
        name: str | None = None,
        argument: str = "",
        data_dir: str | Path | None = None,
        tmp_dir: str | Path | None = None,
    ) -> None:
        self.name = name or registry.snake_case(type(self).__name__)
        self.argument = argument
        self.data_dir = None if data_dir is None else Path(data_dir)
        self.tmp_dir = None if tmp_dir is None else Path(tmp_dir)
        self.raw_files_read: list[Path] = []

    def __repr__(self) -> str:
        sides = " to ".join(self.features[side].modality for side in sorted(self.features))
        return f"<{type(self).__name__} {self.name}: {sides}>"

    # What a subclass writes.

    def generate(self, split: str) -> Iterable[Mapping[str, Any]]:
        """Yield raw examples of one split, the same ones in the same order at every call.

        Args:
            split: One of `splits`.

        Returns:
            Examples by feature name. Text is a `str` (a final newline is dropped), or a list of
            them where there are `alternatives`; a picture the bytes or the path of a file, or
            uint8[height, width, channels]; a sound float32[samples] in -1 to 1 or int16[samples];
            a class its name or its index. What is costly to make may be a function without
            arguments that returns it: training a vocabulary then makes no pictures and sounds.
        """
        raise NotImplementedError(f"{type(self).__name__}.generate(split) is not written yet")

    def num_parts(self, split: str) -> int:
        """Return into how many independent parts a split falls, for several processes.

        It must not depend on the machine: the parts decide the keys of the examples.
        """
        return 1

    def generate_part(self, split: str, part: int) -> Iterable[Mapping[str, Any]]:
        """Yield the examples of one part; all parts together are the split.

        Args:
            split: One of `splits`.
            part: 0 up to, and without, `num_parts(split)`.
        """
        assert part == 0, f"{self.name} overrides num_parts but not generate_part"
        return self.generate(split)

    def class_names(self, feature: str) -> Sequence[str]:
        """Return the names of the classes of a `Categorical` feature with a vocabulary, in order.

        Args:
            feature: Its name in `modalities`.
        """
        declared = f"{type(self).__name__} declares {feature!r} as Categorical(vocabulary=...)"
        raise UserError(f"{declared} and must override class_names(feature)")

    @staticmethod
    def propose(folder: Path) -> Iterable[tuple[str, Mapping[str, str]]]:
        """Propose how to read a folder: arguments to put behind the name, and `RAW_OPTIONS`.

        What then gives an example is told to a user whose problem cannot read the folder.
        """
        return ()

    @property
    def held_out_splits(self) -> Sequence[str]:
        """The splits that `generate` takes out of the training data; none by default.

        A problem that names some has to respect `validation_share` and `test_share`.
        """
        return ()

    @property
    def held_out_shares(self) -> dict[str, float]:
        """How much of the training data goes into each of `held_out_splits`; 0: as it chooses."""
        return {split: getattr(self, f"{split}_share") for split in self.held_out_splits}

    @property
    def options_that_count(self) -> frozenset[str]:
        """Which of `RAW_OPTIONS` change what `generate` yields of the raw data that is there."""
        return frozenset(f"{split}_share" for split in self.held_out_splits)

    # Who it is.

    @cached_property
    def base(self) -> Problem:
        """The problem whose generated data this one reads: itself unless reversed."""
        return self._opposite.base if self._opposite else self

    @cached_property
    def _opposite(self) -> Problem | None:
        if not self.reverse_of:
            return None
        name = fill_in_argument(self.reverse_of, self.argument)
        opposite: Problem = registry.problem(name, data_dir=self.data_dir, tmp_dir=self.tmp_dir)
        return opposite

    @property
    def data_name(self) -> str:
        """Name of the generated data: the base's name for a reversed problem."""
        return self.base.name

    @property
    def exchanged(self) -> bool:
        """Whether inputs and targets change places when the data is read."""
        return self._opposite is not None and not self._opposite.exchanged

    @property
    def features(self) -> dict[str, Feature]:
        """The declared specs by feature name, after the exchange."""
        declared = dict(self.base.modalities)
        return {self.stored_name(name): spec for name, spec in declared.items()}

    def stored_name(self, feature: str) -> str:
        """Return under which name the records hold this problem's feature."""
        if not self.exchanged:
            return feature
        return {"inputs": "targets", "targets": "inputs"}.get(feature, feature)

    @property
    def command_name(self) -> str:
        """The command that starts every target of this problem."""
        if self._opposite is None:
            return self.command or self.name
        own = vars(type(self)).get("command", "")
        return str(own) or self._opposite.opposite_command or self.name

    @property
    def opposite_command(self) -> str:
        """The command of this problem with inputs and targets exchanged ("" if it has none)."""
        return self._opposite.command_name if self._opposite else self.reverse_command

    # Raw files.

    def raw_file(self, filename: str) -> Path:
        """Return the path of a raw file in tmp_dir; `filename + ".gz"` is found as well.

        Raises:
            UserError: If tmp_dir is not given or holds no such file.
        """
        if self.tmp_dir is None:
            read = f"Problem {self.name} reads the raw file {filename}"
            raise UserError(f"{read} but no folder is given", fix="Name it with --tmp_dir.")
        path = self.tmp_dir / filename
        for candidate in (path, path.with_name(path.name + ".gz")):
            if candidate.is_file():
                self.raw_files_read.append(candidate)
                return candidate
        where = f" {self.source}" if self.source else ""
        raise UserError(
            f"Problem {self.name} needs a raw file that is not there. Expected: {path} "
            f"(or {path.name}.gz). Received: --tmp_dir={self.tmp_dir}. Put the file there or "
            f"name its folder with --tmp_dir.{where}"
        )

    def missing(
        self, *, all_of: Sequence[str | Path] = (), one_of: Sequence[str | Path] = ()
    ) -> UserError:
        """Return the error to raise where the raw data is not there: a checklist for a person.

        Args:
            all_of: The paths that have to be there.
            one_of: The paths of which one has to be there.
        """
        facts = {"licence": self.licence, "size": self.size, "what to do": self.source}
        facts["open substitute"] = self.substitute
        lines = [f"The raw data of problem {self.name} is not there. Checklist:"]
        lines += [f"  [ ] {name}: {text}" for name, text in facts.items() if text]
        for words, paths in (("all of", all_of), ("one of", one_of)):
            if len(paths) == 1:
                lines += [f"  [ ] expected: {paths[0]}"]
            elif paths:
                lines += [f"  [ ] expected: {words}", *(f"        {path}" for path in paths)]
        lines += [f"  Received: --tmp_dir={self.tmp_dir or ''}"]
        return UserError("\n".join(lines))

    def open_text(self, path: str | Path) -> Iterator[str]:
        r"""Yield the lines of a UTF-8 file, plain or .gz, without line ends and byte order mark.

        Only a newline ends a line ("\r\n" too), so that aligned files stay aligned whatever
        other separators a line contains.

        Raises:
            UserError: If a line is not UTF-8 (with file and line number) or the .gz is broken.
        """
        return decode_lines(Path(path))

    def raw_files_wanted(self) -> Iterable[Path] | None:
        """Return the raw files that `generate` would read now, for all splits.

        A problem that chooses its files by what lies in tmp_dir overrides this; then t2t-datagen
        notices files that were added since the data was generated. None: not known before reading.
        """
        return None
