"""Every pair of modalities from data to scores, and all of them in one run.

Named after what did not run in Tensor2Tensor's MultiModel; numbers are those of its issues. One
run of a few steps on seven problems is shared by the tests: a trace costs seconds.
"""

import functools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from senses_run import SensesRun, losses, parts_that_differ, records, train, weights
from sound_fixtures import wav_bytes
from tiny_senses import (
    KINDS,
    RATE_HZ,
    SENSES,
    SIZES,
    hparams,
    picture,
    picture_file,
    seed_of_draws,
    sound,
)

import t2t_mm
from t2t_mm import registry
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.errors import UserError
from t2t_mm.evaluation import evaluation
from t2t_mm.evaluation.evaluator import Evaluator
from t2t_mm.features import BatchSpec
from t2t_mm.inference import file_decoding
from t2t_mm.inference.input_lines import LeftOutError
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.settings import HParams

pytestmark = pytest.mark.slow

# Step 10 is a checkpoint; the steps after it draw what the test of resuming is about.
FIRST, RESUMED = 10, ("cropped_captions_for_tests", "sounds_for_tests")
STEPS = FIRST + 4


@functools.cache
def shared_hparams() -> HParams:
    seed = seed_of_draws(SENSES, (FIRST, SENSES), (STEPS - FIRST, RESUMED))
    return hparams(steps=STEPS, checkpoint_every=FIRST, seed=seed, deterministic=True)


@pytest.fixture(scope="module")
def senses(tmp_path_factory: pytest.TempPathFactory) -> SensesRun:
    """All pairs in one run of 14 steps, and their data."""
    root = tmp_path_factory.mktemp("senses")
    t2t_mm.datagen(
        list(SENSES), data_dir=root / "data", options=t2t_mm.GenerationOptions(progress=False)
    )
    train(SENSES, root / "data", root / "run", shared_hparams())
    return SensesRun(root / "run", root / "data")


@pytest.fixture(scope="module")
def loaded(senses: SensesRun) -> LoadedRun:
    return t2t_mm.load(senses.output_dir)


@pytest.fixture(scope="module")
def evaluator(loaded: LoadedRun) -> Evaluator:
    return Evaluator(loaded.restored.model, batch=BatchSpec(examples=SIZES["validation"]))


@pytest.fixture(scope="module")
def scores(senses: SensesRun, loaded: LoadedRun, evaluator: Evaluator) -> dict[str, dict[str, Any]]:
    """What `t2t-eval` returns, made with what other tests have traced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "restore_model", lambda *_: loaded.restored)
        patch.setattr(evaluation, "BatchDecoder", lambda *_: loaded.decoder)
        patch.setattr(evaluation, "Evaluator", lambda *_, **__: evaluator)
        return t2t_mm.evaluate(
            senses.output_dir, options=t2t_mm.EvaluationOptions(shuffled_inputs=True, samples=2)
        )


@pytest.fixture
def dice() -> np.random.Generator:
    return np.random.default_rng(3)


def check_scores(scored: dict[str, Any], names: set[str]) -> None:
    """Checks that all scores are there, of right and of shuffled inputs, each in percent."""
    for part in (scored, scored["shuffled_inputs"]):
        found = {name: value for name, value in part.items() if isinstance(value, float)}
        assert names == found.keys() - {"empty"}  # of some texts, after so few steps
        # Only insertions take a share of errors beyond 100.
        assert all(0 <= v <= (100 if k not in ("wer", "cer") else 1e4) for k, v in found.items())
    forced = scored["teacher_forced"]
    assert forced["examples"] == SIZES["validation"]
    assert 0 < forced["log_perplexity"] < 20 and 0 <= forced["accuracy"] <= 100


def check_one_by_one(outputs: list[Any], single: list[Any]) -> None:
    """Checks that as many come out as went in, and that an output does not know its neighbours."""
    assert len(outputs) == len(single)
    assert outputs == single


def test_all_in_one_mixture_issue_413(senses: SensesRun) -> None:
    """#413: captions, classes and translations together never trained."""
    trained = losses(senses.output_dir)
    assert [step for step, _, _ in trained] == list(range(1, STEPS + 1))
    assert {problem for _, problem, _ in trained} == set(SENSES)
    assert all(np.isfinite(loss) and loss > 0 for _, _, loss in trained)
    before, after = (weights(senses.output_dir, step) for step in (FIRST, STEPS))
    assert all(np.isfinite(array).all() for array in after.values())
    changed = parts_that_differ(before, after)
    # The steps between the two checkpoints were of captions and of sounds with classes.
    assert {"image", "audio_16000_waveform", "categorical_kinds", "encoder"} <= changed
    assert not {"audio_16000_80", "categorical_topics_for_tests.targets"} & changed


