"""Reading an archive of archives in place."""

from small_archives import tar

from t2t_mm.problems.imagenet_tars import list_class_archives, read_class_archives


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
