import tensorflow as tf

from benchmarks.profiling import KINDS, REST, find_kind, measure_seconds_by_kind


def test_operations_are_sorted_into_kinds():
    assert find_kind("_MklMatMul") == find_kind("BatchMatMulV2") == "matrix products"
    assert find_kind("_MklNativeDepthwiseConv2dNativeBackpropFilter") == "convolutions"
    assert find_kind("ResourceApplyAdam") == "optimizer"
    assert find_kind("ResourceGather") == "moving data"
    assert find_kind("ReluGrad") == "sums, norms, activations"
    assert find_kind("NoSuchOperation") == REST


def test_the_time_of_a_product_is_found():
    matrix = tf.random.normal([700, 700])
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    product()
    spent = measure_seconds_by_kind(lambda: product().numpy())
    assert set(spent) == {*KINDS, REST}
    assert max(spent, key=spent.get) == "matrix products"