def test_two_problems_of_the_same_pair_share_nets_and_trace_issue_379(senses: SensesRun) -> None:
    """#379: several problems of one pair of modalities did not train together."""
    traces = [r["traces"] for r in records(senses.output_dir) if "traces" in r]
    assert traces[-1] < len(SENSES)
    modalities = {path.split("/")[1] for path in weights(senses.output_dir, STEPS)}
    assert {name for name in modalities if name.startswith("image")} == {"image"}
    commands = [name for name in modalities if name.startswith("command")]
    assert sorted(commands) == [
        "command.describe",
        "command.parsing_for_tests",
        "command.speech_for_tests",
    ]


def test_text_to_text_beside_pictures_and_sounds_issue_338(
    loaded: LoadedRun, scores: dict[str, Any]
) -> None:
    """#338: text trained alone, but not beside a problem with pictures."""
    parse = loaded["parsing_for_tests"]
    lines = ["the disc", "", "the old red square", "a stripe", "big big big red discs"]
    outputs = parse(lines)
    check_one_by_one(outputs, [parse(line) for line in lines])
    assert all(isinstance(output, str) for output in outputs) and outputs[1] == ""
    brackets = {"f1", "precision", "recall", "well_formed", "complete", "f1_evalb"}
    check_scores(scores["parsing_for_tests"], {"bleu", *brackets})
    assert scores["parsing_for_tests"]["samples"][0]["input"].startswith("the ")


def test_image_to_text_issue_530(
    loaded: LoadedRun, scores: dict[str, Any], dice: np.random.Generator, tmp_path: Path
) -> None:
    """#530: no model could be started on captions."""
    array = picture("disc", (48, 32), dice)
    path = tmp_path / "disc.png"
    path.write_bytes(picture_file(array))
    others = [picture("square", size, dice) for size in ((32, 32), (32, 48))]
    inputs = [array, others[0], path.read_bytes(), str(path), others[1], path]
    for name in ("captions_for_tests", "cropped_captions_for_tests"):
        describe = loaded[name]
        outputs = describe(inputs)
        check_one_by_one(outputs, [describe(one) for one in inputs])
        assert outputs[0] == outputs[2] == outputs[3] == outputs[5]
        check_scores(scores[name], {"bleu_4", "cider"})
        sample = scores[name]["samples"][0]
        assert sample["references"] == ["a disc in the dark", "one bright disc here"]
        assert sample["picture"].endswith(".png" if name == "captions_for_tests" else ".jpg")


