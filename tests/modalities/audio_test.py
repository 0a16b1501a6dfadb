import numpy as np
import pytest

from t2t_mm import registry
from t2t_mm.features import Audio
from t2t_mm.modalities.audio import ROW_SAMPLES, AudioModality, SoundBlocks
from t2t_mm.settings import ModalityHParams

D, BANDS = 16, 24


def make(num_bands=BANDS, **changes):
    net = AudioModality(D, num_bands, SoundBlocks(**changes))
    net.build()
    return net


@pytest.fixture(scope="module")
def spectral():
    return make()


@pytest.fixture(scope="module")
def waveform():
    return make(num_bands=0)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_sizes_on_the_way_through_1000_frames_of_80_bands():
    paper = registry.hparams("multimodel_paper").modality
    net = AudioModality.from_feature(Audio(), vocabulary_size=0, width=D, nets=paper)
    net.build()
    x, sizes = noise(1, 1000, 80, 1), []
    for layer in net.stack:
        x = layer(x)
        sizes.append(tuple(x.shape[1:]))
    times = [500, 250, 125, 63, 32, 16, 8, 4]
    assert sizes[:8] == [(time, 80, 2 << i) for i, time in enumerate(times)]
    assert sizes[8] == (2, 80, D)
    assert net.projection is None
    assert tuple(net.bottom(noise(1, 1000, 80)).x.shape) == (1, 160, D)


@pytest.mark.parametrize(("frames", "positions"), [(100, 13), (1500, 188), (1, 1), (8, 1), (9, 2)])
def test_one_position_for_eight_frames(spectral, frames, positions):
    out = spectral.bottom(noise(1, frames, BANDS))
    assert tuple(out.x.shape) == (1, positions, D)
    assert out.grid is None
    assert np.asarray(out.mask).all()


def test_one_position_for_eight_rows_of_a_waveform(waveform):
    for samples, positions in ((16_000, 13), (8 * ROW_SAMPLES, 1), (8 * ROW_SAMPLES + 1, 2)):
        assert tuple(waveform.bottom(noise(1, samples)).x.shape) == (1, positions, D)


def test_without_a_stem_a_waveform_is_read_sample_by_sample():
    net = make(0, stem_width=0, widths=(2, 4), time_strides=(2, 2), frequency_strides=(1, 1))
    assert tuple(net.bottom(noise(1, 401)).x.shape) == (1, 101, D)


def test_bands_as_positions_stand_within_each_time():
    net = make(bands="positions", frequency_strides=(2, 1, 1))  # with the stem: 24 -> 12 -> 6
    x = noise(1, 400, BANDS)
    other = x.copy()
    other[0, 200] += 5  # all bands of one time
    out = np.asarray(net.bottom(x).x)
    assert out.shape == (1, 50 * 6, D)
    moved = np.abs(out - net.bottom(other).x).max(-1).reshape(50, 6).max(-1) > 1e-4
    # The stem sees 1 frame to each side, the blocks 3 places each of 2, 4 and 8 frames: 43.
    assert moved[25]
    assert not moved[: (200 - 43) // 8].any()
    assert not moved[(200 + 43) // 8 + 1 :].any()
    mask = np.asarray(net.bottom(x, np.array([[17]])).mask).reshape(50, 6)
    assert mask[:3].all()
    assert not mask[3:].any()


@pytest.mark.parametrize("kind", ["spectral", "waveform"])
def test_a_sound_in_a_batch_of_longer_ones_is_what_it_is_alone(kind, request):
    net = request.getfixturevalue(kind)
    rest = (BANDS,) if kind == "spectral" else ()
    unit = 1 if kind == "spectral" else 100
    lengths = [unit * n + (unit > 1) * n for n in (1, 8, 33, 50)]
    batch = np.full((4, 61 * unit, *rest), 3.0, "float32")
    for row, length in enumerate(lengths):
        batch[row, :length] = noise(length, *rest, seed=row)
    together = net.bottom(batch, np.array(lengths)[:, None])
    for row, length in enumerate(lengths):
        alone = net.bottom(batch[row : row + 1, :length])
        count = alone.x.shape[1]
        assert np.asarray(together.mask)[row].sum() == count
        np.testing.assert_allclose(together.x[row, :count], alone.x[0], atol=1e-4)
        assert not np.asarray(together.x)[row, count:].any()


def test_loud_differs_from_quiet(spectral):
    x = noise(1, 64, BANDS)
    assert np.abs(np.asarray(spectral.bottom(x).x - spectral.bottom(5 * x).x)).max() > 0.1


def test_a_sound_is_not_written():
    with pytest.raises(ValueError, match="can be read, not written"):
        AudioModality(D, writes=True)


def test_the_feature_and_the_settings_name_this_net():
    net_class = registry.modality(Audio().modality)
    assert net_class is AudioModality
    nets = ModalityHParams(
        audio_stem_width=0, audio_widths=(4,), audio_time_strides=(4,), audio_frequency_strides=(8,)
    )
    wave = Audio(representation="waveform")
    net, other = (
        net_class.from_feature(feature, vocabulary_size=0, width=D, nets=nets)
        for feature in (Audio(num_bands=40), wave)
    )
    assert (net.num_bands, other.num_bands) == (40, 0)
    net.build()
    assert net.bands_left == 5
    assert tuple(net.bottom(noise(1, 10, 40)).x.shape) == (1, 3, D)


@pytest.mark.parametrize(
    ("num_bands", "sound"), [(BANDS, noise(2, 64, BANDS)), (0, noise(2, 9600))]
)
def test_masks_of_the_settings_hide_parts_in_training_only(num_bands, sound):
    nets = ModalityHParams(norm="layer", audio_frequency_masks=2, audio_time_masks=3)
    representation = "log_mel" if num_bands else "waveform"
    feature = Audio(num_bands=num_bands or 80, representation=representation)
    net = AudioModality.from_feature(feature, vocabulary_size=0, width=D, nets=nets)
    net.build()
    assert net.get_config()["time_masks"] == 3
    assert net.get_config()["frequency_masks"] == (2 if num_bands else 0)
    still = np.asarray(net.bottom(sound).x)
    np.testing.assert_array_equal(net.bottom(sound).x, still)
    found = [np.asarray(net.bottom(sound, training=True).x) for _ in range(2)]
    assert np.abs(found[0] - still).max() > 1e-3
    assert np.abs(found[0] - found[1]).max() > 1e-3
