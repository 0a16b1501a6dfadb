"""The page itself, on Gradio: a tab for each problem. What it shows is made elsewhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind, name_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.inference.predictor import Predictor
from t2t_mm.playground.answer_card import write_answer, write_error
from t2t_mm.playground.answers import answer_value
from t2t_mm.playground.bounded_requests import BoundedRequests
from t2t_mm.playground.given_values import MOST_BYTES
from t2t_mm.playground.look import DARK_THEME, LIGHT_THEME, STYLE
from t2t_mm.playground.security import LOCAL_NAMES, KnownHosts, SafeHeaders


def import_gradio() -> Any:
    """Import Gradio, which then tells nobody of it.

    Raises:
        UserError: It is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        import gradio
    except ImportError as error:
        raise UserError(
            f"The playground needs Gradio, which cannot be imported: {error}",
            fix="Install the extra: pip install 't2t_mm[playground]'.",
        ) from error
    return gradio


def build_page(loaded: LoadedRun) -> Any:
    """Build the page of a run, `gradio.Blocks`."""
    gradio = import_gradio()
    title = f"{loaded.run.directory.resolve().name}, step {loaded.restored.step:,}"
    with gradio.Blocks(title=title, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gradio.Markdown(f"# One model, {len(loaded)} problems\n{title}", elem_id="title")
        with gradio.Tabs():
            for name, predictor in loaded.items():
                with gradio.Tab(name, id=name, elem_id=name):
                    _add_problem(gradio, predictor, loaded)
    page.queue(max_size=32)
    return page


def _add_problem(gradio: Any, predictor: Predictor, loaded: LoadedRun) -> None:
    kind = choose_kind(predictor.task.inputs)
    gradio.Markdown(f"{predictor.task.describe()}", elem_classes="kind")
    names: list[str] = []
    if kind.given_as == "class":
        vocabulary = loaded.restored.vocabularies[name_vocabulary(predictor.task.inputs)]
        names = [vocabulary.name_symbol(index) for index in range(vocabulary.size)]
    given = _WIDGETS[kind.given_as](gradio, names)
    button = gradio.Button("Answer", variant="primary")
    # Not gradio.HTML, which evaluates templates: the page's policy forbids it. All is escaped.
    shown = gradio.Markdown(
        elem_id=f"{predictor.task.name}-answer", sanitize_html=False, latex_delimiters=[]
    )

    def answer(value: Any) -> str:
        try:
            written = write_answer(predictor.task, value, answer_value(predictor, value))
        except UserError as error:
            written = write_error(error)
        return _join_lines(written)

    settings: dict[str, Any] = {"api_visibility": "private", "concurrency_id": "model"}
    button.click(answer, given, shown, **settings)
    if kind.given_as == "text":
        given.submit(answer, given, shown, **settings)


def _join_lines(written: str) -> str:
    r"""Write HTML on one line, line ends by their codes: a block in which nothing is Markdown.

    Example:
        >>> _join_lines("<p>1\r\n\r\n# 2</p>")
        '<p>1&#13;&#10;&#13;&#10;# 2</p>'
    """
    return written.replace("\r", "&#13;").replace("\n", "&#10;")


def _make_text(gradio: Any, names: list[str]) -> Any:
    return gradio.Textbox(
        label="Text",
        placeholder="Type or paste a text; Enter answers.",
        lines=1,
        max_lines=8,  # no max_length: a browser would cut what is pasted without a word
    )


def _make_picture(gradio: Any, names: list[str]) -> Any:
    widget = gradio.Image(
        label="Picture",
        type="filepath",
        format="png",
        image_mode=None,
        sources=["upload", "clipboard"],
        height=260,
        buttons=[],
    )
    # Its own opens a file of any kind, PostScript too, and fails without a word to the person.
    widget.preprocess = lambda payload: payload and payload.path
    return widget


_WIDGETS: dict[str, Callable[[Any, list[str]], Any]] = {
    "text": _make_text,
    "class": lambda gradio, names: gradio.Dropdown(names, label="Class", value=None),
    "picture": _make_picture,
    "sound": lambda gradio, names: gradio.Audio(
        label="Sound", type="filepath", sources=["upload", "microphone"], editable=False
    ),
    "file": lambda gradio, names: gradio.File(label="File", type="filepath"),
}


def _make_theme(gradio: Any) -> Any:
    fonts = [gradio.themes.Font(name) for name in ("system-ui", "Segoe UI", "Roboto", "sans-serif")]
    mono = [gradio.themes.Font(name) for name in ("ui-monospace", "Consolas", "monospace")]
    return gradio.themes.Base(font=fonts, font_mono=mono).set(**LIGHT_THEME, **DARK_THEME)


@contextmanager
def serve_page(loaded: LoadedRun, host: str = "127.0.0.1", port: int = 7860) -> Iterator[str]:
    """Serve the page of a run in the background, until the block is left.

    Args:
        loaded: The run.
        host: Address to listen on; by default only this machine reaches it.
        port: Port; 0 for a free one.

    Yields:
        The page's address.

    Raises:
        UserError: Gradio is not installed, the port is taken, or Gradio fails otherwise.
    """
    gradio = import_gradio()
    from starlette.middleware import Middleware

    middleware = [Middleware(SafeHeaders)]
    if host in LOCAL_NAMES or host == "::1":
        middleware.append(Middleware(KnownHosts, names=LOCAL_NAMES))
    with tempfile.TemporaryDirectory(prefix="t2t_playground_") as uploads:
        middleware.append(Middleware(BoundedRequests, uploads=Path(uploads)))
        os.environ["GRADIO_TEMP_DIR"] = str(Path(uploads))  # which widgets read when they are made
        _ask_without_proxy(host)
        page = build_page(loaded)
        try:
            yield _launch(page, host, port, middleware, _make_theme(gradio))
        finally:
            page.close(verbose=False)


def _ask_without_proxy(host: str) -> None:
    """Have this process ask the page itself without a proxy, as Gradio does when it is launched."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    if "*" not in known:
        names = [*filter(None, known.split(",")), "localhost", "127.0.0.1", host.strip("[]")]
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(dict.fromkeys(names))


def _launch(page: Any, host: str, port: int, middleware: list[Any], theme: Any) -> str:
    """Return the address at which a page is served from now on."""
    try:
        _, address, _ = page.launch(
            server_name=host,
            server_port=port or None,
            app_kwargs={"middleware": middleware},
            theme=theme,
            css=STYLE,
            max_file_size=MOST_BYTES,
            prevent_thread_lock=True,
            **_QUIET,
        )
    except OSError as error:
        raise UserError(
            "The page cannot be served: the port is taken or the host not this machine's",
            received={"host": host, "port": port},
            fix="Name another --port, or 0 for any.",
        ) from error
    except Exception as error:  # of all kinds: of httpx, or of that class itself
        raise UserError(
            "The page cannot be served",
            received={"host": host, "port": port, "error": error},
        ) from error
    return str(address)


_QUIET: dict[str, Any] = {
    "share": False,
    "quiet": True,
    "footer_links": [],
    "run_history": False,
    "enable_monitoring": False,
    "ssr_mode": False,
    "pwa": False,
    "mcp_server": False,
    "inbrowser": False,
    "strict_cors": True,
}
