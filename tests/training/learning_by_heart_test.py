"""A batch learned by heart: the loss falls until it is known, or it is given up."""

import numpy as np
import pytest

from t2t_mm.data.vocabulary.vocabulary import load_vocabulary
from t2t_mm.features import Language
from t2t_mm.registry import load_hparams
from t2t_mm.run.task import Task
from t2t_mm.training.learning_by_heart import KNOWN, Learned, learn_by_heart

TEXT = Language("bytes")
TASK = Task("copy", TEXT, TEXT, "copy", 0, ("bleu",), (TEXT.share_key, TEXT.share_key))
HPARAMS = load_hparams(
    "multimodel_tiny",
    overrides="model.width=32,model.num_heads=2,experts.use_experts=False,model.encoder_blocks=1,"
    "model.mixer_blocks=1,model.decoder_blocks=1,model.dropout=0.9,modality.symbol_dropout=0.9",
)


def learn(targets: list[list[int]], most_steps: int) -> Learned:
    batch = {"inputs": np.array([[70, 1]] * 2, np.int32), "targets": np.array(targets, np.int32)}
    vocabularies = {"bytes": load_vocabulary("", "bytes")}
    return learn_by_heart(TASK, vocabularies, batch, HPARAMS, most_steps)


@pytest.fixture(scope="module")
def known() -> Learned:
    return learn([[100, 101, 1]] * 2, 100)


@pytest.mark.slow
def test_it_ends_when_the_batch_is_known(known: Learned) -> None:
    assert known.losses[-1] <= KNOWN < min(known.losses[:-1])
    assert known.outputs == ["ab", "ab"]


@pytest.mark.slow
def test_it_is_given_up_after_the_most_steps() -> None:
    given_up = learn([[100, 101, 1]] * 2, 3)
    assert len(given_up.losses) == 3 and given_up.losses[-1] > KNOWN


@pytest.mark.slow
def test_operations_are_those_of_a_step(known: Learned) -> None:
    """The softmax alone: six for each of 2 x 3 positions, 32 channels and 259 symbols or more."""
    assert 6 * 2 * 3 * 32 * 259 < known.operations < 6 * 2 * 3 * 3 * known.parameters
    assert known.peak_bytes > 4 * known.parameters
