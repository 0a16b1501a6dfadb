"""`play`: from a run's folder to its page."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from t2t_mm.errors import UserError
from t2t_mm.inference.decode import check_data_is_read
from t2t_mm.inference.loaded_run import load
from t2t_mm.playground.gradio_page import import_gradio, serve_page
from t2t_mm.run.run_data import choose_tasks
from t2t_mm.run.run_directory import open_run
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.overrides import change_decoding, describe_changes

_COUNTING = ("extra_length", "alpha", "no_repeat", "constrain", "answers_file", "jit_compile")
"""Settings of decoding that change an answer, or how fast it comes: one input, by a beam."""


def play(
    output_dir: str | Path,
    checkpoint_path: str | Path = "",
    *,
    problems: str | Sequence[str] = (),
    data_dir: str | Path = "",
    decode_hparams: str = "",
    host: str = "127.0.0.1",
    port: int = 7860,
) -> None:
    """Serve a page on which a run answers what is typed and dropped, until it is interrupted.

    The Python form of `t2t-playground`; its address is printed.

    Args:
        output_dir: The trained run.
        checkpoint_path: One checkpoint; the best, else the newest, by default.
        problems: Names among the run's, globs or groups; all by default.
        data_dir: Where its data is: for `constrain=trees`, and refused without.
        decode_hparams: How answers are searched for, as "alpha=0.6,extra_length=20"; otherwise as
            the run says. Always by a beam of four.
        host: Address to listen on; by default only this machine reaches it.
        port: Port; 0 for a free one.

    Raises:
        UserError: Gradio is not installed, the run is not there, a setting counts for nothing, or
            the port is taken.
    """
    import_gradio()  # whether it is there is told before anything is loaded
    run = open_run(output_dir)
    how = change_decoding(run.hparams.decode, decode_hparams)
    _refuse_idle(run.hparams.decode, how)
    check_data_is_read(how, data_dir)
    names = [task.name for task in choose_tasks(run, problems)]
    loaded = load(
        output_dir,
        checkpoint_path,
        problems=names,
        data_dir=data_dir,
        decode_hparams=decode_hparams,
    )
    with serve_page(loaded, host, port) as address:
        print(f"{address} (Ctrl-C ends)", flush=True)
        threading.Event().wait()


def _refuse_idle(own: DecodeHParams, how: DecodeHParams) -> None:
    """Refuse settings that count for nothing where each answer is the best of a beam of four."""
    counting = {name: getattr(how, name) for name in _COUNTING}
    if changes := describe_changes(replace(own, **counting), how):
        raise UserError(
            "A page answers one input at a time, by a beam of four",
            expected=f"of decode_hparams {', '.join(_COUNTING)} alone",
            received={"decode_hparams": changes},
            fix="t2t-decoder takes all of them.",
        )
