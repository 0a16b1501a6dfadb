import pytest

jax = pytest.importorskip("jax")
jnp = jax.numpy

from benchmarks.profiling_on_jax import (  # noqa: E402
    KINDS,
    REST,
    Operation,
    find_kind,
    profile_device,
    read_program,
    sum_events,
)


def test_kernels_are_sorted_into_kinds_by_what_they_run_else_by_name():
    assert find_kind(["add", "dot"], "loop_fusion") == "matrix products"
    assert find_kind(["__cublas$gemm"], "") == "matrix products"
    assert find_kind([], "nvjet_tst_128x256_NNT") == "matrix products"
    assert find_kind([], "sm90_xmma_wgrad_implicit") == "convolutions"
    assert find_kind(["multiply", "reduce"], "input_reduce_fusion") == "reductions"
    assert find_kind(["multiply", "add"], "loop_multiply_fusion") == REST


def test_events_are_added_up_for_one_step():
    product = Operation(frozenset({"dot"}), "t2t_mm/layers/products.py", "jit(f)/block3/dot")
    loop = Operation(frozenset({"while"}), "", "")
    operations = {"jit_f/dot.1": product, "jit_f/while.2": loop}
    events = [
        ("jit_f/dot.1", "nvjet", 1.0),
        ("jit_f/dot.1", "nvjet", 3.0),
        ("jit_f/while.2", "while.2", 9.0),  # what runs in it has events of its own
        ("/", "dot_1", 2.0),  # of a graph: the kernel's name alone
    ]
    sums = sum_events(events, operations, repeats=2)
    assert sums["total_seconds"] == sums["kinds"]["matrix products"] == 3.0
    assert sums["sources"] == {"t2t_mm/layers/products.py": 3.0}
    assert sums["scopes"] == {"block*": 3.0}
    assert [(kernel["seconds"], kernel["count"]) for kernel in sums["kernels"]] == [
        (2.0, 1.0),
        (1.0, 0.5),
    ]


def test_a_program_says_what_its_operations_are():
    def compute(x):
        with jax.named_scope("encoder"):
            return jnp.sort(x @ x, axis=0)

    compiled = jax.jit(compute).lower(jnp.ones((4, 4))).compile()
    operations = read_program(compiled.as_text(), "jit_compute")
    for operation in ("dot", "sort"):
        scopes = [one.scope for one in operations.values() if operation in one.kinds]
        assert any("encoder" in scope for scope in scopes), scopes


def test_the_time_of_a_product_is_found():
    matrix = jax.random.normal(jax.random.key(0), (700, 700))
    multiply = jax.jit(lambda x: jnp.tanh(x @ x))
    multiply(matrix).block_until_ready()
    sums = profile_device(lambda: multiply(matrix).block_until_ready(), repeats=1)
    assert set(sums["kinds"]) == {*KINDS, REST}
    assert max(sums["kinds"], key=sums["kinds"].get) == "matrix products"
