"""What a browser may do with the page: speak to the server that it came from, and nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

# Gradio's page has scripts and styles of its own inside of it, hence 'unsafe-inline'.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
}
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


class SafeHeaders:
    """ASGI middleware that gives every response `HEADERS`.

    Args:
        app: What answers.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Answer one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self.app(scope, receive, send_safely)


class KnownHosts:
    """ASGI middleware that answers only requests for the names under which it is served.

    Without it a page of another address that points here, by a name server of its own, could read
    what is answered.

    Args:
        app: What answers.
        names: Of the host, without ports.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], names: tuple[str, ...]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Answer one request, or refuse it."""
        given = dict(scope.get("headers", ())).get(b"host", b"").decode("latin-1")
        name = given if given.endswith("]") else given.rpartition(":")[0] or given
        if scope["type"] == "http" and name not in self.names:
            await refuse(send, 400, "The host is unknown here.")
            return
        await self.app(scope, receive, send)


async def refuse(send: Send, status: int, reason: str) -> None:
    """Answer one request with a line that says why nothing else comes."""
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
