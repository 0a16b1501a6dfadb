"""t2t-bleu: BLEU and chrF of a file of translations, with sacreBLEU's signature and intervals."""

from __future__ import annotations

import json
import os
from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("translation", "", "Detokenised translations, a line each; may be .gz.")
    flags.DEFINE_list("reference", [], "As many lines of references; of several files, by commas.")
    flags.DEFINE_string("tokenize", "13a", "How sacreBLEU splits into words, by its names.")
    flags.DEFINE_bool("json", False, "Print the scores as JSON and nothing else.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.translation or not flags.reference:
        raise UserError("--translation and --reference must be given", fix="See t2t-bleu --help.")
    from t2t_mm.scoring.metrics import name_score
    from t2t_mm.scoring.translation import score_translation

    references = [os.path.expanduser(path) for path in flags.reference]
    scores = score_translation(flags.translation, references, tokenize=flags.tokenize)
    if flags.json:
        print(json.dumps(scores))
        return 0
    for name in ("bleu", "chrf"):
        low, high = scores["intervals"].get(name, ("", ""))
        around = f"  (95%: {low:.1f} to {high:.1f})" if low != "" else ""
        print(f"{name_score(name)} {scores[name]:.1f}{around}  {scores[f'{name}_signature']}")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-bleu", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
