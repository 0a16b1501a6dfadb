"""Files by whole names or by their last parts."""

from t2t_mm.problems.path_index import PathIndex


def test_a_whole_path_comes_before_the_last_part_of_others() -> None:
    index = PathIndex(["x/1.wav", "./1.wav", "x/y/2.wav"])
    assert index.find("1.wav") == index.find("./1.wav") == ["./1.wav"]
    assert index.find("x/1.wav") == ["x/1.wav"]
    assert index.find("z/1.wav") == ["x/1.wav", "./1.wav"]
    assert index.find("2.wav") == index.find("/home/2.wav") == ["x/y/2.wav"]
    assert index.find("3.wav") == index.find("") == []
