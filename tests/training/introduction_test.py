"""What is told before the first step are the settings in force, in the words that change them."""

import dataclasses
from typing import Any

from tiny_run import TinyRun

from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.task import load_task_vocabularies
from t2t_mm.settings import HParams
from t2t_mm.settings.overrides import apply_overrides, parse_overrides
from t2t_mm.training.introduction import introduce_run


def introduce(tiny_run: TinyRun, **changes: Any) -> list[str]:
    run = open_run(tiny_run.output_dir)
    run = dataclasses.replace(run, hparams=dataclasses.replace(run.hparams, **changes))
    return introduce_run(run, load_task_vocabularies(run.tasks, tiny_run.data_dir), 1234, 5)


def test_settings_can_be_given_again_as_they_are_told(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    lines = introduce(tiny_run)
    assert lines[0] == f"settings ({tiny_run.output_dir / 'hparams.json'}):"
    told = lines[1 : 1 + len(vars(run.hparams))]
    fields = [line.strip().partition(": ")[::2] for line in told]
    text = ",".join(f"{section}.{one}" for section, values in fields for one in values.split(", "))
    assert apply_overrides(HParams(), parse_overrides(text)) == run.hparams


def test_sizes_of_vocabularies_are_those_of_the_data(tiny_run: TinyRun) -> None:
    data = dataclasses.replace(open_run(tiny_run.output_dir).hparams.data, vocab_size=8192)
    told = introduce(tiny_run, data=data)
    assert f"vocabularies: bytes {ByteVocabulary().size} entries" in told
    assert "1,234 parameters; steps 5 to 20; resumed at step 5" in told
