import tensorflow as tf

from benchmarks.profiling import KINDS, REST, kind_of, seconds_by_kind


def test_operations_are_sorted_into_kinds():
    assert kind_of("_MklMatMul") == kind_of("BatchMatMulV2") == "matrix products"
    assert kind_of("_MklNativeDepthwiseConv2dNativeBackpropFilter") == "convolutions"
    assert kind_of("ResourceApplyAdam") == "optimizer"
    assert kind_of("ResourceGather") == "moving data"
    assert kind_of("ReluGrad") == "sums, norms, activations"
    assert kind_of("NoSuchOperation") == REST


def test_the_time_of_a_product_is_found():
    matrix = tf.random.normal([700, 700])
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    product()
    spent = seconds_by_kind(lambda: product().numpy())
    assert set(spent) == {*KINDS, REST}
    assert max(spent, key=spent.get) == "matrix products"
