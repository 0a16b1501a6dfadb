"""How decoded outputs are written: as they are, or trees as brackets around their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from t2t_mm.data.trees.brackets import bracket_words, find_attached_punctuation
from t2t_mm.errors import UserError
from t2t_mm.run.task import Task

OUTPUT_FORMATS = ("plain", "brackets")

Tell = Callable[[str], None]


def format_outputs(
    pairs: Iterable[tuple[str, str]], task: Task, output_format: str, tell: Tell
) -> Iterator[str]:
    """Yield each output as it is to be written; tell of what looks wrong in inputs and outputs.

    Args:
        pairs: Input text and decoded output of each example.
        task: Whose they are.
        output_format: One of `OUTPUT_FORMATS`.
        tell: Is given a line for a person: once of words with punctuation, where trees are made of
            words, and at the end how many outputs were no trees and are mended.
    """
    number_mended, has_told = 0, False
    for text, output in pairs:
        if is_tree_task(task) and not has_told and (word := find_attached_punctuation(text)):
            has_told = True
            tell(
                f"{task.name} was trained on sentences cut into words, as 'The dog barks .'; "
                f"{word!r} is not cut. Put a space before what belongs to no word."
            )
        if output_format == "brackets":
            output, is_mended = bracket_words(output, text.split())
            number_mended += is_mended and bool(output)
        yield output
    if number_mended:
        tell(f"{number_mended:,} outputs were no trees over their words and are mended")


def check_output_format(task: Task, output_format: str) -> None:
    """Refuse a format that does not exist, or that is not for a task's outputs."""
    if output_format not in OUTPUT_FORMATS:
        raise UserError(
            "There is no such output format",
            expected=", ".join(OUTPUT_FORMATS),
            received={"output_format": output_format},
        )
    if output_format == "brackets" and not is_tree_task(task):
        raise UserError(
            f"The outputs of {task.name} are no trees, so they have no brackets",
            expected="a problem with the metric 'brackets', as tree_files",
            received={"output_format": output_format},
            fix="Leave --output_format out.",
        )


def is_tree_task(task: Task) -> bool:
    """Return whether a task's outputs are trees over the words of its inputs."""
    return "brackets" in task.metrics
