"""What a request may hand over: so many bytes, and of files those alone that were uploaded."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from t2t_mm.playground.security import Message, Send, refuse

UPLOAD_PATH = "/gradio_api/upload"
MOST_UPLOADED = 22_000_000
"""Bytes: a file of `MOST_BYTES` and its frame."""
MOST_ASKED = 4_000_000
"""Bytes of any other request: a text far beyond `MOST_LETTERS`, to be told so."""


class BoundedRequests:
    """ASGI middleware that refuses large requests, and those that name files from elsewhere.

    Gradio downloads a file that is named by its address, and opens a picture in any folder.

    Args:
        app: What answers.
        uploads: Folder of the uploaded files.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], uploads: Path) -> None:
        self.app = app
        self.uploads = uploads.resolve()

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Answer one request, or refuse it."""
        headers = dict(scope.get("headers", ()))
        length = int(headers.get(b"content-length", 0))
        is_upload = scope.get("path") == UPLOAD_PATH
        if b"transfer-encoding" in headers or length > (MOST_UPLOADED if is_upload else MOST_ASKED):
            await refuse(send, 413, "The request is too large, or does not say how large it is.")
            return
        if length and not is_upload:
            body = await _read_body(receive)
            if not self._names_uploads_alone(body):
                await refuse(send, 400, "The request names what was not uploaded.")
                return
            receive = _repeat_body(body, receive)
        await self.app(scope, receive, send)

    def _names_uploads_alone(self, body: bytes) -> bool:
        try:
            json.loads(body, object_hook=self._check_file)
        except (ValueError, TypeError, RecursionError):  # no JSON, no path, too deep
            return False
        return True

    def _check_file(self, value: dict[str, Any]) -> None:
        if "path" in value and not Path(value["path"]).resolve().is_relative_to(self.uploads):
            raise ValueError(value["path"])


async def _read_body(receive: Any) -> bytes:
    body, message = b"", {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


def _repeat_body(body: bytes, receive: Any) -> Callable[[], Awaitable[Message]]:
    """Return what hands on a body that was read, and then what comes behind it."""
    left: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_again() -> Message:
        message: Message = left.pop() if left else await receive()
        return message

    return receive_again
