"""Every response says what a page may do; requests under strange names are refused."""

import asyncio
from typing import Any

import pytest

from t2t_mm.playground.security import HEADERS, LOCAL_NAMES, POLICY, KnownHosts, SafeHeaders


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": b"hello"})


def ask(app: Any, host: str = "", kind: str = "http") -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host.encode())] if host else []
    asyncio.run(app({"type": kind, "headers": headers}, None, send))
    return sent


def test_every_response_has_the_headers_beside_its_own() -> None:
    start, body = ask(SafeHeaders(greet))
    headers = dict(start["headers"])
    assert headers.pop(b"a") == b"b" and body["body"] == b"hello"
    assert headers == {name.encode(): value.encode() for name, value in HEADERS.items()}


def test_the_policy_names_no_other_host_and_evaluates_nothing() -> None:
    words = {word for rule in POLICY.split("; ") for word in rule.split()[1:]}
    assert words == {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}
    assert "connect-src 'self'" in POLICY and "unsafe-eval" not in POLICY


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("[::1]:7860", 200),
        ("[::1]", 200),
        ("evil.example:7860", 400),
        ("127.0.0.1.evil.example", 400),
        ("", 400),
    ],
)
def test_only_known_names_are_answered(host: str, status: int) -> None:
    app = KnownHosts(greet, LOCAL_NAMES)
    assert ask(app, host)[0]["status"] == status
    assert ask(app, host, kind="lifespan")[0]["status"] == 200
