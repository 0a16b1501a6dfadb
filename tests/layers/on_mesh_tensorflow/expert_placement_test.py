import pytest
import tensorflow as tf

from t2t_mm.errors import UserError
from t2t_mm.layers.on_mesh_tensorflow import expert_placement
from t2t_mm.layers.on_mesh_tensorflow.expert_placement import prepare_expert_devices


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["a", "b"] if kind == "GPU" else ["cpu"]
    )
    monkeypatch.setattr(tf.config, "get_logical_device_configuration", lambda device: None)


def test_no_mesh_needs_no_devices():
    assert prepare_expert_devices("") == ()


def test_slices_are_on_the_first_gpus_where_there_are_enough(two_gpus):
    assert prepare_expert_devices("experts:2") == ("GPU:0", "GPU:1")
    with pytest.raises(UserError, match=r"not enough devices .* GPU devices=2\. Choose another"):
        prepare_expert_devices("experts:4")


def test_a_gpu_that_was_split_counts_as_its_parts(two_gpus, monkeypatch):
    parts = {"a": ["a0", "a1", "a2"], "b": None}
    monkeypatch.setattr(tf.config, "get_logical_device_configuration", parts.get)
    assert prepare_expert_devices("experts:4") == ("GPU:0", "GPU:1", "GPU:2", "GPU:3")


def test_another_backend_has_no_mesh(monkeypatch):
    monkeypatch.setattr(expert_placement.keras.backend, "backend", lambda: "jax")
    with pytest.raises(UserError, match="Only Keras's TensorFlow backend"):
        prepare_expert_devices("experts:2")


def test_a_mesh_tensorflow_that_does_not_fit_is_the_users_to_know(two_gpus, monkeypatch):
    def fail():
        raise ImportError("Mesh TensorFlow cannot be imported")

    monkeypatch.setattr(expert_placement, "import_mesh_tensorflow", fail)
    with pytest.raises(UserError, match="Mesh TensorFlow cannot be imported"):
        prepare_expert_devices("experts:2")