def test_image_to_label_issue_191(
    senses: SensesRun,
    loaded: LoadedRun,
    scores: dict[str, Any],
    dice: np.random.Generator,
) -> None:
    """#191: classes of pictures did not train, neither alone nor beside text."""
    inputs = [picture(kind, size, dice) for kind in KINDS for size in ((32, 32), (48, 32))]
    classify = loaded["pictures_for_tests"]
    outputs = classify(inputs)
    check_one_by_one(outputs, [classify(one) for one in inputs])
    assert set(outputs) <= set(KINDS)
    ranking = classify.rank(inputs[0])
    assert sorted(ranking) == sorted(KINDS) and ranking[0] == outputs[0]
    check_scores(scores["pictures_for_tests"], {"top_1"})
    sample = scores["pictures_for_tests"]["samples"][0]
    assert (senses.output_dir / sample["picture"]).read_bytes().startswith(b"\x89PNG")
    lines = (senses.output_dir / scores["pictures_for_tests"]["outputs"]).read_text().splitlines()
    written = [json.loads(line) for line in lines]
    assert len(written) == SIZES["validation"]
    assert all(1 / len(KINDS) < line["probability"] <= 1 for line in written)
    right = sum(line["score"] for line in written) / len(written)
    assert right == pytest.approx(scores["pictures_for_tests"]["top_1"], abs=0.01)
    assert sample["reference"] in KINDS and sample["ranking"][0] == sample["decoded"]


def test_audio_to_text_issue_474(
    senses: SensesRun,
    loaded: LoadedRun,
    scores: dict[str, Any],
    dice: np.random.Generator,
    tmp_path: Path,
) -> None:
    """#474: speech did not run with the MultiModel."""
    samples = sound("square", 0.4, dice)
    path = tmp_path / "square.wav"
    path.write_bytes(wav_bytes(samples, RATE_HZ))
    inputs = [samples, sound("disc", 1.0, dice), path, (samples / 32767).astype(np.float32)]
    write_down = loaded["speech_for_tests"]
    outputs = write_down(inputs)
    assert write_down((samples, RATE_HZ)) == outputs[0]
    assert write_down([(samples, RATE_HZ), inputs[1]]) == outputs[:2]
    check_one_by_one(outputs, [write_down(one) for one in inputs])
    assert outputs[0] == outputs[2] == outputs[3]
    check_scores(scores["speech_for_tests"], {"wer", "cer"})
    sample = scores["speech_for_tests"]["samples"][1]
    assert sample["reference"].startswith("this is a ")
    assert (senses.output_dir / sample["sound"]).read_bytes().startswith(b"RIFF")


def test_audio_to_label(
    loaded: LoadedRun, scores: dict[str, Any], dice: np.random.Generator
) -> None:
    inputs = [sound(kind, seconds, dice) for kind in KINDS for seconds in (0.3, 0.9)]
    classify = loaded["sounds_for_tests"]
    outputs = classify(inputs)
    check_one_by_one(outputs, [classify(one) for one in inputs])
    assert set(outputs) <= set(KINDS)
    check_scores(scores["sounds_for_tests"], {"top_1"})
    assert scores["sounds_for_tests"]["experts"].keys() == {"encoder"}


def test_text_to_label(loaded: LoadedRun, scores: dict[str, Any]) -> None:
    lines = ["3 of a disc", "of a square, and of stripes"]
    classify = loaded["topics_for_tests"]
    outputs = classify(lines)
    check_one_by_one(outputs, [classify(line) for line in lines])
    assert set(outputs) <= {"0", "1", "2"}
    check_scores(scores["topics_for_tests"], {"top_1"})
    best = classify.n_best(lines[0], 2)
    assert best[0].text == outputs[0] and best[0].log_probability >= best[1].log_probability
    assert best[1].log_probability == pytest.approx(
        classify.score(lines[0], best[1].text), abs=1e-4
    )
    with pytest.raises(UserError, match=r"topics_for_tests are classes.*n_best"):
        classify.samples(lines)


@pytest.mark.parametrize("name", SENSES)
def test_padding_changes_no_score(
    senses: SensesRun, scores: dict[str, Any], evaluator: Evaluator, loaded: LoadedRun, name: str
) -> None:
    """Six examples of several sizes in one batch score as they do one by one."""
    batches = make_evaluation_dataset(
        registry.problem(name), "validation", data_dir=senses.data_dir, batch=BatchSpec(examples=1)
    )
    alone = evaluator.score(loaded.run.task(name), batches)
    assert alone == pytest.approx(scores[name]["teacher_forced"], rel=1e-4)


