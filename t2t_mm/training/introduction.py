"""`introduce_run`: the settings in force, before a run's first step."""

from __future__ import annotations

from collections.abc import Mapping

from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.layers.on_mesh_tensorflow.expert_mesh import count_traffic
from t2t_mm.layers.on_mesh_tensorflow.expert_placement import prepare_expert_devices
from t2t_mm.run.run_directory import Run
from t2t_mm.settings import HParams
from t2t_mm.settings.companions import list_idle_changes
from t2t_mm.settings.field_values import format_value
from t2t_mm.training.schedule import describe_schedule


def introduce_run(
    run: Run, vocabularies: Mapping[str, Vocabulary], num_parameters: int, first_step: int
) -> list[str]:
    """Write what a run trains with as lines: settings as `--hparams` takes them, vocabularies.

    Args:
        run: The run.
        vocabularies: By name. Their sizes are those of the data: `data.vocab_size` is for one that
            has still to be trained.
        num_parameters: Of the model.
        first_step: Steps that it has made.
    """
    hparams = run.hparams
    lines = [f"settings ({run.directory / 'hparams.json'}):"]
    for section, values in vars(hparams).items():
        fields = ", ".join(f"{name}={format_value(value)}" for name, value in vars(values).items())
        lines.append(f"  {section}: {fields}")
    sizes = ", ".join(f"{name} {one.size:,}" for name, one in sorted(vocabularies.items()))
    lines.append(f"vocabularies: {sizes} entries")
    lines.append(
        f"{num_parameters:,} parameters; steps {first_step} to {hparams.train.steps}"
        + (f"; resumed at step {first_step}" if first_step else "")
    )
    lines.append(describe_schedule(hparams.optimizer, hparams.train.steps))
    if idle := list_idle_changes(hparams):
        lines.append(f"set, but counting for nothing beside the others: {', '.join(idle)}")
    if hparams.experts.mesh_shape and hparams.experts.use_experts:
        lines.append(_describe_mesh(hparams))
    return lines


def _describe_mesh(hparams: HParams) -> str:
    experts = hparams.experts
    devices = prepare_expert_devices(experts.mesh_shape)
    traffic = count_traffic(
        experts.num_experts, experts.experts_per_token, hparams.model.width, devices
    )
    return (
        f"experts on {', '.join(devices)}: in each of their layers a "
        f"position copies {traffic.copied:,} bytes and all-reduces {traffic.all_reduced:,} "
        "forward, and no more backward"
    )
