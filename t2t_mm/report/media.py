"""Pictures and sounds as data URIs, made small enough that the page stays small."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.data.pictures.stored_pictures import open_picture
from t2t_mm.data.sounds.sound_files import decode_sound, encode_wav
from t2t_mm.data.sounds.stored_sounds import store_sound
from t2t_mm.errors import UserError

_LARGEST_PICTURE = 320  # pixels, its longer side
_PICTURE_BYTES = 40_000  # a picture file up to this size is shown as it is
_LOWEST_RATE_HZ = 8_000  # below it speech is hard to follow
_MIME_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg", b"GIF8": "image/gif"}


class Media:
    """The pictures and sounds of samples, each as a data URI.

    Args:
        output_dir: The run's folder, which the samples' paths are relative to; files elsewhere are
            not read.
        samples: All samples of the page. Pictures are made small first; what is then left of the
            budget is shared equally by the sounds, which are halved in sample rate until they fit;
            a long one that does not leaves its share to the others.
        budget_bytes: For all of them together, as they stand in the page.
    """

    def __init__(
        self, output_dir: Path, samples: Iterable[Mapping[str, Any]], budget_bytes: int
    ) -> None:
        self._uris: dict[str, str] = {}
        self._left_out: set[str] = set()
        sounds = []
        for kind, name in _list_files(samples):
            path = output_dir / name
            is_of_run = path.resolve().is_relative_to(output_dir.resolve())
            if not is_of_run or not path.is_file() or name in self._uris:
                continue
            if kind == "sound":
                sounds.append((name, path))
                continue
            uri = _encode_picture(path)
            if len(uri) <= budget_bytes:
                budget_bytes -= len(uri)
                self._uris[name] = uri
            else:
                self._left_out.add(name)
        sounds.sort(key=lambda sound: sound[1].stat().st_size, reverse=True)
        for number, (name, path) in enumerate(sounds):
            sound = _encode_sound(path, budget_bytes // (len(sounds) - number))
            if sound is None:
                self._left_out.add(name)
            self._uris[name] = sound or ""
            budget_bytes -= len(self._uris[name])

    def uri(self, sample: Mapping[str, Any], kind: str) -> str:
        """Return the data URI of a sample's "picture" or "sound"; "" where none of it fits."""
        return self._uris.get(sample.get(kind, ""), "")

    def explain(self, sample: Mapping[str, Any], kind: str) -> str:
        """Return why there is no data URI of a sample's file; "" where there is one, or no file."""
        name = sample.get(kind, "")
        if not name or self.uri(sample, kind):
            return ""
        if name in self._left_out:
            return f"The {kind} is left out to keep this page small."
        return f"The file of the {kind} is not there, or cannot be read."


def _list_files(samples: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for sample in samples:
        for kind in ("picture", "sound"):
            if sample.get(kind):
                yield kind, sample[kind]


def _encode_picture(path: Path) -> str:
    """Encode a picture as it is if it is small and browsers know it, else as a smaller JPEG."""
    content = path.read_bytes()
    mime = next((mime for start, mime in _MIME_TYPES.items() if content.startswith(start)), "")
    if not mime or len(content) > _PICTURE_BYTES:
        try:
            with open_picture(io.BytesIO(content)) as picture:
                small = picture.convert("RGB")
        except Exception:  # of a damaged file: the sample is shown without its picture
            return ""
        small.thumbnail((_LARGEST_PICTURE, _LARGEST_PICTURE))
        encoded = io.BytesIO()
        small.save(encoded, "JPEG", quality=82)
        content, mime = encoded.getvalue(), "image/jpeg"
    return make_data_uri(content, mime)


def _encode_sound(path: Path, limit: int) -> str | None:
    """Encode a sound file as 16-bit mono; "" where it cannot be read, None where it cannot fit."""
    try:
        sound = decode_sound(path)
        stored = store_sound(sound.mix_to_mono())
    except UserError:
        return ""
    samples, rate = np.frombuffer(stored, "<i2").astype(np.float32), sound.sample_rate_hz
    while True:
        uri = make_data_uri(encode_wav(samples.astype(np.int16), rate), "audio/wav")
        if len(uri) <= limit:
            return uri
        if rate // 2 < _LOWEST_RATE_HZ:
            return None
        # The mean of two neighbours keeps most of what is above the new limit from folding down.
        samples, rate = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1), rate // 2


def make_data_uri(content: bytes, mime: str) -> str:
    """Return the address of a file that stands in the page itself."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"
