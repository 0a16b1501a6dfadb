"""Which features share a net: what they declare, and what version 0.1.0 made of it."""

from __future__ import annotations

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.features import Feature


def name_net(problem: Problem, side: str) -> str:
    """Name the net of a problem's feature: its share key, or that of a net of its own.

    Args:
        problem: A reversed one names the nets of its base.
        side: "inputs" or "targets".

    Example:
        >>> from t2t_mm import registry
        >>> name_net(registry.problem("mini_image"), "targets")
        'categorical:mini_image/targets'
    """
    feature = problem.features[side]
    own = f"{feature.modality}:{problem.data_name}/{problem.stored_name(side)}"
    return feature.share_key or own


def name_net_of_0_1_0(feature: Feature) -> str:
    """Name the net that a run had for a feature before runs wrote the names of their nets down.

    Classes then shared by the name of their list or by their number alone, and sounds whatever
    their sample rate.

    Example:
        >>> from t2t_mm.features import Audio
        >>> name_net_of_0_1_0(Audio(sample_rate_hz=8000)), name_net_of_0_1_0(Audio())
        ('audio:80', 'audio:80')
    """
    return choose_kind(feature).share_key_of_0_1_0
