"""The built-in hparams sets: which name lives in which module, written out as strings."""

from __future__ import annotations

_MULTIMODEL = "t2t_mm.hparams.multimodel"

BUILTIN: dict[str, str] = {
    "multimodel_base": _MULTIMODEL,
    "multimodel_small": _MULTIMODEL,
    "multimodel_tiny": _MULTIMODEL,
    "multimodel_paper": _MULTIMODEL,
    "multimodel_mini_text": _MULTIMODEL,
    "multimodel_demo": _MULTIMODEL,
    "multimodel_study": _MULTIMODEL,
}
