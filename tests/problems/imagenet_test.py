"""ImageNet: the two original archives, small, and the same through TFDS."""

import io
import logging
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from small_archives import tar

from t2t_mm import registry
from t2t_mm.data.pictures.stored_pictures import store_picture
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical

TENCH, SNAKE, DOG = "n01440764", "n01739381", "n02105855"
# TFDS converts these two by their names: one is CMYK, the other is a PNG.
CMYK, PNG = f"{SNAKE}_1309.JPEG", f"{DOG}_2933.JPEG"


def picture(color, mode="RGB", kind="JPEG"):
    """Returns the file of a picture of one color."""
    buffer = io.BytesIO()
    Image.new(mode, (12, 10), color).save(buffer, kind, quality=100)  # A PNG has no quality.
    return buffer.getvalue()


TRAIN = {
    TENCH: {f"{TENCH}_{number}.JPEG": picture((number * 20, 40, 200)) for number in range(12)},
    SNAKE: {
        CMYK: picture((0, 220, 130, 33), "CMYK"),
        f"{SNAKE}_7.JPEG": picture(90, "L"),
    },
    DOG: {PNG: picture((10, 250, 60), kind="PNG"), f"{DOG}_1.JPEG": picture((1, 2, 3))},
}
# Not in order, as in the original.
VALIDATION = {
    f"ILSVRC2012_val_0000000{number}.JPEG": picture((number * 50, 0, 0)) for number in (3, 1, 2)
}
# Of the pictures 1, 2 and 3.
VALIDATION_CLASSES = ["n01751748", "n09193705", "n02105855"]


@pytest.fixture
def archives(tmp_path):
    """A folder with both archives, classes in no order."""
    classes = {f"{wnid}.tar": tar(TRAIN[wnid]) for wnid in (DOG, TENCH, SNAKE)}
    (tmp_path / "ILSVRC2012_img_train.tar").write_bytes(tar(classes))
    (tmp_path / "ILSVRC2012_img_val.tar").write_bytes(tar(VALIDATION))
    return tmp_path


def pairs(problem, split):
    return [(example["inputs"], example["targets"]) for example in problem.generate(split)]


def test_training_pictures_are_read_as_they_are(archives):
    problem = registry.problem("imagenet", tmp_dir=archives)
    expected = [(data, wnid) for wnid, files in TRAIN.items() for data in files.values()]
    found = pairs(problem, "train")
    assert Counter(found) == Counter(expected)
    assert found == pairs(problem, "train")
    assert problem.raw_files_wanted() == [
        archives / "ILSVRC2012_img_train.tar",
        archives / "ILSVRC2012_img_val.tar",
    ]
    assert set(problem.raw_files_read) == set(problem.raw_files_wanted())


def test_the_parts_are_the_split(archives):
    problem = registry.problem("imagenet_64", tmp_dir=archives)
    assert (problem.num_parts("train"), problem.num_parts("validation")) == (40, 1)
    parts = [list(problem.generate_part("train", part)) for part in range(40)]
    assert [example for part in parts for example in part] == list(problem.generate("train"))
    assert [len(part) for part in parts[:4]] == [12, 2, 2, 0]


def test_validation_labels_belong_to_the_numbers_in_the_names(archives):
    problem = registry.problem("imagenet", tmp_dir=archives)
    one, two, three = VALIDATION_CLASSES
    files = list(VALIDATION.values())
    assert pairs(problem, "validation") == [(files[0], three), (files[1], one), (files[2], two)]


@pytest.mark.parametrize("name, size", [("imagenet", 299), ("imagenet_224", 224)])
def test_the_three_sizes_share_the_thousand_classes(name, size):
    problem = registry.problem(name)
    names = problem.class_names("targets")
    assert (len(names), names[0], names[-1]) == (1000, TENCH, "n15075141")
    assert (problem.features["inputs"].height, problem.features["inputs"].width) == (size, size)
    assert problem.features["targets"] == Categorical(vocabulary="imagenet_classes")
    assert problem.features["targets"] == registry.problem("imagenet_64").features["targets"]
    assert problem.splits == ("train", "validation")


