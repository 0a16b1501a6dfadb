"""Cosines as tables: means on the way, pairs at the end."""

from t2t_mm.study.gradient_tables import make_gradient_tables


def test_means_and_pairs_by_hand() -> None:
    early = {"a": {"b": 0.5, "c": -0.1}, "b": {"a": 0.5, "c": None}, "c": {"a": -0.1, "b": None}}
    late = {"a": {"b": 0.1, "c": None}, "b": {"a": 0.1, "c": None}, "c": {"a": None, "b": None}}
    steps = {"1200": {"cosines": late}, "150": {"cosines": early}}
    on_the_way, of_pairs = make_gradient_tables({"steps": steps})
    means = {
        column: {name: place["mean"] for name, place in places.items()}
        for column, places in on_the_way["gains"].items()
    }
    assert means == {
        "step 150": {"a": 20.0, "b": 50.0, "c": -10.0},
        "step 1,200": {"a": 10.0, "b": 10.0, "c": None},
    }
    assert list(means) == ["step 150", "step 1,200"]
    assert of_pairs["title"].endswith("at step 1,200")
    assert of_pairs["gains"]["b"]["a"]["mean"] == 10.0 and "b" not in of_pairs["gains"]["b"]
    assert [row["label"] for row in of_pairs["rows"]] == ["a", "b", "c"]
