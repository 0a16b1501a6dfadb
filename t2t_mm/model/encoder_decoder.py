"""The body and the nets around it: a batch is read, then written whole or step by step.

Axis letters: B batch, L input positions, T target positions, D body width.
Source: arXiv:1706.05137.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from t2t_mm.layers.experts.mixture_of_experts import ExpertBlock
from t2t_mm.layers.lineage import Lineage
from t2t_mm.modalities.base import Modality
from t2t_mm.model.decoder import Decoder
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.mixer import Mixer
from t2t_mm.model.outputs import DecodingCache, Encoded, ExpertReport, make_expert_reports

Tensor = Any


class EncoderDecoder(keras.layers.Layer):
    """One encoder, mixer and decoder between the nets of all modalities.

    `MultiModel` is this with predictions and losses.

    Args:
        encoder: Reads the input.
        mixer: Joins the encoder's output with previous outputs; None, as the decoder, where all
            targets are made from the encoder's output.
        decoder: Makes the output.
        modalities: The nets by share key; a net serves as input, target, or both.
        commands: Names of what the model can be told, a row of the table each; "" for none.

    Attributes:
        command_embeddings: The table, float[C, D]; None where there is no decoder to be told.
    """

    def __init__(
        self,
        encoder: Encoder,
        mixer: Mixer | None,
        decoder: Decoder | None,
        modalities: Mapping[str, Modality],
        commands: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder = encoder
        self.mixer = mixer
        self.decoder = decoder
        self.modalities = dict(modalities)
        self.commands = list(commands)

    @property
    def width(self) -> int:
        """Body width D."""
        return int(next(iter(self.modalities.values())).width)

    def build(self, input_shape: Any = None) -> None:
        """Create every variable; no input is needed."""
        for net in self.modalities.values():
            net.build(None)
        for part in (self.encoder, self.mixer, self.decoder):
            if part is not None:
                part.build((None, None, self.width))
        self.command_embeddings = None
        if self.decoder is not None:
            shape = (len(self.commands), self.width)
            self.command_embeddings = self.add_weight(shape, self._draw_commands, name="commands")

    def _draw_commands(self, shape: tuple[int, int], dtype: Any = None) -> Tensor:
        """Draw each row by itself, so that one more command leaves the others as they are."""

        def draw(name: str) -> Tensor:
            if not name:
                return ops.zeros(shape[1:], dtype)
            return keras.initializers.RandomNormal(stddev=shape[1] ** -0.5)(shape[1:], dtype)

        return ops.stack([draw(name) for name in self.commands])

    @property
    def row_names(self) -> dict[str, list[str]]:
        """Names of the rows that checkpoints keep one by one, by their table's path.

        So a command keeps its embedding when there are more; "" is not kept.
        """
        rows: dict[str, list[str]] = {}
        for moe in (self.encoder.moe, self.decoder and self.decoder.moe):
            rows |= moe.experts.row_names if isinstance(moe, ExpertBlock) else {}
        if self.command_embeddings is not None:
            start = f"{self.path}/command."
            table = self.command_embeddings.path
            rows[table] = [name and start + name.replace("/", ".") for name in self.commands]
        return rows

    def mark_rows(self, command: Tensor | int) -> Tensor:
        """Mark the commands of a batch, int scalar or int[B], among all: bool[C].

        Example:
            >>> EncoderDecoder(Encoder(1), None, None, {}, ["de", "fr"]).mark_rows(1).numpy()
            array([False,  True])
        """
        asked = ops.reshape(command, (-1, 1))
        return ops.any(ops.equal(asked, ops.arange(len(self.commands), dtype=asked.dtype)), axis=0)

    def list_reached_variables(self, input_modality: str, target_modality: str) -> list[Any]:
        """Return the trainable variables that the loss of a batch of this pair of nets reaches.

        Args:
            input_modality: Share key of the input net.
            target_modality: Share key of the target net.

        Returns:
            Those of the input net first, then about in the order in which they are read. Of the
            table of commands only the rows of the batch's commands are reached.
        """
        source, target = self.modalities[input_modality], self.modalities[target_modality]
        parts = [
            source.list_input_variables(),
            self.encoder.trainable_variables,
            target.list_target_variables(source.makes_grid),
        ]
        if not target.reads_encoder:
            body = [part.trainable_variables for part in self._require_decoder(target_modality)]
            parts += [*body, [self.command_embeddings]]
        by_path = {variable.path: variable for part in parts for variable in part}
        return [variable for variable in by_path.values() if variable.trainable]

    def find_command(self, name: str) -> int:
        """Return the index to pass as `command`.

        Raises:
            ValueError: If there is no such command.
        """
        if name not in self.commands or not name:
            raise ValueError(
                f"The model has no such command; it has {', '.join(filter(None, self.commands))}. "
                f"Received: name={name!r}."
            )
        return self.commands.index(name)

    def encode(
        self,
        inputs: Tensor,
        *,
        modality: str,
        sizes: Tensor | None = None,
        training: bool = False,
        problem: Tensor | int | None = None,
        is_example: Tensor | None = None,
    ) -> Encoded:
        """Read a batch of inputs.

        Args:
            inputs: As the modality takes them; int[B, L] for text.
            modality: Share key of the input net.
            sizes: int[B, n], real sizes of pictures or sounds; None: nothing is padded.
            training: Whether dropout and gate noise are on.
            problem: Index of the problem, int scalar or int[B], read where the gates are of
                problems, in the decoder too.
            is_example: bool[B], False of rows that fill a batch up; None: there are none.
        """
        positions = self.modalities[modality].bottom(inputs, sizes, training=training)
        positions = positions.leave_out(is_example)
        x, routings = self.encoder(
            positions.x, position_mask=positions.mask, training=training, problem=problem
        )
        return Encoded(positions._replace(x=x), make_expert_reports("encoder", routings), problem)

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
        """Predict each target from those before it.

        Targets are shifted right here and the command's embedding put in front: what stands in
        the last place is never read, its place asks for one more prediction.

        Args:
            encoded: From `encode`.
            targets_in: int[B, T], not shifted.
            modality: Share key of the target net.
            command: Index into `commands`, int scalar or int[B].
            training: Whether dropout and gate noise are on.
            mask: bool[B, T], the places to predict; others reach no expert. Default: the first,
                and each that follows a real target.

        Returns:
            float[B, T, D] for `compute_logits`, and one report for each mixture of the decoder.

        Raises:
            ValueError: If the model was built without a decoder.
        """
        mixer, decoder = self._require_decoder(modality)
        targets = self.modalities[modality].targets_bottom(targets_in, training=training)
        shifted = self._put_command_first(targets.x, command)
        if mask is None:
            first = ops.ones_like(targets.mask[:, :1])
            mask = ops.concatenate([first, targets.mask[:, :-1]], axis=1)
        source, told = encoded.positions.x, {"source_mask": encoded.positions.mask}
        x = mixer(shifted, source, training=training, **told)
        told |= {"position_mask": mask, "problem": encoded.problem}
        x, routings = decoder(x, source, training=training, **told)
        return x, make_expert_reports("decoder", routings)

    def start_decoding(
        self, encoded: Encoded, *, modality: str, command: Tensor | int
    ) -> DecodingCache:
        """Make the cache for `decode_step` before the first target; it is to `grow` first.

        Args:
            encoded: From `encode`.
            modality: Share key of the target net.
            command: Index into `commands`, int scalar or int[B].

        Raises:
            ValueError: If the model was built without a decoder.
        """
        mixer, decoder = self._require_decoder(modality)
        source, mask, _ = encoded.positions
        problem: Tensor = ()
        if encoded.problem is not None:
            problem = ops.broadcast_to(encoded.problem, (1, ops.shape(source)[0]))
        return DecodingCache(
            self._embed_command(command, source[:, 0])[None],
            mixer.start_cache(source, mask),
            decoder.start_cache(source, mask),
            problem,
        )

    def decode_step(
        self,
        previous: Tensor,
        position: Tensor | int,
        cache: DecodingCache,
        *,
        modality: str,
        lineage: Lineage | None = None,
    ) -> tuple[Tensor, DecodingCache]:
        """Predict one target of every row: what `decode` gives there, without its prefix.

        Args:
            previous: int[B], the target before it; at position 0 it is not read. A row that was
                given padding has ended: it reaches no expert.
            position: int scalar, the number of targets before it.
            cache: Of these targets, with room for one more, see `layers.caching`.
            modality: Share key of the target net.
            lineage: Where hypotheses share a cache, see `layers.lineage`.

        Returns:
            float[B, D] for `compute_logits`, and the cache for the next position.

        Example:
            >>> import t2t_mm
            >>> from t2t_mm.layers.caching import grow
            >>> model, text = t2t_mm.load("demo/run").restored.model, "language:shared"
            >>> encoded = model.encode(ops.array([[5, 6, 1]]), modality=text)
            >>> cache = grow(model.start_decoding(encoded, modality=text, command=0))
            >>> x, cache = model.decode_step(ops.array([0]), 0, cache, modality=text)
            >>> first = ops.argmax(model.compute_logits(x, text), axis=-1)
            >>> x, cache = model.decode_step(first, 1, cache, modality=text)
            >>> x.shape == (1, model.width)
            True
        """
        mixer, decoder = self._require_decoder(modality)
        targets = self.modalities[modality].targets_bottom(previous[:, None])
        is_first = ops.equal(position, 0)
        x = ops.where(is_first, cache.command[0], targets.x[:, 0])
        row_mask = ops.logical_or(is_first, targets.mask[:, 0])
        x, mixed = mixer.decode_step(x, cache.mixer, position, lineage)
        problem = None if isinstance(cache.problem, tuple) else cache.problem[0]
        x, decoded = decoder.decode_step(x, cache.decoder, position, row_mask, problem, lineage)
        return x, cache._replace(mixer=mixed, decoder=decoded)

    def _require_decoder(self, modality: str) -> tuple[Mixer, Decoder]:
        if self.mixer is not None and self.decoder is not None:
            return self.mixer, self.decoder
        raise ValueError(f"The model has no decoder. Received: modality={modality!r}.")

    def _put_command_first(self, x: Tensor, command: Tensor | int) -> Tensor:
        first = self._embed_command(command, x[:, 0])
        return ops.concatenate([first[:, None], x[:, :-1]], axis=1)

    # Chosen: scaled by sqrt(D) like the embeddings of symbols, beside which it stands.
    def _embed_command(self, command: Tensor | int, x: Tensor) -> Tensor:
        """Return the embedding of each row's command, shaped like `x`, float[B, D]."""
        table = ops.cast(self.command_embeddings, x.dtype)
        chosen = ops.take(table, command, axis=0) * self.width**0.5
        return ops.broadcast_to(ops.reshape(chosen, (-1, self.width)), ops.shape(x))
