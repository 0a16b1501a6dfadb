"""The MultiModel: modality nets around one body that all problems share.

Axis letters: B batch, L input positions, T target positions, D body width, V classes, E experts.
Source: arXiv:1706.05137.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from t2t_mm.layers.gating import Routing
from t2t_mm.layers.masking import real_positions
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.model.decoder import Decoder
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.mixer import Mixer

Tensor = Any


class ExpertReport(NamedTuple):
    """How one mixture of experts was used in one call.

    Attributes:
        name: "encoder" or "decoder".
        importance: float[E], the sum of each expert's gates.
        load: float[E], each expert's number of positions (estimated in training).
        balance_loss: scalar, not weighted.
    """

    name: str
    importance: Tensor
    load: Tensor
    balance_loss: Tensor


class Encoded(NamedTuple):
    """The encoder's output.

    Attributes:
        positions: float[B, L, D] and its mask.
        reports: one for each mixture of experts of the encoder.
    """

    positions: Positions
    reports: list[ExpertReport]


class Outputs(NamedTuple):
    """What a call of the model returns.

    Attributes:
        logits: float[B, T, V].
        balance_loss: scalar, weighted: ready to be added to the loss.
        reports: one for each mixture of experts, encoder before decoder.
    """

    logits: Tensor
    balance_loss: Tensor
    reports: list[ExpertReport]


class MultiModel(keras.layers.Layer):
    """One encoder, mixer and decoder between the nets of all modalities.

    Args:
        encoder: reads the input.
        mixer: joins the encoder's output with previous outputs.
        decoder: makes the output.
        modalities: the nets by share key; a net serves as input, target, or both.
        commands: names of what the model can be told to do; "" leaves a row unused. Each has an
            embedding of its own, kept under its name.
        balance_loss_weight: of each mixture's balance loss.

    See `t2t_mm.model.build.build_multimodel`, which makes one from settings.
    """

    def __init__(
        self,
        encoder: Encoder,
        mixer: Mixer,
        decoder: Decoder,
        modalities: Mapping[str, Modality],
        commands: Sequence[str],
        balance_loss_weight: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder = encoder
        self.mixer = mixer
        self.decoder = decoder
        self.modalities = dict(modalities)
        self.commands = list(commands)
        self.balance_loss_weight = balance_loss_weight

    @property
    def width(self) -> int:
        """Body width D."""
        width: int = next(iter(self.modalities.values())).width
        return width

    def build(self, input_shape: Any = None) -> None:
        """Creates every variable; no input is needed."""
        for net in self.modalities.values():
            net.build(None)
        for part in (self.encoder, self.mixer, self.decoder):
            part.build((None, None, self.width))
        self.command_embeddings = {
            name: self.add_weight(
                (self.width,),
                keras.initializers.RandomNormal(stddev=self.width**-0.5),
                name=f"command.{name.replace('/', '.')}",
            )
            for name in self.commands
            if name
        }

    def command_index(self, name: str) -> int:
        """Returns the index to pass as `command`.

        Raises:
            ValueError: if there is no such command.
        """
        if name not in self.commands or not name:
            raise ValueError(
                f"The model has no such command; it has {', '.join(filter(None, self.commands))}. "
                f"Received: name={name!r}."
            )
        return self.commands.index(name)

    def encode(self, inputs: Tensor, *, modality: str, training: bool = False) -> Encoded:
        """Reads a batch of inputs.

        Args:
            inputs: as the modality takes them; int[B, L] for text.
            modality: share key of the input net.
            training: whether dropout and gate noise are on.
        """
        positions = self.modalities[modality].bottom(inputs, training=training)
        x, routings = self.encoder(positions.x, position_mask=positions.mask, training=training)
        return Encoded(positions._replace(x=x), _reports("encoder", routings))

    def decode(
        self,
        encoded: Encoded,
        targets_in: Tensor,
        *,
        modality: str,
        command: Tensor | int,
        training: bool = False,
        mask: Tensor | None = None,
    ) -> tuple[Tensor, list[ExpertReport]]:
        """Predicts each target from those before it.

        Targets are shifted right here and the command's embedding put in front: what stands in
        the last place is never read, its place asks for one more prediction.

        Args:
            encoded: from `encode`.
            targets_in: int[B, T], not shifted.
            modality: share key of the target net.
            command: index into `commands`, int scalar or int[B].
            training: whether dropout and gate noise are on.
            mask: bool[B, T], the places to predict; others reach no expert. Default: the first,
                and each that follows a real target.

        Returns:
            float[B, T, D] for `logits`, and one report for each mixture of the decoder.
        """
        targets = self.modalities[modality].targets_bottom(targets_in, training=training)
        shifted = self._put_command_first(targets.x, command)
        if mask is None:
            first = ops.ones_like(targets.mask[:, :1])
            mask = ops.concatenate([first, targets.mask[:, :-1]], axis=1)
        source, source_mask = encoded.positions.x, encoded.positions.mask
        x = self.mixer(shifted, source, source_mask=source_mask, training=training)
        x, routings = self.decoder(
            x, source, source_mask=source_mask, position_mask=mask, training=training
        )
        return x, _reports("decoder", routings)

    def logits(self, x: Tensor, modality: str) -> Tensor:
        """Turns float[B, T, D] from `decode` into float[B, T, V] of the target net `modality`."""
        return self.modalities[modality].top(x)

    def call(
        self,
        inputs: Mapping[str, Tensor],
        *,
        input_modality: str,
        target_modality: str,
        training: bool = False,
    ) -> Outputs:
        """Runs the model on given targets (teacher forcing).

        Args:
            inputs: "inputs" and "targets" as their modalities take them, and "command", an
                index into `commands`: int scalar or int[B].
            input_modality: share key of the input net.
            target_modality: share key of the target net.
            training: whether dropout and gate noise are on.
        """
        encoded = self.encode(inputs["inputs"], modality=input_modality, training=training)
        targets = inputs["targets"]
        x, reports = self.decode(
            encoded,
            targets,
            modality=target_modality,
            command=inputs["command"],
            training=training,
            mask=real_positions(targets),
        )
        reports = [*encoded.reports, *reports]
        balance_loss = ops.zeros((), "float32")
        for report in reports:
            balance_loss = balance_loss + self.balance_loss_weight * report.balance_loss
        return Outputs(self.logits(x, target_modality), balance_loss, reports)

    def loss(
        self, logits: Tensor, targets: Tensor, target_modality: str, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Returns the summed loss and the number of targets, two float32 scalars."""
        return self.modalities[target_modality].loss(logits, targets, label_smoothing)

    # Chosen: scaled by sqrt(D) like the embeddings of symbols, beside which it stands.
    def _put_command_first(self, x: Tensor, command: Tensor | int) -> Tensor:
        unused = ops.zeros((self.width,), x.dtype)
        rows = [
            ops.cast(self.command_embeddings.get(name, unused), x.dtype) for name in self.commands
        ]
        chosen = ops.take(ops.stack(rows), command, axis=0) * self.width**0.5
        first = ops.broadcast_to(ops.reshape(chosen, (-1, 1, self.width)), ops.shape(x[:, :1]))
        return ops.concatenate([first, x[:, :-1]], axis=1)


def _reports(name: str, routings: list[Routing]) -> list[ExpertReport]:
    return [
        ExpertReport(name, routing.importance, routing.load, routing.balance_loss)
        for routing in routings
    ]
