"""t2t-report: the page's path is printed; a mistake is one error."""

from pathlib import Path

import pytest
from fake_run import make_fake_run

from t2t_mm.bin import t2t_report


def test_the_page_is_written_into_the_run_or_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = make_fake_run(tmp_path)
    assert t2t_report.main([f"--output_dir={run}"]) == 0
    assert capsys.readouterr().out.strip() == str(run / "report.html")
    other = run / "other.html"
    assert t2t_report.main([f"--output_dir={run}", f"--report_file={other}"]) == 0
    assert other.read_bytes() == (run / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--output_dir=RUN", "--split=validation"], "No results of the validation split"),
        ([], "--output_dir must be given"),
        (["--output_dir=RUN", "--report=x"], "Did you mean '--report_file'"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = make_fake_run(tmp_path)
    assert t2t_report.main([flag.replace("RUN", str(run)) for flag in flags]) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-report: error: ") and message in error
