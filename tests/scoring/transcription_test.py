"""Error rates by hand and beside jiwer's."""

import jiwer
import pytest

from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.transcription import compute_error_rates


def test_by_hand() -> None:
    # 1 substitution and 1 insertion in 4 words; "sat" for "sit": 1 of 14 characters, " up": 3 more.
    rates = compute_error_rates(Decoded(["the cat sat up", "on"], [["the cat sit"], ["on"]]))
    assert rates == {"wer": 50.0, "cer": pytest.approx(100 * 4 / 13, abs=1e-3)}


def test_errors_are_summed_over_the_corpus_and_not_averaged_over_examples() -> None:
    true, transcripts = ["a b c d e f g h i", "j"], ["a b c d e f g h i", "k"]
    rates = compute_error_rates(Decoded(transcripts, [[text] for text in true]))
    assert rates["wer"] == pytest.approx(10.0)
    assert rates["wer"] == pytest.approx(100 * jiwer.wer(true, transcripts))
    assert rates["cer"] == pytest.approx(100 * jiwer.cer(true, transcripts), abs=1e-3)


def test_an_empty_transcript_deletes_everything() -> None:
    assert compute_error_rates(Decoded(["", ""], [["a b"], ["c"]])) == {"wer": 100.0, "cer": 100.0}


def test_an_empty_reference_is_insertion_and_a_rate_can_exceed_100() -> None:
    assert compute_error_rates(Decoded(["a b", "c"], [[""], ["c"]]))["wer"] == 200.0
    assert compute_error_rates(Decoded(["", "c"], [[""], ["c"]]))["wer"] == 0.0
    assert compute_error_rates(Decoded([""], [[""]])) == {"wer": 0.0, "cer": 0.0}


def test_white_space_is_no_error_but_case_is() -> None:
    assert compute_error_rates(Decoded(["  the\tboat "], [["the boat"]])) == {
        "wer": 0.0,
        "cer": 0.0,
    }
    assert compute_error_rates(Decoded(["The boat"], [["the boat"]]))["wer"] == 50.0


def test_of_several_references_the_closest_counts() -> None:
    assert compute_error_rates(Decoded(["a b"], [["x y z", "a c", "a b"]]))["wer"] == 0.0
    assert compute_error_rates(Decoded(["a b"], [["a c", "a\tb"]]))["wer"] == 0.0
