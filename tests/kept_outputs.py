"""A folder of decoded outputs as an evaluation leaves it, made up in a moment."""

import json
from collections.abc import Mapping
from pathlib import Path

from t2t_mm.evaluation.kept_results import make_stem
from t2t_mm.evaluation.output_lines import OutputLines
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import score_decoded

TRUE = ["a red boat on a lake", "the cat sleeps here now", "two dogs run to a big tree"] * 4


def keep_outputs(
    folder: Path,
    problems: Mapping[str, Decoded],
    metrics: tuple[str, ...] = ("wer",),
    *,
    is_counted: bool = False,
) -> Path:
    """Write results and outputs of problems into `RUN/decoded/SPLIT-STEP`; returns the run.

    Where counted, the results say of how many examples they are, as those of `t2t-eval` do.
    """
    folder.mkdir(parents=True)
    results = {}
    for name, decoded in problems.items():
        results[name] = score_decoded(metrics, decoded)
        if is_counted:
            results[name]["teacher_forced"] = {"examples": float(len(decoded.hypotheses))}
        with (folder / f"{make_stem(name)}.outputs.jsonl").open("w", encoding="utf-8") as file:
            OutputLines(file, metrics).add(decoded)
    (folder / "results.json").write_text(json.dumps(results))
    return folder.parent.parent


def make_outputs(num_wrong: int, true: list[str] = TRUE, *, source: str = "input") -> Decoded:
    """Outputs of which the first ones lack their last word."""
    guessed = [
        text.rpartition(" ")[0] if number < num_wrong else text for number, text in enumerate(true)
    ]
    return Decoded(guessed, [[text] for text in true], inputs=[source] * len(true))
