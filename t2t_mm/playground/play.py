"""`play`: from a run's folder to its page."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from t2t_mm.inference.loaded_run import load
from t2t_mm.playground.gradio_page import import_gradio, serve_page
from t2t_mm.run.run_data import choose_tasks
from t2t_mm.run.run_directory import open_run


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
        data_dir: Where its data is, for a run that decodes by `constrain=trees` alone.
        decode_hparams: How outputs are decoded at first, as "answers_file=mine.txt"; otherwise as
            the run says.
        host: Address to listen on; by default only this machine reaches it.
        port: Port; 0 for a free one.

    Raises:
        UserError: Gradio is not installed, the run is not there, or the port is taken.
    """
    import_gradio()  # whether it is there is told before anything is loaded
    names = [task.name for task in choose_tasks(open_run(output_dir), problems)]
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
