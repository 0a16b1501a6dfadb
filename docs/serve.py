"""A small HTTP server for an exported model: TensorFlow, tensorflow-text and Python's own library.

It speaks TensorFlow Serving's REST form, row by row, so that a client can change between both:

    python docs/serve.py --export_dir=demo/run/export
    curl localhost:8501/v1/models/t2t_mm
    curl localhost:8501/v1/models/t2t_mm:predict -d '{"signature_name": "mini_ende",
        "instances": ["A tree.", "The red boat is below two stars."]}'
    {"predictions": ["Ein Baum.", "Das rote Boot ist unter zwei Sternen."]}

Bytes, such as files of pictures, are {"b64": "..."}. It is an example, not made for the open net:
it listens to this machine alone unless told otherwise, and knows neither users nor encryption.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  (brings the operations of the tokenizer)

MODEL = "t2t_mm"
MOST_BYTES = 16 * 1024 * 1024
MOST_INSTANCES = 64
"""Of one request: they are computed together, and memory is needed for all of them at once."""
MOST_DIGITS = 18  # of a Content-Length
SECONDS_TO_WAIT = 30.0
"""Of a client that stops in the middle of a request."""
SECONDS_TO_DISCARD = 2.0
"""Of a request that was answered before it was read."""


class BadRequestError(Exception):
    """What a client has to change; its text is the answer."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class ServedModel:
    """One version of an exported model.

    Args:
        export_dir: Holds versions by number; the largest is taken.
        most_instances: Of one request.
        most_at_once: Requests that compute at the same time; others wait.
    """

    def __init__(
        self,
        export_dir: str | Path,
        most_instances: int = MOST_INSTANCES,
        most_at_once: int = 2,
    ) -> None:
        versions = [path for path in Path(export_dir).glob("*") if path.name.isdecimal()]
        if not versions:
            raise SystemExit(f"{export_dir} holds no version that t2t-exporter wrote.")
        path = max(versions, key=lambda path: int(path.name))
        self.version = path.name
        self._loaded = tf.saved_model.load(str(path))  # kept: signatures alone keep no weights
        self.signatures: Mapping[str, Any] = self._loaded.signatures
        self.most_instances = most_instances
        self._turns = threading.Semaphore(most_at_once)

    def predict(self, request: Any) -> list[Any]:
        """Return an answer for each instance of a request in TensorFlow Serving's row form.

        Raises:
            BadRequestError: The request does not fit, or the model refuses a value.
        """
        if not isinstance(request, dict) or not isinstance(request.get("instances"), list):
            raise BadRequestError('Expected: {"signature_name": "...", "instances": [...]}')
        graph = self._choose_signature(request.get("signature_name", "serving_default"))
        if not request["instances"]:
            return []
        if (given := len(request["instances"])) > self.most_instances:
            most = f"at most {self.most_instances} instances: send several requests"
            raise BadRequestError(f"The request has {given:,} instances. Expected: {most}", 413)
        _, specs = graph.structured_input_signature
        columns = split_columns(request["instances"], sorted(specs))
        tensors = {name: make_tensor(name, columns[name], spec) for name, spec in specs.items()}
        try:
            with self._turns:
                answers = {name: values.numpy() for name, values in graph(**tensors).items()}
        except tf.errors.InvalidArgumentError as error:
            raise BadRequestError(shorten_error(error.message)) from error
        rows = {name: decode_values(values.tolist()) for name, values in answers.items()}
        if len(rows) == 1:
            return next(iter(rows.values()))
        return [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]

    def _choose_signature(self, name: Any) -> Any:
        if not isinstance(name, str) or name not in self.signatures:
            known = ", ".join(sorted(self.signatures))
            raise BadRequestError(f"No signature_name {name!r}. Expected: one of {known}")
        return self.signatures[name]


def split_columns(instances: list[Any], names: list[str]) -> dict[str, list[Any]]:
    """Turn rows into one list for each input: a row is a dict of all, or the only input itself."""
    rows = [
        row if isinstance(row, dict) and set(row) != {"b64"} else {names[0]: row}
        for row in instances
    ]
    for number, row in enumerate(rows):
        if set(row) != set(names):
            given = ", ".join(sorted(row))
            raise BadRequestError(f"Instance {number} has {given}. Expected: {', '.join(names)}")
    return {name: [row[name] for row in rows] for name in names}


def make_tensor(name: str, values: list[Any], spec: tf.TensorSpec) -> tf.Tensor:
    """Return the values of all instances for one input."""
    try:
        encoded = encode_values(values)
        tensor = tf.constant(encoded, spec.dtype)
        if spec.dtype.is_integer:  # NumPy refuses what is too large, TensorFlow wraps it
            np.array(encoded, spec.dtype.as_numpy_dtype)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        expected = f"{spec.dtype.name}, of one length in all instances"
        raise BadRequestError(f"{name} cannot be read. Expected: {expected}") from error
    if not spec.shape.is_compatible_with(tensor.shape):
        wrong = f"{name} has the shape {tensor.shape.as_list()} in all instances together"
        raise BadRequestError(f"{wrong}. Expected: {spec.shape.as_list()}")
    return tensor


