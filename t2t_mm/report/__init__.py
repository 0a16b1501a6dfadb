"""A trained run as one HTML page that needs nothing else: scores, curves, samples, experts."""

from t2t_mm.report.page import newest_results, report, write_report

__all__ = ["newest_results", "report", "write_report"]
