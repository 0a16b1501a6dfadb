"""Every output is a line with its score, and the worst and the best are found."""

import io
import json
from typing import Any

from t2t_mm.evaluation.output_lines import OutputLines
from t2t_mm.scoring.decoded import Decoded


def write(metrics: list[str], *parts: Decoded) -> tuple[OutputLines, list[dict[str, Any]]]:
    file = io.StringIO()
    lines = OutputLines(file, metrics)
    for part in parts:
        lines.add(part)
    return lines, [json.loads(line) for line in file.getvalue().splitlines()]


def test_a_line_for_each_example_of_all_parts_in_order() -> None:
    first = Decoded(["the red\nboat", ""], [["the red boat"], ["a", "b"]], ["das Boot", "x"])
    lines, written = write(["wer"], first, Decoded(["ö"], [["ö"]], ["y"]))
    assert [line["index"] for line in written] == [0, 1, 2]
    assert written[0] == {
        "index": 0,
        "input": "das Boot",
        "references": ["the red boat"],
        "output": "the red\nboat",
        "score": 0.0,
    }
    assert (written[1]["output"], written[1]["references"]) == ("", ["a", "b"])
    assert [line["score"] for line in written] == lines.scores == [0.0, 100.0, 0.0]


def test_of_a_picture_there_is_no_input_and_of_a_class_a_ranking() -> None:
    decoded = Decoded(["cat"], [["dog"]], [""], [["cat", "dog"]], 9, [0.75])
    (line,) = write(["top_k"], decoded)[1]
    assert line == {
        "index": 0,
        "references": ["dog"],
        "output": "cat",
        "probability": 0.75,
        "ranking": ["cat", "dog"],
        "score": 0.0,
    }


def test_the_first_metric_is_the_score_and_others_have_their_names() -> None:
    (line,) = write(["wer", "bleu"], Decoded(["a b c d"], [["a b c d"]]))[1]
    assert (line["score"], round(line["bleu"])) == (0.0, 100) and "wer" not in line
    lines, (line,) = write([], Decoded(["a"], [["a"]]))
    assert "score" not in line and lines.choose_extremes(3) == ([], [])


def test_the_worst_and_the_best_whichever_way_the_score_goes() -> None:
    hypotheses = ["a b", "x y z", "a x", "a b", "x b"]
    decoded = Decoded(hypotheses, [["a b"]] * 5)
    assert write(["wer"], decoded)[0].choose_extremes(2) == ([1, 2], [3, 0])
    assert write(["bleu"], decoded)[0].choose_extremes(1) == ([1], [3])


def test_the_surest_of_wrong_classes_are_the_worst_and_of_right_ones_the_best() -> None:
    sure = [0.9, 0.4, 0.6, 0.8, 0.5, 0.7]
    decoded = Decoded(["a"] * 6, [["b"]] * 3 + [["a"]] * 3, probabilities=sure)
    assert write(["top_k"], decoded)[0].choose_extremes(3) == ([0, 2, 1], [3, 5, 4])
    assert write(["top_k"], Decoded(["a"] * 3, [["a"]] * 3, probabilities=sure[:3]))[
        0
    ].choose_extremes(1) == ([1], [0])


def test_none_is_both_the_worst_and_the_best() -> None:
    same = Decoded(["a"] * 5, [["a"]] * 5)
    worst, best = write(["wer"], same)[0].choose_extremes(9)
    assert len(worst) == len(best) == 2 and not {*worst} & {*best}
    assert write(["wer"], Decoded(["a"], [["a"]]))[0].choose_extremes(3) == ([], [])
