"""The page in a real browser: it answers, asks nobody else, fits a phone, needs no mouse."""

import http.client
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from fake_run import picture_bytes, wave_bytes
from loaded_senses import PAIRS, load_senses

from t2t_mm.errors import UserError
from t2t_mm.playground import gradio_page as module
from t2t_mm.playground.gradio_page import (
    _add_problem,
    _ask_without_proxy,
    _launch,
    import_gradio,
    serve_page,
)

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",  # its microphone beeps
    "--use-fake-ui-for-media-stream",
)


def test_a_missing_gradio_is_one_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(UserError, match=r"pip install 't2t_mm\[playground\]'"):
        import_gradio()
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


class FakeGradio:
    """Notes how each component is made, and what is called by a click."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.widgets: dict[str, Any] = {}
        self.answer: Any = None

    def __getattr__(self, name: str) -> Any:
        def make(*given: Any, **settings: Any) -> Any:
            self.made[name] = settings
            self.widgets[name] = SimpleNamespace(click=self._note, submit=self._note)
            return self.widgets[name]

        return make

    def _note(self, answer: Any, *given: Any, **settings: Any) -> None:
        self.answer = answer


@pytest.fixture
def fake() -> FakeGradio:
    gradio = FakeGradio()
    _add_problem(gradio, load_senses()["translate"], load_senses())
    return gradio


def test_a_text_that_is_too_long_is_told_and_not_cut(fake: FakeGradio) -> None:
    assert "max_length" not in fake.made["Textbox"]
    assert "at most 2,000 letters" in fake.answer("a" * 2_001)


def test_a_picture_is_opened_by_nobody_but_who_tells_what_is_wrong_with_it(tmp_path: Path) -> None:
    gradio, file = FakeGradio(), tmp_path / "a.png"
    file.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0")
    _add_problem(gradio, load_senses()["caption"], load_senses())
    read = gradio.widgets["Image"].preprocess
    assert read(None) is None
    given = SimpleNamespace(path=str(file), url="data:image/png;base64,JSFQUw==")
    assert "picture cannot be decoded" in gradio.answer(read(given))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_an_answer_is_one_line_of_html_in_which_nothing_is_markdown(
    fake: FakeGradio, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    told = UserError(f"First.{end}{end}# Second")
    monkeypatch.setattr(module, "answer_value", raise_error(told))
    (line,) = fake.answer("egg").splitlines()
    ends = end.replace("\r", "&#13;").replace("\n", "&#10;")
    assert f"First.{ends}{ends}# Second" in line


def raise_error(error: Exception) -> Any:
    def fail(*given: Any, **named: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("lower", "upper", "both"),
    [
        ("", "", "localhost,127.0.0.1,::1"),
        ("", "a.example,localhost", "a.example,localhost,127.0.0.1,::1"),
        ("b.example", "a.example", "b.example,localhost,127.0.0.1,::1"),
    ],
)
def test_the_page_is_asked_without_a_proxy_and_others_as_before(
    lower: str, upper: str, both: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", lower)
    monkeypatch.setenv("NO_PROXY", upper)
    for _ in range(2):
        _ask_without_proxy("[::1]")
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == both
    monkeypatch.setenv("no_proxy", "*")  # nobody is asked by one, and a list would change that
    _ask_without_proxy("::1")
    assert os.environ["no_proxy"] == "*"


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (OSError("port"), r"the port is taken.*port=7860\. Name another --port"),
        (ValueError("no localhost"), r"served\. .*port=7860, error=ValueError\('no localhost'\)"),
        (RuntimeError(), r"error=RuntimeError\(\)"),
    ],
)
def test_a_page_that_cannot_be_served_is_one_error(raised: Exception, told: str) -> None:
    page = SimpleNamespace(launch=raise_error(raised))
    with pytest.raises(UserError, match=told):
        _launch(page, "127.0.0.1", 7860, [], None)


def test_a_proxy_is_not_asked_for_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gradio", reason="Gradio is not installed: the extra [playground]")
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody answers
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    with serve_page(load_senses(), port=0) as served:
        assert served.startswith("http://127.0.0.1")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("gradio", reason="Gradio is not installed: the extra [playground]")
    with serve_page(load_senses(), port=0) as served:
        yield served


def test_the_server_answers_to_its_own_name_with_its_policy(address: str) -> None:
    place = urlsplit(address).netloc
    for host, status in ((place, 200), ("evil.example", 400)):
        connection = http.client.HTTPConnection(place, timeout=30)
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        assert answer.status == status
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        connection.close()


def test_the_server_takes_no_file_from_elsewhere(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    file = {"path": "https://host.example/a.png", "meta": {"_type": "gradio.FileData"}}
    body = json.dumps({"data": [file], "fn_index": 0, "session_hash": "a"})
    connection.request("POST", "/gradio_api/queue/join", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (400, b"The request names what was not uploaded.\n")
    connection.close()


class Visit:
    """A page in a browser, and what went on in it."""

    def __init__(self, browser: Any, address: str, width: int) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.goto(address)
        self.page.get_by_role("tab").first.wait_for()

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def open_tab(self, name: str) -> None:
        tab = self.page.get_by_role("tab", name=name, exact=True)
        if not tab.is_visible():
            self.page.locator(".overflow-menu button").first.click()
            self.page.locator(".overflow-dropdown button", has_text=name).first.click()
        else:
            tab.click()

    def read_answer(self, name: str) -> str:
        answer = self.page.locator(f"#{name}-answer .answer")
        answer.wait_for(timeout=60_000)
        text: str = answer.inner_text()
        return text

    def drop(self, name: str, file: Path) -> str:
        self.open_tab(name)
        self.page.locator(f"#{name} input[type=file]").set_input_files(str(file))
        self.wait_for_file(name)
        self.page.locator(f"#{name} button.primary").click()
        return self.read_answer(name)

    def wait_for_file(self, name: str) -> None:
        shown = self.page.locator(f"#{name} img, #{name} button[aria-label=Clear]")
        shown.first.wait_for(timeout=30_000)

    def check(self, address: str) -> None:
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") == width
        assert self.errors == []
        assert self.hosts - {""} == {urlsplit(address).netloc}


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1200, 390])
def test_texts_pictures_and_sounds_are_answered_and_nobody_else_is_asked(
    width: int, browser: Any, address: str, tmp_path: Path
) -> None:
    picture, sound = tmp_path / "a.png", tmp_path / "a.wav"
    picture.write_bytes(picture_bytes())
    sound.write_bytes(wave_bytes(0.5))
    loaded = load_senses()
    visit = Visit(browser, address, width)
    assert visit.page.get_by_role("tab").count() >= 1
    visit.open_tab("translate")
    visit.page.locator("#translate textarea").fill("a bad egg")
    visit.page.locator("#translate button.primary").click()
    best = loaded["translate"].n_best("a bad egg")[0].text
    assert visit.read_answer("translate").split() == (best.split() or ["(nothing)"])
    assert visit.page.locator("#translate-answer .alternatives li").count() == 4
    assert visit.page.locator("#translate-answer svg.heat").count() == 3
    assert visit.drop("hear", sound) == loaded["hear"](str(sound))
    assert visit.page.locator("#hear-answer .alternatives li").count() == 4
    visit.drop("caption", picture)
    tiles = visit.page.locator("#caption-answer svg.tile")
    assert tiles.count() >= 1
    shown = tiles.first.evaluate("tile => getComputedStyle(tile).backgroundImage")
    assert shown.startswith('url("data:image/png;base64,')
    visit.check(address)


@pytest.mark.slow
def test_the_keyboard_is_enough(browser: Any, address: str) -> None:
    visit = Visit(browser, address, 1200)
    keyboard = visit.page.keyboard
    visit.page.get_by_role("tab", name=next(iter(PAIRS)), exact=True).focus()
    for _ in range(12):  # past the other tabs, into the text
        keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    keyboard.type("egg")
    keyboard.press("Enter")
    visit.read_answer("translate")
    summary = visit.page.locator("#translate-answer summary").first
    summary.focus()
    keyboard.press("Enter")
    assert visit.page.locator("#translate-answer details[open]").count() == 1
    visit.check(address)


@pytest.mark.slow
def test_what_is_recorded_is_answered(browser: Any, address: str) -> None:
    visit = Visit(browser, address, 390)
    visit.open_tab("hear")
    visit.page.get_by_role("button", name="Record audio").click()
    visit.page.locator("#hear button.record-button").click()
    visit.page.wait_for_timeout(1_000)
    visit.page.locator("#hear button.stop-button").click()
    visit.page.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    visit.page.locator("#hear button.primary").click()
    assert visit.read_answer("hear") in set("01234")
    visit.check(address)


@pytest.mark.slow
def test_a_bad_file_is_one_alert_and_the_page_goes_on(
    browser: Any, address: str, tmp_path: Path
) -> None:
    long, broken = tmp_path / "long.wav", tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n, and nothing else")
    long.write_bytes(wave_bytes(61, rate=8_000))
    visit = Visit(browser, address, 1200)
    visit.open_tab("translate")
    visit.page.locator("#translate textarea").fill("a" * 2_001)
    visit.page.locator("#translate button.primary").click()
    visit.page.locator("#translate-answer", has_text="2,000 letters").wait_for(timeout=30_000)
    visit.open_tab("hear")
    visit.page.locator("#hear button.primary").click()
    alert = visit.page.locator("#hear-answer [role=alert]")
    alert.wait_for(timeout=30_000)
    assert "Record or drop a sound first" in alert.inner_text()
    visit.page.locator("#hear input[type=file]").set_input_files(str(long))
    visit.wait_for_file("hear")
    visit.page.locator("#hear button.primary").click()
    visit.page.locator("#hear-answer", has_text="at most 60 seconds").wait_for(timeout=30_000)
    visit.open_tab("caption")
    visit.page.locator("#caption input[type=file]").set_input_files(str(broken))
    visit.wait_for_file("caption")
    visit.page.locator("#caption button.primary").click()
    told = visit.page.locator("#caption-answer [role=alert]", has_text="picture cannot be decoded")
    told.wait_for(timeout=30_000)
    visit.check(address)
