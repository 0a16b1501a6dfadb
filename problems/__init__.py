"""The built-in problems: which name lives in which module, written out as strings.

Listing names imports none of these modules; looking a name up imports just its own.
"""

from __future__ import annotations

from t2t_mm.registry import Group, register_group

_MINIATURE = "t2t_mm.problems.miniature.problems"
_ALGORITHMIC = "t2t_mm.problems.algorithmic"
_WMT = "t2t_mm.problems.wmt"

BUILTIN: dict[str, str] = {
    "mini_ende": _MINIATURE,
    "mini_deen": _MINIATURE,
    "mini_enfr": _MINIATURE,
    "mini_fren": _MINIATURE,
    "algorithmic_copy": _ALGORITHMIC,
    "algorithmic_reverse": _ALGORITHMIC,
    "text2text_files": "t2t_mm.problems.text2text_files",
    "wmt_ende": _WMT,
    "wmt_deen": _WMT,
    "wmt_enfr": _WMT,
    "wmt_fren": _WMT,
    "wmt_defr": _WMT,
    "wmt_frde": _WMT,
}

GROUPS: dict[str, Group] = {
    "mini_text": Group(
        ("mini_ende", "mini_deen", "mini_enfr", "mini_fren"),
        "The four translation directions of the embedded miniature world.",
    ),
    "wmt": Group(
        ("wmt_ende", "wmt_deen", "wmt_enfr", "wmt_fren", "wmt_defr", "wmt_frde"),
        "The six WMT translation directions between English, German and French.",
    ),
}

for _name, _group in GROUPS.items():
    register_group(_name, _group.names, _group.doc)
