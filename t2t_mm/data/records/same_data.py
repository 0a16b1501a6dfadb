"""Code of before that makes the same data as that of now: what it generated stays in use.

A change of a problem's code makes its data stale, since nobody can tell what it changed. Where it
only reads, counts or refuses what ended in an error before, the data is the same to the byte, and
making it again may take hours. Whoever changes such code enters that here: an entry counts for the
very code that it was made for, and is idle after the next change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SAME_DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "librispeech": (
        "f56e6b0c1315976887887bf16b908f86bcf82d76c1b74e7724252fa1e8a0d1d3",
        "8330857a6f85fb7e1363ab7a22b78bf31c03f7e646ad8ab9d495f9ee631fbb03",
    ),
    "librispeech_100": (
        "57d7e962f342bf3bbdc052b47476560a8f69bbe47e4d7a68c083003328427b31",
        "7c3c5eed878d7910e453c5c1fecf3dcf2eaa4a3776269aabe0343acb9c1a2307",
    ),
    "wsj_speech": (
        "f09b2c8e2b7ab5053e9b1b16d4e160f3a10fd048b40efcabf2839a8d1ad19602",
        "227a1e8a84dc13a29fb201143c0e39b578cf85abc2d12616d9658ca68c1562fd",
    ),
    "wsj_speech_si84": (
        "877b017ae82953a5ca354cd2b6746cd436f0bb7b4546b8f86b42593178024198",
        "adcf2403a63d8e69860b177ff9cb94d5fb9c4b4282635adb31778dbb9a2e302e",
    ),
    "wsj_parse": (
        "297ec1a346ba15b5e9fc5076cb12abc6a1679cdd72a301dcacafdb1d43bd1c96",
        "5e5711343381e4221e07e28378c3a898168ac3e27775658d6bd214e23b4ff3ad",
    ),
    "tree_files": (
        "e182e715334fb6b7c2b4c0cf8c3a488cfdc609b58c284f69928e4179592a7410",
        "83fea7c622442e448c4afa3a1719f189f7d86f3076a3ab3ad07cc4448c240451",
    ),
    "wmt_ende": (
        "cfed677fc7fa3b3e7fd7c00d2e4dee0080576ed6ef259d9ff107b51185b97ca7",
        "76a63cf167c7ef87c6c4d191a0b5b34732d58dbd50c5f543373e33f1683874ac",
    ),
    "wmt_enfr": (
        "eae76b28a611cdc8c086ba934f458f9f6e497c29b1aafe6b42c0efab6b02b713",
        "11cd0d17ffbad2a38a746296b13ff19eeb9e698beb422f99c324c7b3b714e529",
    ),
    "wmt_defr": (
        "09110c42c4dee9251652cab1189424c3472a38645694e6af125ae910eea404d0",
        "43c8aa3d75c36584018cfadb08c77faa92a6e226ead75e87d9dd2c9cf9369a01",
    ),
    "text2text_files": (
        "0d635564c26ec3a4d5d0850a98497471cdbf1b5670646b8cff0bd94f080e5769",
        "64f79c427ca1b331a0e52b19a719f63974647a393144c70c7194a73925496843",
    ),
    "text2text_references": (
        "5e9254643d92fc396d10f0aebe25e39e68143e3eaa4c44077bd4bc9533f3188b",
        "1f8db0c76308f133438f368d6d20202f9660e3d062e1962b5c5009eb28fbe7d6",
    ),
    "tfds": (
        "bf99875a76683a491146488213db1d15404abe9f9cb8556f67153a40f2d35f76",
        "e63746da24c80c43770b14a5ac872367560422995cf9d7d37ba1cb2292c1e886",
    ),
}
"""Problem -> the digest of its code now, and those of before whose data is the same."""


def is_same_data(stored: str, current: str) -> bool:
    """Return whether the data of code with one digest is that of another.

    Args:
        stored: The digest of the code that generated the data.
        current: The digest of the code now.

    Example:
        >>> now, before = SAME_DATA["librispeech"]
        >>> is_same_data(before, now), is_same_data(now, before)
        (True, False)
    """
    known = (digests for digests in SAME_DATA.values() if digests[0] == current)
    return stored == current or any(stored in digests for digests in known)
