"""A request is bounded, and names uploaded files alone."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from t2t_mm.playground.bounded_requests import (
    MOST_ASKED,
    MOST_UPLOADED,
    UPLOAD_PATH,
    BoundedRequests,
)


async def repeat(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send(await receive())
    await send(await receive())


def ask(uploads: Path, path: str, headers: dict[str, str], parts: tuple[bytes, ...] = ()) -> Any:
    """Return the status, and what an app received that was asked in parts."""
    left = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    left += [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": path,
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
    }
    asyncio.run(BoundedRequests(repeat, uploads)(scope, receive, send))
    return sent[0]["status"], sent[1:]


def ask_json(uploads: Path, body: bytes) -> Any:
    parts = (body[:5], body[5:])
    return ask(uploads, "/gradio_api/queue/join", {"content-length": str(len(body))}, parts)


def test_a_request_of_uploaded_files_is_handed_on_whole(tmp_path: Path) -> None:
    file = {"path": str(tmp_path / "a" / "x.png"), "url": "http://127.0.0.1:1/gradio_api/file=x"}
    body = json.dumps({"data": ["a text: http://x", file, None, {}]}).encode()
    status, received = ask_json(tmp_path, body)
    assert status == 200
    assert received == [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]


@pytest.mark.parametrize(
    "value",
    [
        {"path": "https://host.example/huge"},
        {"path": "/etc/passwd", "meta": {"_type": "another"}},
        {"path": "{uploads}/../x.png"},
        {"path": "{uploads}/\0"},
        {"path": None, "url": "data:image/png;base64,JSFQUw=="},
        {"path": 1},
    ],
)
def test_a_file_that_was_not_uploaded_is_refused(value: dict[str, Any], tmp_path: Path) -> None:
    body = json.dumps({"data": [[{"value": value}]]}).replace("{uploads}", str(tmp_path))
    status, (told,) = ask_json(tmp_path, body.encode())
    assert (status, told["body"]) == (400, b"The request names what was not uploaded.\n")


@pytest.mark.parametrize("body", [b"no JSON", b"[" * 100_000, b"\xff\xfe\xfd"])
def test_what_is_no_json_is_refused(body: bytes, tmp_path: Path) -> None:
    assert ask_json(tmp_path, body)[0] == 400


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/gradio_api/queue/join", {"content-length": str(MOST_ASKED + 1)}, 413),
        (UPLOAD_PATH, {"content-length": str(MOST_ASKED + 1)}, 200),
        (UPLOAD_PATH, {"content-length": str(MOST_UPLOADED + 1)}, 413),
        (UPLOAD_PATH, {"transfer-encoding": "chunked"}, 413),
        ("/gradio_api/run/upload", {"content-length": str(MOST_ASKED + 1)}, 413),
        ("/", {}, 200),
    ],
)
def test_a_request_is_no_larger_than_it_needs(
    path: str, headers: dict[str, str], status: int, tmp_path: Path
) -> None:
    assert ask(tmp_path, path, headers)[0] == status


def test_an_upload_is_handed_on_as_it_comes(tmp_path: Path) -> None:
    status, received = ask(tmp_path, UPLOAD_PATH, {"content-length": "2"}, (b"a", b"b"))
    assert status == 200 and [message["body"] for message in received] == [b"a", b"b"]