def encode_values(values: Any, most_levels: int = 32) -> Any:
    """Return values with bytes in place of {"b64": "..."}.

    On Python 3.13 TensorFlow ends the process where lists lie 255 levels deep.
    """
    if isinstance(values, list):
        if not most_levels:
            raise ValueError("lists lie too deep")
        return [encode_values(value, most_levels - 1) for value in values]
    if isinstance(values, dict):
        if set(values) != {"b64"} or not isinstance(values["b64"], str):
            raise BadRequestError('Bytes are {"b64": "..."}')
        try:
            return base64.b64decode(values["b64"], validate=True)
        except binascii.Error as error:
            raise BadRequestError(f"b64 is not base64: {error}") from error
    return values.encode() if isinstance(values, str) else values


def decode_values(values: Any) -> Any:
    """Return values with texts in place of bytes."""
    if isinstance(values, list):
        return [decode_values(value) for value in values]
    return values.decode("utf-8", "replace") if isinstance(values, bytes) else values


def shorten_error(message: str) -> str:
    """Return what a graph's error says to a person, without where in the graph it was said."""
    if said := re.search(r"assertion failed: \[(.*?)\s*\]", message):
        return said[1]
    around = ("Graph execution error", "Detected at node", "<stack traces", "[[")
    lines = [line.strip() for line in message.splitlines()]
    return next((line for line in lines if line and not line.startswith(around)), message)


class Handler(BaseHTTPRequestHandler):
    """Answers `GET /v1/models/t2t_mm` and `POST /v1/models/t2t_mm:predict`."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS_TO_WAIT
    server: Server

    def do_GET(self) -> None:
        """Answer with the state of the model."""
        if self.path != f"/v1/models/{MODEL}":
            return self._answer(404, {"error": f"Expected: /v1/models/{MODEL}"})
        status = {"version": self.server.model.version, "state": "AVAILABLE"}
        return self._answer(200, {"model_version_status": [status]})

    def do_POST(self) -> None:
        """Answer a request for predictions; a client's mistake gives `{"error": "..."}`."""
        try:
            if self.path != f"/v1/models/{MODEL}:predict":
                raise BadRequestError(f"Expected: /v1/models/{MODEL}:predict", 404)
            answer = {"predictions": self.server.model.predict(self._read_request())}
        except BadRequestError as error:
            self.close_connection = True
            self._answer(error.status, {"error": str(error)})
            return self._discard_rest() if error.status != 400 else None
        except OSError:  # the client has left, or stopped in the middle
            raise
        except Exception as error:  # a fault of ours: told, and the server goes on
            self.log_error("%s: %s", type(error).__name__, error)
            self.close_connection = True
            return self._answer(500, {"error": "The model failed; the server's log says how"})
        return self._answer(200, answer)

    def _read_request(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > MOST_DIGITS:
            raise BadRequestError("Content-Length must be given", 411)
        if int(length) > self.server.most_bytes:
            raise BadRequestError(
                f"The request is larger than {self.server.most_bytes:,} bytes", 413
            )
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise BadRequestError(f"The request is no JSON: {error}") from error

    def _discard_rest(self) -> None:
        """Read on for a moment: a client that is still sending would see a reset, no answer."""
        end = time.monotonic() + SECONDS_TO_DISCARD
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(SECONDS_TO_DISCARD)
            while time.monotonic() < end and self.rfile.read1(65536):
                pass

    def _answer(self, status: int, answer: Any) -> None:
        content = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Say nothing of requests; faults are told."""


class Server(ThreadingHTTPServer):
    """A thread for each connection.

    Args:
        address: Host and port; port 0 takes one that is free.
        model: What answers.
        most_bytes: Of one request.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], model: ServedModel, most_bytes: int = MOST_BYTES
    ) -> None:
        self.model = model
        self.most_bytes = most_bytes
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has left; of all else what went wrong."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--export_dir", required=True, help="what t2t-exporter wrote")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0: every machine may ask")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--most_bytes", type=int, default=MOST_BYTES, help="of one request")
    parser.add_argument("--most_instances", type=int, default=MOST_INSTANCES, help="the same")
    given = parser.parse_args()
    model = ServedModel(given.export_dir, given.most_instances)
    try:
        server = Server((given.host, given.port), model, given.most_bytes)
    except (OSError, OverflowError) as error:
        raise SystemExit(f"{given.host}:{given.port} cannot be listened on: {error}") from error
    with server:
        host, port = server.server_address[:2]
        print(f"http://{host}:{port}/v1/models/{MODEL}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
