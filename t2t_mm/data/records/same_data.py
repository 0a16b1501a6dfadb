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
        "14127d17dfe190289b2fe979b7c13ead5cab5b5532021a1a26db1fc23ad24038",
        "f56e6b0c1315976887887bf16b908f86bcf82d76c1b74e7724252fa1e8a0d1d3",
        "8330857a6f85fb7e1363ab7a22b78bf31c03f7e646ad8ab9d495f9ee631fbb03",
    ),
    "librispeech_100": (
        "aba706ad1c976337ee1c79354f73c0f4627a9e19997dfd6cc16448f39562b681",
        "57d7e962f342bf3bbdc052b47476560a8f69bbe47e4d7a68c083003328427b31",
        "7c3c5eed878d7910e453c5c1fecf3dcf2eaa4a3776269aabe0343acb9c1a2307",
    ),
    "wsj_speech": (
        "1d981abd543182a61c0dc0b7eabed99975e7f0348810a944682b3dc573cf8724",
        "f09b2c8e2b7ab5053e9b1b16d4e160f3a10fd048b40efcabf2839a8d1ad19602",
        "227a1e8a84dc13a29fb201143c0e39b578cf85abc2d12616d9658ca68c1562fd",
    ),
    "wsj_speech_si84": (
        "c3e853d73256c865410ff419866eadfa8ffc7edc9b9aa20e6419e04d4a13f943",
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
        "f550c42b94940d51f0d189ec8c02bf7ced7a03c7261bcddc0b76eba326b23b2c",
        "8f8e4a4ea24c3b877c7aa8575cb4afb0fb042912a440359c4b822e961c5f298a",
        "eb27b78004737fb39ffbddac73edd85d5b9256e17f182c32ff94db7530e13826",
        "64f79c427ca1b331a0e52b19a719f63974647a393144c70c7194a73925496843",
    ),
    "text2text_references": (
        "ddfc3d0f26b6e5b75b7068d2e88de3857af72ed2a6cb339c08543ca664a0d204",
        "3ce0253c54cd048fa2649cbb52775394d05d3ac058db6482ad79874e3613ac09",
        "6141fe41531cc8ec19eb1e4a7cf749a3352c4627e39a1b9d591cd42bf9802103",
        "1f8db0c76308f133438f368d6d20202f9660e3d062e1962b5c5009eb28fbe7d6",
    ),
    "tfds": (
        "bf99875a76683a491146488213db1d15404abe9f9cb8556f67153a40f2d35f76",
        "e63746da24c80c43770b14a5ac872367560422995cf9d7d37ba1cb2292c1e886",
    ),
    "image_folder": (
        "ab374b71f27f0d048538f8af055d3d0b86af29bb405c496d9e4c18325c2eb74e",
        "ccea78e4ce0c22a552879b8fa1e8e2fce273ca6212980bb370e4a0dcbe3e453f",
        "819cd357c86f501ad1d1c4f4f7cacc7582ed62d4248296b994c631887086d4d5",
    ),
    "audio_folder": (
        "86e8d16cf0951b6307bdfe3a691036e57e6480df9603d36701d15a1f27cfb291",
        "a5d181d60bd1a397973e877580f3815b68cd83c1702655d44d155523506522bb",
        "a76d4ebeba9b578f22ffb3f613c49a3aa1e060158a0f889e654b258f1cb9e1a7",
    ),
    "text_classification": (
        "f3128fb1c506398580dab32b127c5d63e4a179420d1c05531c98ff1388ffa406",
        "912584f06cecff98ec8e868c8450baedc3c7f6e862c7b7c7697c46645645aa40",
        "316f0a873a4989b6a3755be9edd076ed0cdfb46698564aaef5d5b4a9fe1bc202",
    ),
    "caption_files": (
        "349731c447dfc5e2f2f65c3529355ea5ac8f5dce4df80b67d5eb97f0197349f3",
        "2352d40f6f203a1169a8ed89b12080d077dd144212b082190e83ba799b496f0a",
        "0ad5eed61d28ed73f87971c390ab6833cd0956ca4a3280c0ff66f2dc43640c4b",
    ),
    "speech_files": (
        "60e3c91a94807ed6a6b08ced59487e7a1dc314ada7f260257df6f4e6fb5218f4",
        "6c5b5082b8ad9878bc837450f45d97d4d853a5fb16060c46e084eb678a183915",
        "4371674a13357f3bf2ca5c49cd310b6b73cfc2b5fdb3f3885ddca3246b9185d3",
    ),
    "coco_caption": (
        "aeab681938583276d4b6e8cdbe6bea79633b2b8f506bf94547b5e7a243020773",
        "69b146f8726a199f4b94ef0b932670eb822b9a25fa0faa1c7f6c7ba591cef037",
    ),
    "coco_caption_224": (
        "ae45b38bfa5adfdaad73b103a6f9315c8f548a6fd2f6af3bb0313b53a75153d9",
        "34d2902835b98d5429ceff21fd01edc73bd0c5859e4349222a532af47161826a",
    ),
    "coco_caption_64": (
        "60a906bad303a0342d7534ddabe0b84bd7c306211ac555c17d62cbe09e67674c",
        "17a894f442ba2598fc2e850d42f0366dc73310990e31c346a327869d170e8c7e",
    ),
}
"""Problem -> the digest of its code now, and those of before whose data is the same."""


def is_same_data(stored: str, current: str) -> bool:
    """Return whether the data of code with one digest is that of another.

    Args:
        stored: The digest of the code that generated the data.
        current: The digest of the code now.

    Example:
        >>> now, before, *_ = SAME_DATA["librispeech"]
        >>> is_same_data(before, now), is_same_data(now, before)
        (True, False)
    """
    known = (digests for digests in SAME_DATA.values() if digests[0] == current)
    return stored == current or any(stored in digests for digests in known)
