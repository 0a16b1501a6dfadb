"""A trained run as one HTML page that needs nothing else: scores, curves, samples, experts."""

import sys
import types

from t2t_mm.argument_types import check_argument_types
from t2t_mm.report.page import find_newest_results, report, write_report

__all__ = ["find_newest_results", "report", "write_report"]


class _CallableRoom(types.ModuleType):
    """This package, called as the public function `t2t_mm.report`, whose name it has.

    Whoever imports a module of the package first makes `t2t_mm.report` the package.
    """

    __call__ = staticmethod(check_argument_types(report))


sys.modules[__name__].__class__ = _CallableRoom
