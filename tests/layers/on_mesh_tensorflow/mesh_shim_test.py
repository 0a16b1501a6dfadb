import subprocess
import sys

import pytest

from t2t_mm.layers.on_mesh_tensorflow import mesh_shim


def forget_mesh_tensorflow(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "mesh_tensorflow"]:
        monkeypatch.delitem(sys.modules, name)


IMPORT = """
import sys
import tensorflow as tf
from tensorflow.python.framework import ops
from t2t_mm.layers.on_mesh_tensorflow import mesh_shim

mtf = mesh_shim.import_mesh_tensorflow()
assert mtf.Dimension("experts", 4).size == 4
assert not hasattr(tf.compat.v1, "estimator")
assert not [name for name in sys.modules if name.endswith(".compat.v1.estimator")]
assert not hasattr(ops, "register_tensor_conversion_function")
assert mesh_shim.import_mesh_tensorflow() is mtf
"""


@pytest.mark.slow
def test_what_was_lent_for_the_import_is_taken_back():
    # In a process of its own: a second import would register its names with gin twice.
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("other", [{"mesh-tensorflow": "0.1.20"}, {"tensorflow": "2.2"}])
def test_other_versions_get_no_shim_but_advice(monkeypatch, other):
    forget_mesh_tensorflow(monkeypatch)
    monkeypatch.setattr(mesh_shim, "TRIED", mesh_shim.TRIED | other)
    with pytest.raises(ImportError, match=r"pip install .* or leave experts\.mesh_shape empty"):
        mesh_shim.import_mesh_tensorflow()


def test_a_missing_package_is_named(monkeypatch):
    forget_mesh_tensorflow(monkeypatch)
    monkeypatch.setattr(
        mesh_shim, "_find_versions", lambda: {"mesh-tensorflow": None, "tensorflow": "2.21.0"}
    )
    with pytest.raises(ImportError, match=r"Received: mesh-tensorflow=None, tensorflow='2\.21\.0'"):
        mesh_shim.import_mesh_tensorflow()
