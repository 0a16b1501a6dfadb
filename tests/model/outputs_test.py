from t2t_mm.layers.experts.gating import Routing
from t2t_mm.model.outputs import ExpertReport, make_expert_reports


def test_a_report_says_of_a_routing_what_no_longer_depends_on_positions():
    first = Routing("experts", "gates", importance=1, load=2, balance_loss=3, z_loss=4)
    second = first._replace(load=7, dropped_share=0.5)
    assert make_expert_reports("decoder", [first, second]) == [
        ExpertReport("decoder", importance=1, load=2, balance_loss=3, z_loss=4, dropped_share=None),
        ExpertReport("decoder", importance=1, load=7, balance_loss=3, z_loss=4, dropped_share=0.5),
    ]
    assert make_expert_reports("encoder", []) == []
