"""Sets of the MultiModel, each written as a difference from another."""

from __future__ import annotations

from dataclasses import replace

from t2t_mm import registry
from t2t_mm.settings import (
    DataHParams,
    DecodeHParams,
    ExpertHParams,
    HParams,
    ModalityHParams,
    ModelHParams,
    OptimizerHParams,
    TrainHParams,
)


@registry.register_hparams
def multimodel_base() -> HParams:
    """Set the paper's topology at Tensor2Tensor's width: D 512, F 2048, 30 experts of which 2.

    For: full-size translation data on a GPU. Not measured.
    Source: blocks and losses arXiv:1706.05137; widths Tensor2Tensor's `multimodel_base`.
    Chosen: dropout 0.1, Adam 0.9/0.98, a rate of 1e-3 with warm-up and inverse square root decay;
    the paper's dropout of 0.4 and Tensor2Tensor's 0.85/0.997 and 1e-4 are for weeks of training.
    """
    return HParams()


@registry.register_hparams
def multimodel_small() -> HParams:
    """Set D 256, F 256, 16 experts of which 4: for real data of up to about 100,000 examples.

    For: hours on a CPU, minutes on a GPU. Not measured.
    Chosen: the paper's k; optimizer and dropout as in `multimodel_base`.
    """
    base = multimodel_base()
    return replace(
        base,
        model=replace(base.model, width=256),
        experts=replace(base.experts, expert_width=256, num_experts=16, experts_per_token=4),
        optimizer=OptimizerHParams(warmup_steps=1000),
        train=replace(base.train, steps=20_000),
    )


@registry.register_hparams
def multimodel_tiny() -> HParams:
    """Set D 128, F 512, 10 experts of which 2: for tests and first tries on a CPU.

    For: real data within an hour on two cores; docs/results.md has it on Multi30k.
    Source: widths Tensor2Tensor's `multimodel_tiny`; optimizer and dropout as in `multimodel_base`.
    """
    base = multimodel_base()
    return replace(
        base,
        model=replace(base.model, width=128),
        experts=replace(base.experts, expert_width=512, num_experts=10),
        modality=replace(base.modality, separable=False),
        optimizer=OptimizerHParams(warmup_steps=1000),
        train=replace(base.train, steps=10_000),
    )


@registry.register_hparams
def multimodel_paper() -> HParams:
    """Set the paper's model: D 1024, F = D, 240 experts of which 4, dropout 0.4.

    For: weeks of training on many accelerators. Not measured.
    Source: arXiv:1706.05137; optimizer Tensor2Tensor's `multimodel1p8` (Adam 0.85/0.997, clip 2,
    learning rate 1e-4), where the paper gives no values. The picture net is that of the base set
    at D 1024 with layer norm; the sound net has eight blocks of 2 to 256 channels with a stride of
    2 in time and none in frequency, no stem, and a ninth block to D as in Tensor2Tensor's first
    commit; attention weights have a dropout of 0.1 as in the base set; the
    class net has 1536 and 2048 channels.
    """
    base = multimodel_base()
    return replace(
        base,
        model=ModelHParams(width=1024, dropout=0.4),
        experts=ExpertHParams(expert_width=1024, num_experts=240, experts_per_token=4),
        modality=ModalityHParams(
            audio_stem_width=0,
            audio_widths=(2, 4, 8, 16, 32, 64, 128, 256, 0),
            audio_time_strides=(2,) * 9,
            audio_frequency_strides=(1,) * 9,
            audio_bands="positions",
            categorical_widths=(1536, 2048),
            norm="layer",
        ),
        optimizer=OptimizerHParams(
            learning_rate=1e-4,
            schedule="constant*linear_warmup",
            warmup_steps=3000,
            beta1=0.85,
            beta2=0.997,
        ),
    )


@registry.register_hparams
def multimodel_mini_text() -> HParams:
    """Set the tiny model for clean text that never repeats: the miniature's four directions.

    For: minutes on two cores. It has a vocabulary of 1,024 pieces, no dropout and no label
    smoothing (nothing repeats, so there is nothing to overfit), a learning rate of 2e-3 that falls
    to 0, and batches of 1,024 tokens. Measured: docs/results.md.
    """
    base = multimodel_tiny()
    return replace(
        base,
        model=replace(base.model, dropout=0.0, attention_dropout=0.0),
        data=DataHParams(vocab_size=1024, vocab_bytes=1_000_000, batch_tokens=1024),
        optimizer=OptimizerHParams(
            learning_rate=2e-3, schedule="constant*linear_warmup*cosine_decay", warmup_steps=200
        ),
        train=TrainHParams(steps=1000, label_smoothing=0.0, eval_every=500, checkpoint_every=500),
        decode=DecodeHParams(extra_length=20, batch_size=64),
    )


@registry.register_hparams
def multimodel_demo() -> HParams:
    """Set what `make demo` trains: `multimodel_mini_text` for all eight miniature problems.

    For: a quarter of an hour on two cores. The body has half the blocks: on data as clean as this
    it learns as much from a step, and a step costs less. A learning rate of 1.5e-3: at 3e-3, good
    for each problem alone, half of the problems together do not learn to read their inputs in this
    time (docs/results.md). The nets of pictures and sounds have half the channels of the other
    sets', or fewer. How often each problem is drawn is given by name: what has most to learn most
    often.
    """
    base = multimodel_mini_text()
    rates = {
        "mini_speech": 0.10,
        "mini_image": 0.09,
        "mini_caption": 0.31,
        "mini_parse": 0.22,
        "mini_ende": 0.07,
        "mini_enfr": 0.08,
        "mini_deen": 0.065,
        "mini_fren": 0.065,
    }
    batches = {"mini_image": 48, "mini_caption": 48, "mini_speech": 2048}
    return replace(
        base,
        model=replace(base.model, encoder_blocks=3, mixer_blocks=1, decoder_blocks=2),
        modality=replace(base.modality, image_widths=(16, 24, 32, 64), audio_widths=(16, 32, 64)),
        data=replace(base.data, mixing="given", rates=rates, batches=batches),
        optimizer=replace(base.optimizer, learning_rate=1.5e-3),
        train=replace(base.train, steps=2700, eval_every=1350, checkpoint_every=675),
        decode=DecodeHParams(extra_length=70, batch_size=64),
    )


@registry.register_hparams
def multimodel_study() -> HParams:
    """Set `multimodel_demo` at D 64 with 16 smaller experts of which 2, for the runs of a study.

    For: comparisons of runs of a minute or two, not for good scores. All problems are drawn equally
    often, batches are half as large, nets of pictures and sounds narrower, the rate is 2e-3. A run
    has one thread: as many runs at once as there are cores (`t2t-study --num_concurrent_runs`) end
    earlier than one after the other on all of them.
    """
    base = multimodel_demo()
    return replace(
        base,
        model=replace(base.model, width=64, num_heads=4),
        experts=replace(base.experts, expert_width=128, num_experts=16),
        modality=replace(base.modality, image_widths=(8, 16, 24, 32), audio_widths=(8, 16, 32)),
        data=DataHParams(
            vocab_size=1024,
            vocab_bytes=1_000_000,
            batch_tokens=512,
            batch_examples=24,
            batches={"mini_speech": 1024},
        ),
        optimizer=replace(base.optimizer, learning_rate=2e-3),
        train=replace(base.train, steps=1200, eval_every=0, checkpoint_every=1200, num_threads=1),
    )
