"""`play`: from a run's folder to its page."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from t2t_mm.inference.loaded_run import load
from t2t_mm.playground.gradio_page import import_gradio, serve_page


def play(
    output_dir: str | Path,
    checkpoint_path: str | Path = "",
    *,
    problems: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int = 7860,
) -> None:
    """Serve a page on which a run answers what is typed and dropped, until it is interrupted.

    The Python form of `t2t-playground`; its address is printed.

    Args:
        output_dir: The trained run.
        checkpoint_path: One checkpoint; the best, else the newest, by default.
        problems: Some of the run's; empty: all.
        host: Address to listen on; by default only this machine reaches it.
        port: Port; 0 for a free one.

    Raises:
        UserError: Gradio is not installed, the run is not there, or the port is taken.
    """
    import_gradio()  # whether it is there is told before anything is loaded
    loaded = load(output_dir, checkpoint_path, problems=problems)
    with serve_page(loaded, host, port) as address:
        print(f"{address} (Ctrl-C ends)", flush=True)
        threading.Event().wait()
