"""NIST SPHERE, the container of `.wv1` and `.sph` files: header, samples, and that both agree.

Read are PCM of 1 to 4 bytes a sample, mu-law and A-law (by libsndfile), and 16-bit PCM that is
compressed by shorten (by PyAV). What the header says of the samples, their number and checksum, is
compared with what was decoded: no file gives wrong sound in silence.

Source: NIST SPHERE 2.6; ITU-T G.711 for mu-law and A-law.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError

MAGIC = b"NIST_1A"

Int16 = npt.NDArray[np.int16]
Samples = Int16 | npt.NDArray[np.float32]

_SHORTEN = "embedded-shorten"
# Old files, as those of TIMIT, do not name it.
_DEFAULT_CODING = "pcm"
_BYTES_OF_CODING = {"pcm": 2, "ulaw": 1, "alaw": 1}


@dataclass(frozen=True)
class SphereHeader:
    """What the header of a SPHERE file says.

    Args:
        num_bytes: Size of the header, mostly 1,024.
        sample_rate_hz: Samples per second.
        num_samples: Samples of each channel.
        num_channels: Samples of the channels alternate.
        sample_bytes: Size of a sample.
        coding: "pcm", "ulaw" or "alaw".
        compression: "" or the name of the method, as "embedded-shorten-v2.00".
        byte_order: "<" (written "01" or "012" in the header) or ">" ("10", "210").
        checksum: Sum of all samples modulo 65,536; None where the header has none.
    """

    num_bytes: int
    sample_rate_hz: int
    num_samples: int
    num_channels: int
    sample_bytes: int
    coding: str
    compression: str
    byte_order: str
    checksum: int | None


def read_sphere_header(data: bytes, name: str) -> SphereHeader:
    """Read the header of a SPHERE file.

    Args:
        data: The file, or at least its header.
        name: The file, for messages.

    Returns:
        The header, its coding and compression in lower case.

    Raises:
        UserError: If it is cut short or lacks a field.
    """
    lines = data[:16].split(b"\n")
    if len(lines) < 3 or lines[0].strip() != MAGIC or not lines[1].strip().isdigit():
        raise _make_header_error(name, "a SPHERE header of two first lines", data[:16])
    num_bytes = int(lines[1])
    text, end, _ = data[:num_bytes].decode("latin-1").partition("\nend_head")
    if not end or len(data) < num_bytes:
        raise _make_header_error(
            name, f"a header of {num_bytes} bytes that ends in end_head", len(data)
        )
    # name, type (-i, -r, -s with a length) and value; lines that begin with ";" are comments.
    triples = (line.split(None, 2) for line in text.split("\n")[2:])
    fields = {triple[0]: triple[2].strip() for triple in triples if len(triple) == 3}
    coding, _, compression = fields.get("sample_coding", _DEFAULT_CODING).lower().partition(",")
    coding = {"mu-law": "ulaw", "mulaw": "ulaw", "a-law": "alaw"}.get(coding, coding)
    try:
        return SphereHeader(
            num_bytes=num_bytes,
            sample_rate_hz=round(float(fields["sample_rate"])),
            num_samples=int(fields["sample_count"]),
            num_channels=int(fields.get("channel_count", "1")),
            sample_bytes=int(fields.get("sample_n_bytes", _BYTES_OF_CODING.get(coding, 0))),
            coding=coding,
            compression=compression,
            byte_order=">" if fields.get("sample_byte_format", "0")[0] in "123" else "<",
            checksum=int(fields["sample_checksum"]) if "sample_checksum" in fields else None,
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise _make_header_error(name, "sample_rate and sample_count as numbers", error) from None


def decode_sphere(data: bytes, name: str) -> tuple[Samples, int]:
    """Decode a SPHERE file and prove the result against its header.

    Args:
        data: The whole file.
        name: The file, for messages.

    Returns:
        int16[samples, channels], float32 in -1 to 1 of 3 or 4 bytes a sample, and the samples per
        second.

    Raises:
        UserError: If the file is cut short or its samples are not those that the header tells of;
            if it is coded in another way; if it is compressed and PyAV is not installed.
    """
    header = read_sphere_header(data, name)
    is_other_pcm = header.coding == "pcm" and header.sample_bytes in (1, 3, 4)
    is_usual = header.sample_bytes == _BYTES_OF_CODING.get(header.coding)
    is_plain = not header.compression
    if header.num_channels < 1 or not (is_usual or (is_other_pcm and is_plain)):
        raise _make_coding_error(name, header)
    if not header.num_samples:  # nothing to decode; WSJ1 has such recordings
        return np.zeros((0, header.num_channels), np.int16), header.sample_rate_hz
    samples: Samples
    checksum: int | None
    if is_other_pcm:
        samples, checksum = _decode_pcm(data, header), None  # what they sum up is said nowhere
    elif is_plain:
        samples, checksum = _decode_plain(data, header)
    elif header.compression.startswith(_SHORTEN) and header.coding == "pcm":
        samples = _decode_shorten(data, header, name)
        checksum = _compute_checksum(samples)
    else:
        raise _make_coding_error(name, header)
    if len(samples) != header.num_samples:
        raise BadExampleError(
            f"{name}: the file is cut short or broken",
            expected=f"{header.num_samples} samples in each channel, as its header says",
            received={"samples": len(samples)},
            fix="Copy it again.",
        )
    if None not in (header.checksum, checksum) and checksum != (header.checksum or 0) % 65536:
        raise BadExampleError(
            f"{name}: the sound is not the one that was written",
            expected=f"the checksum {header.checksum} of its header",
            received={"checksum": checksum},
            fix="Copy the file again.",
        )
    return samples, header.sample_rate_hz


def _cut_body(data: bytes, header: SphereHeader) -> bytes:
    """Return what there is of the samples that the header tells of, without half a sample."""
    size = header.num_channels * header.sample_bytes
    body = data[header.num_bytes :][: header.num_samples * size]
    return body[: len(body) // size * size]


def _decode_pcm(data: bytes, header: SphereHeader) -> Samples:
    """Return [samples, channels] of PCM: int16 of 1 byte a sample, float32 of 3 or 4."""
    stored = np.frombuffer(_cut_body(data, header), np.uint8).reshape(-1, header.sample_bytes)
    highest_last = stored[:, ::-1] if header.byte_order == ">" else stored
    whole = np.zeros((len(stored), 4), np.uint8)
    whole[:, 4 - header.sample_bytes :] = highest_last
    values = whole.view("<i4").reshape(-1, header.num_channels)
    if header.sample_bytes == 1:
        return (values >> 16).astype(np.int16)
    return (values / 2.0**31).astype(np.float32)


def _decode_plain(data: bytes, header: SphereHeader) -> tuple[Int16, int]:
    """Return int16[samples, channels] of an uncompressed file, and its checksum."""
    body = _cut_body(data, header)
    if header.coding == "pcm":
        coded: Any = np.frombuffer(body, dtype=f"{header.byte_order}i2")
        samples = coded.astype(np.int16)
    else:
        coded = np.frombuffer(body, dtype=np.uint8)
        samples, _ = soundfile.read(
            io.BytesIO(body),
            dtype="int16",
            samplerate=1,
            channels=1,
            format="RAW",
            subtype=header.coding.upper(),
        )
    # The checksum is over what is stored: bytes for mu-law and A-law.
    return samples.reshape(-1, header.num_channels), _compute_checksum(coded)


def _compute_checksum(samples: npt.NDArray[Any]) -> int:
    return int(samples.sum(dtype=np.int64)) % 65536


def _decode_shorten(data: bytes, header: SphereHeader, name: str) -> Int16:
    """Return int16[samples, channels] of a file that is compressed by shorten."""
    try:
        import av
    except ImportError:
        raise UserError(
            f"{name} is compressed (shorten), and PyAV, which can read that, is not installed",
            fix="Install it: `pip install t2t_mm[audio]`.",
        ) from None
    frames = []
    try:
        with av.open(io.BytesIO(data), mode="r", format="nistsphere") as container:
            for frame in container.decode(audio=0):
                frames.append(frame.to_ndarray().astype(np.int16, copy=False))
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise BadExampleError(
            f"{name}: the compressed sound cannot be decoded",
            expected="a whole SPHERE file",
            received={type(error).__name__: str(error)},
            fix="Copy it again.",
        ) from None
    # Decoded planar, int16[channels, samples].
    planes = np.concatenate(frames, axis=1) if frames else np.zeros((header.num_channels, 0))
    return np.ascontiguousarray(planes.T, dtype=np.int16)


def _make_header_error(name: str, expected: str, received: object) -> UserError:
    return BadExampleError(
        f"{name}: the SPHERE header cannot be read",
        expected=expected,
        received={"header": received},
        fix="Copy the file again.",
    )


def _make_coding_error(name: str, header: SphereHeader) -> UserError:
    coding = ",".join(filter(None, (header.coding, header.compression)))
    return BadExampleError(
        f"{name}: SPHERE files of this coding are not read",
        expected="pcm, ulaw, alaw, or 16-bit pcm with embedded-shorten",
        received={
            "sample_coding": coding,
            "sample_n_bytes": header.sample_bytes,
            "channel_count": header.num_channels,
        },
        fix="Convert it, for example with `sph2pipe -p -f wav IN.sph OUT.wav`.",
    )
