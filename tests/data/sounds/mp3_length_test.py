"""What a frame that is put before an mp3 says, for each layout of frames."""

import struct

import pytest

from t2t_mm.data.sounds.mp3_length import say_no_length

COUNT = b"Info" + struct.pack(">II", 1, 0x7FFFFFFF)


@pytest.mark.parametrize(
    "header, rate, before, num_bytes",
    [
        ("fffb1000", 44_100, 32, 417),  # version 1, stereo: 144 * 128,000 / 44,100
        ("fffa10c0", 48_000, 17, 384),  # version 1, mono, with a checksum
        ("fff31000", 22_050, 17, 261),  # version 2, stereo: 72 * 80,000 / 22,050
        ("ffe318c0", 8_000, 9, 720),  # version 2.5, mono
    ],
)
def test_the_frame_fits_the_first_of_the_file(header, rate, before, num_bytes):
    first = bytes.fromhex(header) + bytes(100)
    said = say_no_length(first, rate)
    assert said is not None and said[num_bytes:] == first
    assert (said[0], said[1] & 0xFE, said[3]) == (255, first[1] & 0xFE, first[3])
    assert said[1] & 1 and said[2] & 0x0C == first[2] & 0x0C
    assert said.index(COUNT) == 4 + before


def test_tags_are_passed_over_and_what_counts_its_frames_is_left():
    first = bytes.fromhex("fffb1000") + bytes(100)
    tag = b"ID3\3\0\0\0\0\1\2" + first[:4] * 32 + b"\xff\xfb"  # 130 bytes, with what looks alike
    said = say_no_length(tag + first, 44_100)
    assert said is not None and said[417:] == first
    counted = first[:36] + b"Xing\0\0\0\x0f\0\0\0\x07" + first
    assert say_no_length(tag + counted, 44_100) is None
    without_count = counted.replace(b"\x0f", b"\x0e")
    assert say_no_length(without_count, 44_100) is not None
    assert say_no_length(b"no mp3", 44_100) is None
