"""The small HTTP server of docs/: TensorFlow Serving's REST form over a model saved here."""

import base64
import http.client
import importlib.util
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tensorflow as tf
from source_modules import ROOT

PREDICT = "/v1/models/t2t_mm:predict"
MOST_BYTES = 6_000
MOST_INSTANCES = 3


@pytest.fixture(scope="module")
def serve() -> ModuleType:
    spec = importlib.util.spec_from_file_location("serve", ROOT / "docs" / "serve.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def save_model(folder: Path) -> None:
    """Saves what shouts texts, names the lengths of bytes, and adds up samples of one rate."""

    def shout(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": tf.strings.upper(inputs, "utf-8")}

    def rank(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        lengths = tf.strings.length(inputs)
        names = tf.stack([tf.strings.as_string(lengths), tf.fill(tf.shape(inputs), "other")], 1)
        return {"classes": names, "probabilities": tf.fill(tf.shape(names), 0.5)}

    def add(inputs: tf.Tensor, sample_rate: tf.Tensor) -> dict[str, tf.Tensor]:
        check = tf.debugging.assert_equal(sample_rate, 8, "A sound is not of 8 Hz: resample it")
        with tf.control_dependencies([check]):
            return {"outputs": tf.reduce_sum(inputs, 1)}

    texts = {"inputs": tf.TensorSpec([None], tf.string, "inputs")}
    sounds = {
        "inputs": tf.TensorSpec([None, None], tf.float32, "inputs"),
        "sample_rate": tf.TensorSpec([None], tf.int32, "sample_rate"),
    }
    signatures = {
        "shout": tf.function(shout).get_concrete_function(**texts),
        "rank": tf.function(rank).get_concrete_function(**texts),
        "add": tf.function(add).get_concrete_function(**sounds),
    }
    tf.saved_model.save(tf.Module(), str(folder), signatures=signatures)


@pytest.fixture(scope="module")
def port(serve: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    exported = tmp_path_factory.mktemp("exported")
    (exported / "2").mkdir()  # older than the other, by number and not by name
    (exported / "11.incomplete").mkdir()
    save_model(exported / "10")
    model = serve.ServedModel(exported, MOST_INSTANCES)
    with serve.Server(("127.0.0.1", 0), model, MOST_BYTES) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def ask(
    port: int, body: Any, path: str = PREDICT, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, content, headers or {})
    response = connection.getresponse()
    answer = response.status, json.loads(response.read())
    connection.close()
    return answer


def ask_for(port: int, signature: str, instances: list[Any]) -> tuple[int, dict[str, Any]]:
    return ask(port, {"signature_name": signature, "instances": instances})


def test_of_one_output_the_values_are_the_predictions(port: int) -> None:
    answer = {"predictions": ["ÉTÉ", "B"]}
    assert ask_for(port, "shout", ["été", "b"]) == (200, answer)
    assert ask_for(port, "shout", [{"inputs": "été"}, {"inputs": "b"}]) == (200, answer)
    assert ask_for(port, "shout", []) == (200, {"predictions": []})


def test_of_several_outputs_each_prediction_names_them_and_bytes_are_base64(port: int) -> None:
    content = base64.b64encode(bytes(7)).decode()
    expected = {"classes": ["7", "other"], "probabilities": [0.5, 0.5]}
    assert ask_for(port, "rank", [{"b64": content}]) == (200, {"predictions": [expected]})
    assert ask_for(port, "rank", [{"inputs": {"b64": content}}])[1]["predictions"] == [expected]


def test_the_state_of_the_largest_version_is_told(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/v1/models/t2t_mm")
    status = json.loads(connection.getresponse().read())["model_version_status"]
    assert status == [{"version": "10", "state": "AVAILABLE"}]
    connection.request("GET", "/v1/models/other")
    assert connection.getresponse().status == 404
    connection.close()


SOUND = {"inputs": [0.5], "sample_rate": 8}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The request is no JSON"),
        (b"\xff\xff", "The request is no JSON"),
        (b'{"instances": [' + b"1" * 5_000 + b"]}", "The request is no JSON"),
        ([1], "Expected: {"),
        ({"inputs": ["a"]}, "Expected: {"),
        ({"instances": ["a"]}, "No signature_name 'serving_default'. Expected: one of add, rank,"),
        ({"signature_name": ["add"], "instances": ["a"]}, "No signature_name"),
        ({"signature_name": "shout", "instances": [1]}, "inputs cannot be read. Expected: string"),
        ({"signature_name": "shout", "instances": [["a"]]}, "has the shape [1, 1]"),
        ({"signature_name": "rank", "instances": [{"b64": "?"}]}, "b64 is not base64"),
        ({"signature_name": "rank", "instances": [{"inputs": {"b": 1}}]}, 'Bytes are {"b64":'),
        ({"signature_name": "add", "instances": [{"inputs": [1]}]}, "inputs. Expected: inputs, s"),
        ({"signature_name": "add", "instances": [SOUND, SOUND | {"inputs": []}]}, "of one length"),
        (
            {"signature_name": "add", "instances": [SOUND | {"sample_rate": 16}]},
            "A sound is not of 8 Hz: resample it",
        ),
        (
            {"signature_name": "add", "instances": [SOUND | {"sample_rate": 3_000_000_000}]},
            "sample_rate cannot be read. Expected: int32",
        ),
        (
            b'{"signature_name": "shout", "instances": [' + b"[" * 700 + b"]" * 701 + b"}",
            "inputs cannot be read",
        ),
    ],
)
def test_a_mistake_is_one_clear_error(body: Any, message: str, port: int) -> None:
    status, answer = ask(port, body)
    assert status == 400 and list(answer) == ["error"]
    assert message in answer["error"] and "\n" not in answer["error"]
    assert ask_for(port, "add", [SOUND]) == (200, {"predictions": [0.5]})


def test_what_is_too_large_or_of_no_known_length_is_not_read(port: int) -> None:
    status, answer = ask(port, b"", headers={"Content-Length": str(MOST_BYTES + 1)})
    assert (status, answer["error"]) == (413, "The request is larger than 6,000 bytes")
    assert ask(port, b"", headers={"Content-Length": "-1"})[0] == 411
    assert ask(port, b"", headers={"Content-Length": "9" * 5_000})[0] == 411
    assert ask(port, {}, path="/v1/models/other:predict")[0] == 404


def test_more_instances_than_fit_into_memory_are_refused(port: int) -> None:
    assert ask_for(port, "shout", ["a"] * MOST_INSTANCES)[0] == 200
    status, answer = ask_for(port, "shout", ["a"] * 1_000)
    assert status == 413
    assert answer["error"] == (
        "The request has 1,000 instances. Expected: at most 3 instances: send several requests"
    )


@pytest.mark.parametrize(("path", "status"), [(PREDICT, 413), ("/v1/models/other:predict", 404)])
def test_a_large_request_that_is_really_sent_reads_its_answer(
    path: str, status: int, port: int
) -> None:
    for _ in range(3):
        assert ask(port, b" " * 20_000_000, path)[0] == status


def test_what_a_graph_says_is_cut_out_of_its_error(serve: ModuleType) -> None:
    around = "Graph execution error:\n\nDetected at node Decode defined at:\n<stack traces>\n"
    assert serve.shorten_error(f"{around}Input is empty.\n\t [[node Decode]]") == "Input is empty."
    assert serve.shorten_error(f"{around}assertion failed: [A b.  ] [x] [0]") == "A b."


def test_requests_of_many_threads_are_all_answered_each_with_its_own(port: int) -> None:
    texts = [f"text {number}" for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: ask_for(port, "shout", [text, text[5:]]), texts))
    assert answers == [(200, {"predictions": [text.upper(), text[5:]]}) for text in texts]


def test_a_folder_without_versions_is_refused(serve: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no version that t2t-exporter wrote"):
        serve.ServedModel(tmp_path)
