"""Small sound files that tests write: wav, and SPHERE as the discs of the LDC have it."""

import struct
from pathlib import Path

import numpy as np


def tone(num_samples: int = 800, *, hz: float = 440.0, rate: int = 16_000) -> np.ndarray:
    """Returns int16[samples] of a sine at half the full scale."""
    return (16_000 * np.sin(2 * np.pi * hz * np.arange(num_samples) / rate)).astype(np.int16)


def wav_bytes(samples: np.ndarray, rate: int = 16_000) -> bytes:
    """Returns a 16-bit PCM wav file of int16[samples] or int16[samples, channels]."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    body = samples.astype("<i2").tobytes()
    fmt = struct.pack("<HHIIHH", 1, channels, rate, 2 * channels * rate, 2 * channels, 16)
    parts = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", len(body))
    return b"RIFF" + struct.pack("<I", len(parts) + len(body)) + parts + body


def sphere_bytes(samples: np.ndarray, rate: int = 16_000, **changed: str | None) -> bytes:
    """Returns an uncompressed SPHERE file.

    Args:
        samples: int16[samples] or int16[samples, channels] for PCM, uint8 for mu-law and A-law.
        rate: Samples per second.
        **changed: Fields of the header, as `sample_count="-i 3"`; None leaves one out.
    """
    wide = samples.dtype.itemsize == 2
    checksum = int(samples.astype(np.int64).sum()) % 65536
    fields: dict[str, str | None] = {
        "channel_count": f"-i {1 if samples.ndim == 1 else samples.shape[1]}",
        "sample_count": f"-i {len(samples)}",
        "sample_rate": f"-i {rate}",
        "sample_n_bytes": f"-i {samples.dtype.itemsize}",
        "sample_byte_format": "-s2 01" if wide else "-s1 1",
        "sample_coding": "-s3 pcm" if wide else "-s4 ulaw",
        "sample_checksum": f"-i {checksum}",
    } | changed
    lines = [f"{name} {value}" for name, value in fields.items() if value is not None]
    header = "\n".join(["NIST_1A", "   1024", *lines, "end_head", ""]).encode().ljust(1024)
    order = ">" if fields["sample_byte_format"] == "-s2 10" else "<"
    return header + samples.astype(samples.dtype.newbyteorder(order)).tobytes()


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Writes files by their path in a folder and returns the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
