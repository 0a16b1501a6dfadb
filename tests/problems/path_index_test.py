"""Files by whole names or by their ends."""

from t2t_mm.problems.path_index import PathIndex


def test_a_whole_path_comes_before_the_ends_of_others() -> None:
    index = PathIndex(["x/1.wav", "./1.wav", "x/y/2.wav"])
    assert index.find("1.wav") == index.find("./1.wav") == ["./1.wav"]
    assert index.find("x/1.wav") == ["x/1.wav"]
    assert index.find("z/1.wav") == ["x/1.wav", "./1.wav"]
    assert index.find("2.wav") == index.find("/home/2.wav") == ["x/y/2.wav"]
    assert index.find("3.wav") == index.find("") == []


def test_the_longest_end_counts_and_a_suffix_may_be_missing() -> None:
    index = PathIndex(["x/a/1.jpg", "x/b/1.jpg", "x/b/1.png", "2.jpg"], without_suffixes=True)
    assert index.find("home/a/1.jpg") == index.find("/a/1") == ["x/a/1.jpg"]
    assert index.find("b/1") == ["x/b/1.jpg", "x/b/1.png"] and index.find("2") == ["2.jpg"]
    assert PathIndex(["2.jpg"]).find("2") == []
