"""How decoded outputs are written: as they are, or trees as brackets around their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from t2t_mm.data.trees.brackets import bracket_words, find_attached_punctuation
from t2t_mm.data.trees.tree_facts import cut_as_tree, split_words
from t2t_mm.errors import UserError
from t2t_mm.inference.batch_decoder import Output
from t2t_mm.run.task import Task
from t2t_mm.settings.decode_section import DecodeHParams

OUTPUT_FORMATS = ("plain", "brackets")

Tell = Callable[[str], None]


def format_outputs(
    pairs: Iterable[tuple[str, Output]],
    task: Task,
    output_format: str,
    tell: Tell,
    decode: DecodeHParams | None = None,
) -> Iterator[str]:
    """Yield each output as it is to be written; tell of what looks wrong in inputs and outputs.

    Args:
        pairs: Input text and output of each example.
        task: Whose they are.
        output_format: One of `OUTPUT_FORMATS`.
        tell: Is given a line for a person: once of words with punctuation for which a tree has no
            part of speech, and at the end how many outputs were no trees and are mended.
        decode: Says whether all hypotheses are written, parted by tabs, and each with its score
            behind another; by default one without.
    """
    number_mended, has_told = 0, False
    for text, output in pairs:
        line = output.text
        words = cut_as_tree(text, line) if is_tree_task(task) else []
        if (
            words == split_words(text)
            and not has_told
            and (word := find_attached_punctuation(text))
        ):
            has_told = True
            tell(
                f"{task.name}: {word!r} is not cut, nor does its tree cut it. If it was trained on "
                "sentences cut into words, as 'The dog barks .', put a space before what belongs "
                "to no word."
            )
        if output_format == "brackets":
            line, is_mended = bracket_words(line, words)
            number_mended += is_mended and bool(line)
        yield _add_alternatives(line, output, decode or DecodeHParams())
    if number_mended:
        tell(f"{number_mended:,} outputs were no trees over their words and are mended")


def _add_alternatives(line: str, output: Output, decode: DecodeHParams) -> str:
    """Return a line with other outputs and scores, if these are wanted."""
    if not output.alternatives or not (decode.return_beams or decode.write_beam_scores):
        return line
    lines = [(line, output.alternatives[0].score)]
    if decode.return_beams:
        lines = [(one.text, one.score) for one in output.alternatives[: decode.beam_size]]
    if decode.write_beam_scores:
        return "\t".join(f"{text}\t{score:.4f}" for text, score in lines)
    return "\t".join(text for text, _ in lines)


def read_best_output(line: str, decode: DecodeHParams) -> str:
    r"""Return the best output of a line, without the others and the scores behind it.

    Example:
        >>> read_best_output("a tree\t-0.5000", DecodeHParams(write_beam_scores=True))
        'a tree'
    """
    has_more = decode.return_beams or decode.write_beam_scores
    return line.partition("\t")[0] if has_more else line


def check_output_format(task: Task, output_format: str, decode: DecodeHParams) -> None:
    """Refuse a format that does not exist, or that is not for a task's outputs."""
    if output_format == "brackets" and decode.return_beams:
        raise UserError(
            "Brackets are written of one output alone",
            received={"output_format": output_format, "return_beams": True},
            fix="Leave return_beams or --output_format out.",
        )
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


def check_objects_format(output_format: str) -> None:
    """Refuse a format for objects, which have fields of their own."""
    if output_format != "plain":
        raise UserError(
            "Objects have their outputs as they are decoded",
            received={"output_format": output_format},
            fix="Leave --output_format out.",
        )


def is_tree_task(task: Task) -> bool:
    """Return whether a task's outputs are trees over the words of its inputs."""
    return "brackets" in task.metrics
