"""Reading an archive of archives in place."""

import pytest
from small_archives import tar

from t2t_mm.errors import UserError
from t2t_mm.problems.imagenet_tars import (
    list_class_archives,
    read_class_archives,
    read_validation_archive,
)

MEMBER = 1024  # bytes of a member of these archives, a block of a header and one of content


def test_a_few_pictures_of_each_class_come_in_turn(tmp_path):
    sizes = {"n00000002": 25, "n00000001": 10, "n00000003": 11}
    path = tmp_path / "train.tar"
    path.write_bytes(
        tar(
            {
                f"{wnid}.tar": tar({f"{i}.JPEG": f"{wnid} {i}".encode() for i in range(size)})
                for wnid, size in sizes.items()
            }
        )
    )
    archives = list_class_archives(path)
    assert [archive.wnid for archive in archives] == sorted(sizes)
    read = list(read_class_archives(path, archives))
    runs = [("1", 0, 10), ("2", 0, 10), ("3", 0, 10), ("2", 10, 20), ("3", 10, 11), ("2", 20, 25)]
    assert read == [
        (f"n0000000{digit} {number}".encode(), f"n0000000{digit}")
        for digit, begin, end in runs
        for number in range(begin, end)
    ]


def read_training(path):
    return list(read_class_archives(path, list_class_archives(path)))


def read_validation(path):
    return list(read_validation_archive(path, ["n00000001"] * 9))


def damage(content, place):
    """Flips a bit."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("cut", "read", "told"),
    [
        (lambda train, val: damage(val, 5 * MEMBER + 3), read_validation, "it has no end"),
        (lambda train, val: val[: 5 * MEMBER], read_validation, "it has no end"),
        (lambda train, val: val + val, read_validation, "it goes on after its end"),
        (lambda train, val: train[: train.rindex(b"n00000002.tar")], read_training, "has no end"),
        (
            lambda train, val: damage(train, 512 + 5 * MEMBER + 3),
            read_training,
            r"n00000001\.tar in .*broken.*it has no end",
        ),
    ],
)
def test_an_archive_that_does_not_end_where_its_last_file_does_is_refused(
    tmp_path, cut, read, told
):
    files = {f"ILSVRC2012_val_{number:08}.JPEG": b"x" * 500 for number in range(1, 10)}
    train = tar({f"n0000000{digit}.tar": tar(files) for digit in "12"})
    path = tmp_path / "some.tar"
    for whole, reader in ((train, read_training), (tar(files), read_validation)):
        path.write_bytes(whole)
        assert len(reader(path)) in (9, 18)
    path.write_bytes(cut(train, tar(files)))
    with pytest.raises(UserError, match=told):
        read(path)
