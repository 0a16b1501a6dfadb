"""The built-in problems: which name lives in which module, written out as strings.

Listing names imports none of these modules; looking a name up imports just its own.
"""

from __future__ import annotations

from t2t_mm.registry import Group, register_group

_MINIATURE = "t2t_mm.problems.miniature.problems"
_PICTURES = "t2t_mm.problems.miniature.picture_problems"
_ALGORITHMIC = "t2t_mm.problems.algorithmic"
_WMT = "t2t_mm.problems.wmt"
_IMAGENET = "t2t_mm.problems.imagenet"
_COCO = "t2t_mm.problems.coco"
_WSJ = "t2t_mm.problems.wsj"

BUILTIN: dict[str, str] = {
    "mini_ende": _MINIATURE,
    "mini_deen": _MINIATURE,
    "mini_enfr": _MINIATURE,
    "mini_fren": _MINIATURE,
    "mini_image": _PICTURES,
    "mini_caption": _PICTURES,
    "mini_parse": "t2t_mm.problems.miniature.parse_problems",
    "double_mini_parse": "t2t_mm.problems.miniature.double_parse",
    "mini_speech": "t2t_mm.problems.miniature.speech_problems",
    "algorithmic_copy": _ALGORITHMIC,
    "algorithmic_reverse": _ALGORITHMIC,
    "text2text_files": "t2t_mm.problems.text2text_files",
    "text2text_references": "t2t_mm.problems.text2text_references",
    "wmt_ende": _WMT,
    "wmt_deen": _WMT,
    "wmt_enfr": _WMT,
    "wmt_fren": _WMT,
    "wmt_defr": _WMT,
    "wmt_frde": _WMT,
    "imagenet": _IMAGENET,
    "imagenet_224": _IMAGENET,
    "imagenet_64": _IMAGENET,
    "image_folder": "t2t_mm.problems.image_folder",
    "audio_folder": "t2t_mm.problems.audio_folder",
    "text_classification": "t2t_mm.problems.text_classification",
    "caption_files": "t2t_mm.problems.caption_files",
    "coco_caption": _COCO,
    "coco_caption_224": _COCO,
    "coco_caption_64": _COCO,
    "wsj_parse": "t2t_mm.problems.treebank",
    "tree_files": "t2t_mm.problems.tree_files",
    "wsj_speech": _WSJ,
    "wsj_speech_si84": _WSJ,
    "librispeech": "t2t_mm.problems.librispeech",
    "librispeech_100": "t2t_mm.problems.librispeech",
    "speech_files": "t2t_mm.problems.speech_files",
    "tfds": "t2t_mm.problems.tfds_problem",
}

GROUPS: dict[str, Group] = {
    "mini_text": Group(
        ("mini_ende", "mini_deen", "mini_enfr", "mini_fren"),
        "The four translation directions of the embedded miniature world.",
    ),
    "mini_8": Group(
        (
            *("mini_speech", "mini_image", "mini_caption", "mini_parse"),
            *("mini_ende", "mini_deen", "mini_enfr", "mini_fren"),
        ),
        "The paper's eight tasks in the embedded miniature world.",
    ),
    "paper_8": Group(
        (
            *("wsj_speech", "imagenet", "coco_caption", "wsj_parse"),
            *("wmt_ende", "wmt_deen", "wmt_enfr", "wmt_fren"),
        ),
        "The paper's eight problems (arXiv:1706.05137, section 3).",
    ),
    "wmt": Group(
        ("wmt_ende", "wmt_deen", "wmt_enfr", "wmt_fren", "wmt_defr", "wmt_frde"),
        "The six WMT translation directions between English, German and French.",
    ),
}

for _name, _group in GROUPS.items():
    register_group(_name, _group.names, _group.doc)
