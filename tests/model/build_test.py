import random

import numpy as np
import pytest
from changed_settings import change_settings

from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.run.named_variables import name_variables
from t2t_mm.settings import HParams

SMALL = {
    "width": 16,
    "num_heads": 2,
    "encoder_blocks": 2,
    "mixer_blocks": 1,
    "decoder_blocks": 2,
    "num_experts": 3,
    "experts_per_token": 2,
    "expert_width": 8,
}


def build(seed=1, commands=("a",), inputs=("shared",), targets=("shared",), **changes):
    def specs(names):
        return {
            f"language:{name}": ModalitySpec(Language(name.replace("/", ".")), 13) for name in names
        }

    hparams = change_settings(HParams(), **{**SMALL, **changes})
    return build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs=specs(inputs),
        targets=specs(targets),
        commands=commands,
        seed=seed,
    )


def logits(model, inputs="language:shared", targets="language:shared"):
    ids = np.arange(2, 10).reshape(2, 4)
    batch = {"inputs": ids, "targets": ids, "command": np.array(0)}
    return np.asarray(model(batch, input_modality=inputs, target_modality=targets).logits)


def body_parameters(model):
    """Parameters without modality nets and commands, as the paper's arithmetic counts them."""
    parts = (model.encoder, model.mixer, model.decoder)
    return sum(part.count_params() for part in parts)


@pytest.mark.slow
def test_paths_are_stable_and_unique_whatever_was_built_before():
    build(seed=3)
    paths = [[variable.path for variable in build().variables] for _ in range(2)]
    assert paths[0] == paths[1]
    assert len(set(paths[0])) == len(paths[0])
    assert all(path.startswith("multimodel/") for path in paths[0])


def test_every_variable_exists_before_the_first_call():
    model = build()
    before = [variable.path for variable in model.variables]
    logits(model)
    assert [variable.path for variable in model.variables] == before


def test_the_seed_makes_the_model_and_leaves_pythons_random_alone():
    state = random.getstate()
    one, same, other = build(seed=1), build(seed=1), build(seed=2)
    assert random.getstate() == state
    for weight, twin in zip(one.variables, same.variables, strict=True):
        np.testing.assert_array_equal(weight, twin)
    assert np.abs(logits(one) - logits(other)).max() > 1e-3


def test_weights_of_equal_shape_start_different():
    kernels = [w for w in build().weights if w.path.endswith("step1/pointwise/kernel")]
    assert len(kernels) > 3
    assert len({np.asarray(kernel).tobytes() for kernel in kernels}) == len(kernels)


def test_one_net_for_each_share_key_with_the_sides_in_use():
    model = build(inputs=("shared", "source"), targets=("shared",))
    assert set(model.modalities) == {"language:shared", "language:source"}
    assert [w.name for w in model.modalities["language:source"].weights] == ["input_embedding"]
    assert len(model.modalities["language:shared"].weights) == 3
    assert logits(model, inputs="language:source").shape == (2, 4, 13)


def test_commands_are_kept_by_name_so_that_one_can_be_added():
    few, more = build(commands=["a", "text/en-de"]), build(commands=["a", "text/en-de", "", "z"])
    names = [
        {path for path in name_variables(model.variables, model.row_names) if "command" in path}
        for model in (few, more)
    ]
    assert names[0] == {"multimodel/command.a", "multimodel/command.text.en-de"}
    assert names[1] - names[0] == {"multimodel/command.z"}


@pytest.mark.parametrize(
    ("what", "given"),
    [("commands", {"commands": ["a/b", "", "", "a.b"]}), ("nets", {"inputs": ["a/b", "a.b"]})],
)
def test_names_that_a_checkpoint_does_not_tell_apart_are_refused(what, given):
    with pytest.raises(UserError, match=rf"{what} '.*a.b' and '.*a.b' are not told apart"):
        build(**given)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "absent", "present"),
    [
        ({"use_experts": False}, "/experts/", ""),
        ({"use_attention": False}, "/attention/", ""),
        ({"mixer_join": "concat"}, "mixer/merge/gain", "mixer/merge/pointwise/kernel"),
        ({"gain_per_channel": False}, "", ""),
        ({"timing_on_inputs": False}, "", ""),
        ({"attention_convolutions": "blocks"}, "attention/mix1/depthwise", "attention/mix1/step1"),
        ({"moe_after": (0, 0)}, "", ""),
        ({"expert_dispatch": "dense"}, "", ""),
        ({"expert_dispatch": "blocked"}, "", ""),
        ({"expert_dispatch": "capacity", "capacity_factor": 0.5}, "", ""),
    ],
)
def test_each_option_builds_and_changes_what_it_says(change, absent, present):
    plain, changed = build(), build(**change)
    paths = " ".join(weight.path for weight in changed.weights)
    assert not absent or (absent not in paths and absent in " ".join(w.path for w in plain.weights))
    assert present in paths
    assert np.isfinite(logits(changed)).all()
    if change.keys() & {"expert_dispatch", "gain_per_channel"}:  # the same until trained
        np.testing.assert_allclose(logits(plain), logits(changed), atol=1e-5)
    else:
        assert np.abs(logits(plain) - logits(changed)).max() > 1e-4


def test_a_scalar_gain_takes_the_place_of_a_vector():
    gains = [w for w in build(gain_per_channel=False).weights if w.name in ("gain", "shift")]
    assert gains
    assert all(gain.shape == () for gain in gains)


def test_without_experts_the_balance_loss_is_zero():
    ids = np.arange(2, 10).reshape(2, 4)
    out = build(use_experts=False)(
        {"inputs": ids, "targets": ids, "command": np.array(0)},
        input_modality="language:shared",
        target_modality="language:shared",
    )
    assert float(out.balance_loss) == 0.0
    assert out.reports == []


@pytest.mark.slow
def test_the_paper_size_has_the_papers_parameters():
    # Counted at one and two experts; the count is linear in their number.
    from t2t_mm import registry

    paper = registry.hparams("multimodel_paper")
    experts = paper.experts
    assert (paper.model.width, experts.expert_width, experts.num_experts) == (1024, 1024, 240)
    counts = []
    for num_experts in (1, 2):
        changes = {"num_experts": num_experts, "experts_per_token": 1}
        model = build(**{**vars(paper.model), **vars(experts), **changes})
        counts.append(body_parameters(model))
        del model
    per_expert = counts[1] - counts[0]
    sparse = per_expert * experts.num_experts
    dense = counts[0] - per_expert
    assert sparse == pytest.approx(1008e6, rel=0.01)
    assert dense == pytest.approx(103e6, rel=0.01)
    assert dense + sparse == pytest.approx(1111e6, rel=0.01)