def test_the_same_weights_take_any_size(loaded: LoadedRun, dice: np.random.Generator) -> None:
    sizes = [(64, 64), (96, 64), (299, 299), (1, 1)]
    pictures = [picture("disc", size, dice) for size in sizes]
    assert set(loaded["pictures_for_tests"](pictures)) <= set(KINDS)
    assert len(loaded["captions_for_tests"](pictures[:2])) == 2
    sounds = [sound("disc", seconds, dice) for seconds in (1, 15, 0.01)]
    assert set(loaded["sounds_for_tests"](sounds)) <= set(KINDS)
    assert len(loaded["speech_for_tests"](sounds[:2])) == 2
    texts = ["x" * length for length in (1, 200)]
    assert set(loaded["topics_for_tests"](texts)) <= {"0", "1", "2"}
    assert len(loaded["parsing_for_tests"](texts[:1])) == 1


def test_a_file_of_paths_has_a_line_for_each(
    senses: SensesRun,
    loaded: LoadedRun,
    dice: np.random.Generator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_decoding, "load_tasks", lambda *_: loaded)  # traced already
    paths = [tmp_path / f"{kind}.png" for kind in KINDS]
    for path in paths:
        path.write_bytes(picture_file(picture(path.stem, (32, 32), dice)))
    listing = tmp_path / "pictures.txt"
    listing.write_text(f"{paths[0]}\n\n{paths[1]}\n{paths[2]}\n")
    answers = tmp_path / "answers.txt"
    outputs = t2t_mm.decode(
        senses.output_dir, "pictures_for_tests", from_file=listing, to_file=answers
    )
    assert len(outputs) == 4 and outputs[1] == ""
    assert answers.read_text() == "".join(f"{output}\n" for output in outputs)
    broken = tmp_path / "broken.png"
    broken.write_bytes(paths[0].read_bytes()[:60])
    listing.write_text(f"{paths[0]}\n{tmp_path / 'lost.png'}\n\n{broken}\n{paths[1]}\n")
    told = r"2 of 5 inputs.*pictures\.txt, line 2, 4\..*no such input file.*lost\.png"
    with pytest.raises(LeftOutError, match=told) as error:
        t2t_mm.decode(senses.output_dir, "pictures_for_tests", from_file=listing, to_file=answers)
    assert error.value.outputs == [outputs[0], "", "", "", outputs[2]]
    assert answers.read_text() == "".join(f"{output}\n" for output in error.value.outputs)


@pytest.mark.parametrize(
    ("name", "suffix", "content"),
    [
        ("pictures_for_tests", "jpg", picture_file(np.zeros((64, 64, 3), np.uint8), "JPEG")[:300]),
        ("sounds_for_tests", "wav", wav_bytes(np.zeros(800, np.int16))[:-100]),
        ("speech_for_tests", "wav", wav_bytes(np.zeros(0, np.int16))),
    ],
)
def test_an_input_that_cannot_be_read_is_named(
    loaded: LoadedRun, name: str, suffix: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / f"broken.{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"broken\.{suffix}"):
        loaded[name](str(path))


@pytest.mark.long
def test_a_mixture_with_crops_alternatives_and_sounds_resumes_bit_for_bit(
    senses: SensesRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(senses.output_dir, copy)
    shutil.rmtree(copy / "checkpoints" / f"{STEPS:08d}")
    train(SENSES, senses.data_dir, copy, shared_hparams())
    assert f"resumed at step {FIRST}" in capsys.readouterr().err
    again = losses(copy)
    assert again == losses(senses.output_dir)
    assert {problem for step, problem, _ in again if step > FIRST} == set(RESUMED)
    before, after = (weights(folder, STEPS) for folder in (senses.output_dir, copy))
    assert not parts_that_differ(before, after)
