"""Which features share a net: those that declare it."""

from __future__ import annotations

from t2t_mm.data.declaring.problem import Problem


def name_net(problem: Problem, side: str, share: bool = True) -> str:
    """Name the net of a problem's feature: its share key, or that of a net of its own.

    Args:
        problem: A reversed one names the nets of its base.
        side: "inputs" or "targets".
        share: False leaves a net that problems would share to the sides of this problem.

    Example:
        >>> from t2t_mm import registry
        >>> name_net(registry.problem("mini_image"), "targets")
        'categorical:mini_image/targets'
        >>> name_net(registry.problem("mini_deen"), "targets", share=False)
        'language:shared/mini_deen'
    """
    feature = problem.features[side]
    own = f"{feature.modality}:{problem.data_name}/{problem.stored_name(side)}"
    if feature.share_key and not share:
        return f"{feature.share_key}/{problem.name}"
    return feature.share_key or own
