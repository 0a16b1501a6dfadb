"""The records of settings that shape the model: its body, its experts, the nets around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from t2t_mm.errors import UserError
from t2t_mm.settings.mesh_shape import count_expert_slices
from t2t_mm.settings.section import Section, declare_field


@dataclass(frozen=True, kw_only=True)
class ModelHParams(Section):
    """The body of the MultiModel, but for its experts.

    Args:
        width: Body width D.
        num_heads: Attention heads H; must divide the width.
        encoder_blocks: ConvBlocks of the encoder.
        mixer_blocks: ConvBlocks of the input/output mixer.
        decoder_blocks: Blocks (convolutions and attention) of the decoder.
        dropout: Rate at the end of each ConvBlock.
        attention_dropout: Rate on attention weights.
        use_attention: False leaves the attention out.
        attention_convolutions: The two convolutions in front of an attention: ConvSteps as in
            Tensor2Tensor, or full ConvBlocks, as the paper's words may be read.
        gain_per_channel: Norms of the body learn a gain and shift per channel; False: scalars.
        mixer_join: How the mixer joins attention and targets.
        timing_on_inputs: Whether the timing signal is also added to the encoder's input.
        final_norm: Whether what the decoder makes goes through a layer norm before it is turned
            into pieces, as in Transformers whose norms come first; not in the paper.
        precision: Type of activations and products; weights are float32 in both.
    """

    section = "model"

    width: int = declare_field(512, at_least=1)
    num_heads: int = declare_field(8, at_least=1)
    encoder_blocks: int = declare_field(6, at_least=1)
    mixer_blocks: int = declare_field(2, at_least=0)
    decoder_blocks: int = declare_field(4, at_least=1)
    dropout: float = declare_field(0.1, at_least=0, below=1)
    attention_dropout: float = declare_field(0.1, at_least=0, below=1)
    use_attention: bool = True
    attention_convolutions: Literal["steps", "blocks"] = "steps"
    gain_per_channel: bool = True
    mixer_join: Literal["add", "concat"] = "add"
    timing_on_inputs: bool = True
    final_norm: bool = False
    precision: Literal["float32", "mixed_bfloat16"] = "float32"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width % 2 or (self.use_attention and self.width % self.num_heads):
            raise UserError(
                "model.width must be even and a multiple of model.num_heads",
                received={"model.width": self.width, "model.num_heads": self.num_heads},
            )


@dataclass(frozen=True, kw_only=True)
class ExpertHParams(Section):
    """The two mixtures of experts in the body.

    Args:
        use_experts: False leaves the expert layers out.
        num_experts: Experts E in each of the two expert layers.
        experts_per_token: Experts k chosen for each position.
        expert_width: Hidden width F of one expert.
        moe_after: Blocks before the mixture, of the encoder and of the decoder; none given: half of
            them, "the middle" of the paper. Tensor2Tensor had [2, 2].
        outer_residual: x + LN(x + MoE(x)), as the decoder adds its attention, in place of
            LN(x + MoE(x)).
        gate: What the gate of the experts looks at: each position, or only which problem it is,
            whose experts are then merged into one net (an ablation); experts_per_token is how many.
        balancing: What keeps all experts in use: the paper's losses of importance and load, the
            auxiliary loss of the Switch Transformer, a bias without a loss, or nothing. There is
            no loss where the gate looks at the problem.
        balance_loss_weight: Weight of the loss that `balancing` names, of each expert layer.
        z_loss_weight: Weight of the router z-loss of each expert layer, beside any balancing.
        bias_update_rate: How far a batch moves the bias of each expert, for balancing by bias.
        expert_dispatch: How positions reach their experts; "auto" picks by backend, as does
            "ragged" where TensorFlow's own graphs do not run. Only "capacity" drops any, and only
            in training; the log says how many.
        capacity_factor: What an expert has room for under "capacity", as a multiple of an equal
            share of the positions.
        mesh_shape: "experts:4" lays the experts out in 4 slices, each on a device of its own;
            empty: all are on one. Checkpoints are the same either way.
        entry_steps: Batches over which experts that t2t-add-problem has added come in; 0: there are
            none.
    """

    section = "experts"

    use_experts: bool = True
    num_experts: int = declare_field(30, at_least=1)
    experts_per_token: int = declare_field(2, at_least=1)
    expert_width: int = declare_field(2048, at_least=1)
    moe_after: tuple[int, ...] = declare_field((), at_least=0)
    outer_residual: bool = False
    gate: Literal["position", "problem"] = "position"
    balancing: Literal["importance_load", "switch", "bias", "none"] = "importance_load"
    balance_loss_weight: float = declare_field(0.01, at_least=0)
    z_loss_weight: float = declare_field(0.0, at_least=0)
    bias_update_rate: float = declare_field(1e-3, at_least=0)
    expert_dispatch: Literal["auto", "ragged", "blocked", "capacity", "dense", "tiered"] = "auto"
    capacity_factor: float = declare_field(1.25, at_least=0.1)
    mesh_shape: str = ""
    entry_steps: int = declare_field(0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.experts_per_token > self.num_experts:
            raise UserError(
                "experts.experts_per_token is larger than experts.num_experts",
                received={
                    "experts.experts_per_token": self.experts_per_token,
                    "experts.num_experts": self.num_experts,
                },
            )
        if self.use_experts and self.experts_per_token == 1 < self.num_experts:
            self._check_one_expert_is_learned()
        if len(self.moe_after) not in (0, 2):
            raise UserError(
                "experts.moe_after needs a number for the encoder and one for the decoder",
                received={"experts.moe_after": self.moe_after},
            )
        self._check_mesh()

    def _check_one_expert_is_learned(self) -> None:
        """Refuse what cannot teach the gate: the softmax over one chosen expert is always 1."""
        if self.gate == "problem" or self.balancing in ("bias", "none"):
            raise UserError(
                "A gate that chooses one expert learns from a balance loss only, and there is none",
                received={
                    "experts.experts_per_token": 1,
                    "experts.gate": self.gate,
                    "experts.balancing": self.balancing,
                },
                fix="Set experts.experts_per_token=2, or the gate position and the balancing "
                "importance_load or switch.",
            )

    def check_gate_is_taught(self) -> None:
        """Refuse to begin a run whose one chosen expert nothing teaches; there are such runs.

        Raises:
            UserError: The loss that would teach the gate has no weight.
        """
        chooses_one = self.use_experts and self.experts_per_token == 1 < self.num_experts
        if chooses_one and not self.balance_loss_weight:
            raise UserError(
                "A gate that chooses one expert learns from a balance loss only; it has no weight",
                received={"experts.experts_per_token": 1, "experts.balance_loss_weight": 0.0},
                fix="Set experts.experts_per_token=2, or a weight.",
            )

    def _check_mesh(self) -> None:
        slices = count_expert_slices(self.mesh_shape)
        if slices and self.num_experts % slices:
            raise UserError(
                "The slices of experts.mesh_shape do not divide experts.num_experts",
                received={
                    "experts.mesh_shape": self.mesh_shape,
                    "experts.num_experts": self.num_experts,
                },
            )
        runs_by_slice = self.expert_dispatch in ("auto", "ragged", "dense")
        if slices and (self.gate == "problem" or not runs_by_slice):
            raise UserError(
                "Slices of experts need a gate that looks at positions and a dispatch that "
                "runs slice by slice",
                expected="experts.gate=position and experts.expert_dispatch=auto, ragged or dense",
                received={
                    "experts.mesh_shape": self.mesh_shape,
                    "experts.gate": self.gate,
                    "experts.expert_dispatch": self.expert_dispatch,
                },
            )


@dataclass(frozen=True, kw_only=True)
class ModalityHParams(Section):
    """The nets of pictures, sounds and classes; each net reads its own fields in `from_feature`.

    Args:
        image_widths: Channels of the two first steps of the picture net and of its blocks but the
            last, which has the body width; none is wider than the body.
        audio_stem_width: Channels of an ordinary 3x3 convolution of stride 2 before the blocks
            of the sound net; 0: none, as in the paper.
        audio_widths: Channels of each block of the sound net; 0: the body width. After a stem a
            waveform has the body width in all of them.
        audio_time_strides: Stride in time of each block.
        audio_frequency_strides: Stride in frequency of each block.
        audio_bands: Whether the bands that are left are positions of their own or are folded
            into the channels of theirs.
        audio_frequency_masks: Runs of up to a third of the bands that training hides from the sound
            net (SpecAugment).
        audio_time_masks: Runs of up to a fifth of a sound that training hides.
        categorical_widths: Channels of the last two steps of the class net; 0: one and a half
            times and twice the body width.
        symbol_dropout: Share of the pieces of texts that training hides from the nets that read
            inputs and earlier targets.
        share: Whether problems share the nets whose features say so; False: each has its own.
        separable: Whether the convolutions of pictures and sounds are depthwise-separable.
        norm: Their normalization: over all places of a batch, channel by channel, or over the
            channels of each place ("layer", as in the paper).
    """

    section = "modality"

    image_widths: tuple[int, ...] = declare_field((32, 64, 128, 256), at_least=1)
    audio_stem_width: int = declare_field(16, at_least=0)
    audio_widths: tuple[int, ...] = declare_field((32, 64, 128), at_least=0)
    audio_time_strides: tuple[int, ...] = declare_field((2, 2, 1), at_least=1)
    audio_frequency_strides: tuple[int, ...] = declare_field((2, 2, 2), at_least=1)
    audio_bands: Literal["channels", "positions"] = "channels"
    audio_frequency_masks: int = declare_field(0, at_least=0)
    audio_time_masks: int = declare_field(0, at_least=0)
    categorical_widths: tuple[int, ...] = declare_field((0, 0), at_least=0)
    symbol_dropout: float = declare_field(0.0, at_least=0.0, below=1.0)
    share: bool = True
    separable: bool = True
    norm: Literal["batch", "layer"] = "batch"

    def __post_init__(self) -> None:
        super().__post_init__()
        audio = {
            "modality.audio_widths": self.audio_widths,
            "modality.audio_time_strides": self.audio_time_strides,
            "modality.audio_frequency_strides": self.audio_frequency_strides,
        }
        if not self.audio_widths or len({len(values) for values in audio.values()}) > 1:
            raise UserError(
                "The blocks of the sound net need a width and two strides each", received=audio
            )
        if len(self.image_widths) < 2:
            raise UserError(
                "modality.image_widths needs the widths of at least the two first steps",
                received={"modality.image_widths": self.image_widths},
            )
        if len(self.categorical_widths) != 2:
            raise UserError(
                "modality.categorical_widths needs two widths",
                received={"modality.categorical_widths": self.categorical_widths},
            )
