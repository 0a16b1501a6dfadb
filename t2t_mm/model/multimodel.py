"""The MultiModel: modality nets around one body that all problems share.

Axis letters: B batch, L input positions, T target positions, D body width, V classes, E experts.
Source: arXiv:1706.05137.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops
from keras.backend import is_float_dtype

from t2t_mm.layers.masking import mark_real_positions
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.model.decoder import Decoder
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.encoder_decoder import EncoderDecoder
from t2t_mm.model.mixer import Mixer
from t2t_mm.model.outputs import Encoded, ExpertReport, Losses, Outputs

Tensor = Any


class MultiModel(EncoderDecoder):
    """Encoder and decoder with what they predict on given targets, and what that costs.

    Args:
        encoder: See `EncoderDecoder`.
        mixer: See `EncoderDecoder`.
        decoder: See `EncoderDecoder`.
        modalities: See `EncoderDecoder`.
        commands: See `EncoderDecoder`.
        balance_loss_weight: Of each mixture's balance loss.
        z_loss_weight: Of each mixture's router z-loss.

    Attributes:
        frozen_paths: Of the variables that training leaves as they are.
        free_rows: bool[R] by path of tables of which it leaves only some rows as they are.

    See `t2t_mm.model.build.build_multimodel`, which makes one from settings.
    """

    def __init__(
        self,
        encoder: Encoder,
        mixer: Mixer | None,
        decoder: Decoder | None,
        modalities: Mapping[str, Modality],
        commands: Sequence[str],
        balance_loss_weight: float = 0.01,
        z_loss_weight: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder, mixer, decoder, modalities, commands, **kwargs)
        self.balance_loss_weight = balance_loss_weight
        self.z_loss_weight = z_loss_weight
        self.free_rows: dict[str, Any] = {}
        self.frozen_paths: set[str] = set()

    def compute_logits(self, x: Tensor, modality: str) -> Tensor:
        """Turn float[..., D] from `decode` into float[..., V] of the target net `modality`."""
        return self.modalities[modality].top(x)

    def classify(self, encoded: Encoded, modality: str) -> Tensor:
        """Turn what `encode` gave into float[B, V] of the target net `modality`.

        Only nets with `reads_encoder` can do so; mixer and decoder have no part in it.
        """
        return self.modalities[modality].top(*encoded.positions)

    def call(
        self,
        inputs: Mapping[str, Tensor],
        *,
        input_modality: str,
        target_modality: str,
        training: bool = False,
    ) -> Outputs:
        """Run the model on given targets (teacher forcing).

        Args:
            inputs: "inputs" and "targets" as their modalities take them; "inputs_size", int[B, n],
                for pictures and sounds with padding; unless the target is a class,
                "command", an index into `commands`: int scalar or int[B]; and "problem" and
                "is_example", see `encode`.
            input_modality: Share key of the input net.
            target_modality: Share key of the target net.
            training: Whether dropout and gate noise are on.

        Example:
            >>> from t2t_mm.features import Language
            >>> from t2t_mm.model.build import ModalitySpec, build_multimodel
            >>> from t2t_mm.registry import load_hparams
            >>> tiny, nets = load_hparams("multimodel_tiny"), {"text": ModalitySpec(Language(), 16)}
            >>> model = build_multimodel(tiny.model, experts=tiny.experts, inputs=nets,
            ...                          targets=nets, commands=["to_german"], seed=1)
            >>> batch = {"inputs": ops.array([[5, 6, 1]]), "targets": ops.array([[7, 1]])}
            >>> batch["command"] = ops.array(model.find_command("to_german"))
            >>> outputs = model(batch, input_modality="text", target_modality="text")
            >>> outputs.logits.shape, [report.name for report in outputs.reports]
            (TensorShape([1, 2, 16]), ['encoder', 'decoder'])
        """
        positions, reports = self._compute_positions(
            inputs, input_modality, target_modality, training
        )
        logits = self.modalities[target_modality].top(*positions)
        return Outputs(logits, self._sum_balance_losses(reports), reports)

    def list_statistics(self) -> list[Any]:
        """Return what a training pass changes that no gradient trains, but for states of seeds."""
        unchanged = self.frozen_paths
        others = (one for one in self.non_trainable_variables if one.path not in unchanged)
        return [one for one in others if is_float_dtype(one.dtype)]

    def training_loss(
        self,
        inputs: Mapping[str, Tensor],
        *,
        input_modality: str,
        target_modality: str,
        label_smoothing: float = 0.0,
    ) -> Losses:
        """Compute the `loss` of a `call` in training, without all logits at once where the net can.

        Args:
            inputs: See `call`.
            input_modality: Share key of the input net.
            target_modality: Share key of the target net.
            label_smoothing: Mass spread evenly over the wrong classes.
        """
        positions, reports = self._compute_positions(
            inputs, input_modality, target_modality, training=True
        )
        loss_sum, weight = self.modalities[target_modality].training_loss(
            positions, inputs["targets"], label_smoothing
        )
        return Losses(loss_sum, weight, self._sum_balance_losses(reports), reports)

    def loss(
        self, logits: Tensor, targets: Tensor, target_modality: str, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Return the summed loss and the number of targets, two float32 scalars."""
        return self.modalities[target_modality].loss(logits, targets, label_smoothing)

    def _compute_positions(
        self,
        inputs: Mapping[str, Tensor],
        input_modality: str,
        target_modality: str,
        training: bool,
    ) -> tuple[Positions, list[ExpertReport]]:
        """Return what the target net's `top` takes, and one report for each mixture."""
        encoded = self.encode(
            inputs["inputs"],
            modality=input_modality,
            sizes=inputs.get("inputs_size"),
            training=training,
            problem=inputs.get("problem"),
            is_example=inputs.get("is_example"),
        )
        if self.modalities[target_modality].reads_encoder:
            return encoded.positions, encoded.reports
        mask = mark_real_positions(inputs["targets"])
        x, reports = self.decode(
            encoded,
            inputs["targets"],
            modality=target_modality,
            command=inputs["command"],
            training=training,
            mask=mask,
        )
        return Positions(x, mask), [*encoded.reports, *reports]

    def _sum_balance_losses(self, reports: list[ExpertReport]) -> Tensor:
        balance_loss = ops.zeros((), "float32")
        for report in reports:
            balance_loss = balance_loss + self.balance_loss_weight * report.balance_loss
            if self.z_loss_weight:
                balance_loss = balance_loss + self.z_loss_weight * report.z_loss
        return balance_loss