def test_a_copy_prepared_by_tfds_has_the_same_pictures(archives, tmp_path_factory):
    import tensorflow_datasets as tfds

    prepared = tmp_path_factory.mktemp("prepared")
    config = tfds.download.DownloadConfig(manual_dir=archives, try_download_gcs=False)
    builder = tfds.builder("imagenet2012", data_dir=prepared / "tfds")
    builder.download_and_prepare(download_config=config)

    def colors(folder, split):
        """Returns the class of each picture with its color as it is stored, to the next ten."""
        found = []
        problem = registry.problem("imagenet", tmp_dir=folder)
        for data, wnid in pairs(problem, split):
            stored = store_picture(data, problem.features["inputs"])
            pixels = np.asarray(Image.open(io.BytesIO(stored)).convert("RGB"))
            found.append((wnid, *pixels.mean((0, 1)).round(-1)))
        return sorted(found)

    for split in ("train", "validation"):
        assert colors(prepared, split) == colors(archives, split)
    # The grey one, and the CMYK one, whose 220 of 255 magenta leave little green.
    snakes = [color for wnid, *color in colors(archives, "train") if wnid == SNAKE]
    assert snakes == [[90, 90, 90], [220, 30, 110]]


def test_without_archives_there_is_a_checklist(tmp_path):
    problem = registry.problem("imagenet", tmp_dir=tmp_path)
    with pytest.raises(UserError) as error:
        pairs(problem, "train")
    told = str(error.value)
    for fact in (problem.licence, problem.size, problem.source, problem.substitute):
        assert fact and fact in told
    assert str(tmp_path / "ILSVRC2012_img_train.tar") in told
    assert problem.raw_files_wanted() == []


def test_without_tmp_dir_the_current_folder_is_not_searched(archives, monkeypatch):
    monkeypatch.chdir(archives)
    problem = registry.problem("imagenet")
    assert problem.raw_files_wanted() == []
    with pytest.raises(UserError, match=r"(?s)Checklist.*TMP_DIR/ILSVRC2012_img_train\.tar"):
        pairs(problem, "train")


def test_only_what_is_missing_is_expected(archives):
    (archives / "ILSVRC2012_img_val.tar").unlink()
    with pytest.raises(UserError, match=r"expected:.*img_val") as error:
        pairs(registry.problem("imagenet", tmp_dir=archives), "train")
    assert f"expected: {archives / 'ILSVRC2012_img_train.tar'}" not in str(error.value)


def test_an_archive_that_ends_within_a_picture_is_an_error(archives):
    path = archives / "ILSVRC2012_img_train.tar"
    path.write_bytes(path.read_bytes()[: -10240 - 2048])
    with pytest.raises(UserError, match=r"ILSVRC2012_img_train\.tar: the archive is broken"):
        pairs(registry.problem("imagenet", tmp_dir=archives), "train")


def test_missing_classes_are_told(archives, caplog):
    with caplog.at_level(logging.WARNING):
        pairs(registry.problem("imagenet", tmp_dir=archives), "train")
    assert "the pictures of 3 classes; 1,000 are whole" in caplog.text


def test_the_archive_of_one_class_that_is_broken_is_named(archives):
    broken = tar(TRAIN[SNAKE])[:700]
    path = archives / "ILSVRC2012_img_train.tar"
    path.write_bytes(tar({f"{SNAKE}.tar": broken, f"{TENCH}.tar": tar(TRAIN[TENCH])}))
    with pytest.raises(UserError, match=rf"{SNAKE}\.tar in .*broken"):
        pairs(registry.problem("imagenet", tmp_dir=archives), "train")


@pytest.mark.parametrize("content", [b"no archive", tar({"cat.jpg": b"x"})])
def test_another_file_of_the_name_is_an_error(archives, content):
    (archives / "ILSVRC2012_img_train.tar").write_bytes(content)
    with pytest.raises(UserError, match=r"ILSVRC2012_img_train\.tar"):
        pairs(registry.problem("imagenet", tmp_dir=archives), "train")


def test_a_foreign_file_among_the_validation_pictures_is_an_error(archives):
    (archives / "ILSVRC2012_img_val.tar").write_bytes(tar({"ILSVRC2012_val_00050001.JPEG": b"x"}))
    with pytest.raises(UserError, match=r"no validation picture.*00050001"):
        pairs(registry.problem("imagenet", tmp_dir=archives), "validation")
