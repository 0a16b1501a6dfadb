from t2t_mm.layers.experts.gating import Routing
from t2t_mm.model.outputs import make_expert_reports


def test_a_report_says_whose_routing_it_is():
    first = Routing("experts", "gates", importance=1, load=2, balance_loss=3, z_loss=4)
    second = first._replace(load=7, dropped_share=0.5)
    reports = make_expert_reports("decoder", [first, second])
    assert [report.name for report in reports] == ["decoder", "decoder"]
    assert [report.load for report in reports] == [2, 7]
    assert [report.dropped_share for report in reports] == [None, 0.5]
    assert (reports[0].experts, reports[0].gates, reports[0].z_loss) == ("experts", "gates", 4)
    assert make_expert_reports("encoder", []) == []
