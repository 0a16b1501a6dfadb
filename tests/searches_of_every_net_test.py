"""Every net that reads inputs: what searches write, and its scores, on both backends."""

import json
from pathlib import Path

import pytest
from both_backends import run_on_jax
from every_pair import make_model
from search_cases import check_pairs

RUN_CHECKS = """
from every_pair import make_model
from search_cases import check_pairs

check_pairs(make_model, {path!r})
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.long)])
def test_a_beam_of_one_is_greedy_and_scores_are_those_of_teacher_forcing(
    backend: str, tmp_path: Path
) -> None:
    path = tmp_path / "found.json"
    if backend == "jax":
        pytest.importorskip("jax")
        run_on_jax(RUN_CHECKS.format(path=str(path)))
    else:
        check_pairs(make_model, path)
    found = json.loads(path.read_text())
    assert list(found) == ["language:shared", "image", "audio:16"]
    for source, (different, error, number) in found.items():
        assert different == 0 and number > 40, source
        assert error < 1e-5, source
