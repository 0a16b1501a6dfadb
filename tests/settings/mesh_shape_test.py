import pytest

from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.settings import ExpertHParams
from t2t_mm.settings.mesh_shape import check_compilable, count_expert_slices


@pytest.mark.parametrize(
    ("mesh_shape", "slices"), [("", 0), ("experts:1", 1), (" experts : 4 ", 4), ("experts:16", 16)]
)
def test_a_mesh_has_as_many_slices_as_its_string_says(mesh_shape, slices):
    assert count_expert_slices(mesh_shape) == slices


@pytest.mark.parametrize(
    "mesh_shape", ["experts", "experts:", "experts:0", "experts:-2", "experts:2x", ":4", "4", "²:²"]
)
def test_a_malformed_string_is_refused(mesh_shape):
    with pytest.raises(UserError, match=r"name and size of a dimension\. Expected: experts:4"):
        count_expert_slices(mesh_shape)


@pytest.mark.parametrize("mesh_shape", ["batch:2", "expert:4", "batch:2,experts:4"])
def test_an_unknown_dimension_is_refused(mesh_shape):
    with pytest.raises(UserError, match=r"only the experts can be laid out, so '(batch|expert)'"):
        count_expert_slices(mesh_shape)


def test_two_dimensions_are_malformed():
    with pytest.raises(UserError, match=r"size of a dimension.*'experts:2,experts:4'"):
        count_expert_slices("experts:2,experts:4")


def test_the_slices_divide_the_experts():
    assert ExpertHParams(num_experts=30, mesh_shape="experts:6").mesh_shape == "experts:6"
    with pytest.raises(UserError, match=r"'experts:4', experts\.num_experts=30"):
        ExpertHParams(num_experts=30, mesh_shape="experts:4")


def test_the_command_line_sets_and_clears_it():
    overrides = "num_experts=8,mesh_shape=experts:4"
    assert load_hparams("multimodel_tiny", overrides=overrides).experts.mesh_shape == "experts:4"
    assert load_hparams("multimodel_tiny", overrides="mesh_shape=").experts.mesh_shape == ""


def test_xla_compiles_for_one_device():
    check_compilable("experts:1", True, "train.jit_compile")
    check_compilable("experts:4", False, "train.jit_compile")
    with pytest.raises(UserError, match=r"one device.*train\.jit_compile=True.*'experts:4'"):
        check_compilable("experts:4", True, "train.jit_compile")
