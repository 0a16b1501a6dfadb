"""Speech on real files, where $T2T_MM_REAL_DATA has them."""

import os
from pathlib import Path

import numpy as np
import pytest

from t2t_mm import registry
from t2t_mm.data.sounds.sound_files import decode_sound
from t2t_mm.data.sounds.sphere import read_sphere_header
from t2t_mm.errors import UserError

REAL = Path(os.environ.get("T2T_MM_REAL_DATA", "absent"))
SPHERE = REAL / "sph2pipe_sphere_fixtures/test"
SPEECHOCEAN = REAL / "speechocean762_adult"
LIBRISPEECH = REAL / "librispeech_test_clean_4/LibriSpeech/test-clean"


def needs(folder):
    return pytest.mark.skipif(
        not folder.is_dir(), reason=f"T2T_MM_REAL_DATA has no {folder.relative_to(REAL)}"
    )


@needs(SPHERE)
@pytest.mark.parametrize("order", ["be", "le"])
def test_shortened_pcm_is_bit_exact(order):
    sound = decode_sound(SPHERE / f"123_1pc{order}_shn.sph")
    assert sound.samples.shape == (37120, 1)
    assert sound.sample_rate_hz == 20_000
    assert int(sound.samples.sum(dtype=np.int64)) % 65536 == 55857
    assert (sound.samples.min(), sound.samples.max()) == (-2677, 2234)


@needs(SPHERE)
@pytest.mark.parametrize("order", ["be", "le"])
def test_the_second_channel_is_the_first_turned_over(order):
    sound = decode_sound(SPHERE / f"123_2pc{order}_shn.sph")
    mono = decode_sound(SPHERE / "123_1pcle_shn.sph").samples[:, 0]
    np.testing.assert_array_equal(sound.samples, np.stack([mono, -mono], axis=1))
    np.testing.assert_array_equal(sound.mix_to_mono(), np.zeros(37120))
    np.testing.assert_array_equal(sound.mix_to_mono(0), mono)


@needs(SPHERE)
def test_alaw_is_the_same_sound_rounded():
    sound = decode_sound(SPHERE / "123_2alaw.sph")  # compares with the checksum of its bytes
    mono = decode_sound(SPHERE / "123_1pcle_shn.sph").samples[:, 0].astype(int)
    error = np.abs(sound.samples - np.stack([mono, -mono], axis=1))
    assert (error <= 8 + np.abs(mono)[:, None] / 32).all()


@needs(SPHERE)
@pytest.mark.parametrize("channels", [1, 2])
def test_shortened_ulaw_is_refused(channels):
    path = SPHERE / f"123_{channels}ulaw_shn.sph"
    assert read_sphere_header(path.read_bytes(), path.name).num_channels == channels
    with pytest.raises(UserError, match=r"ulaw,embedded-shorten-v2\.00.*sph2pipe"):
        decode_sound(path)


@needs(SPHERE)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_shortened_file_that_is_cut_short_is_refused(tmp_path, share):
    data = (SPHERE / "123_1pcle_shn.sph").read_bytes()
    (tmp_path / "cut.sph").write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=r"cut\.sph: "):
        decode_sound(tmp_path / "cut.sph")


@needs(SPEECHOCEAN)
def test_kaldi_directories_without_validation():
    problem = registry.problem("speech_files/speechocean762_adult", tmp_dir=REAL)
    found = {split: list(problem.generate(split)) for split in problem.splits}
    assert len(found["train"]) + len(found["validation"]) == 500
    assert 40 <= len(found["validation"]) <= 50
    assert len(found["test"]) == 100
    examples = [example for split in found.values() for example in split]
    assert all(example["inputs"]().dtype == np.int16 for example in examples)
    assert all(example["targets"] == example["targets"].lower() for example in examples)
    assert 32 < sum(len(example["inputs"]()) for example in examples) / 16_000 / 60 < 34


@needs(LIBRISPEECH)
def test_chapters_of_librispeech(tmp_path):
    for name in ("train-clean-100", "dev-clean", "test-clean"):
        (tmp_path / name).symlink_to(LIBRISPEECH.resolve())
    examples = list(registry.problem("librispeech", tmp_dir=tmp_path).generate("test"))
    assert [len(example["targets"].split()) for example in examples] == [28, 8, 5, 17]
    assert all(example["inputs"]().dtype == np.int16 for example in examples)
    assert all(1 < len(example["inputs"]()) / 16_000 < 20 for example in examples)
