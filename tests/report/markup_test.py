"""Elements are closed, and text in them is text."""

from t2t_mm.report.markup import Markup, join_parts, make_element


def test_text_and_attributes_are_escaped_and_markup_is_not_escaped_again() -> None:
    inner = make_element("b", "<&>")
    assert make_element("p", "a < b ", inner) == "<p>a &lt; b <b>&lt;&amp;&gt;</b></p>"
    assert make_element("a", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;"></a>'


def test_names_of_attributes() -> None:
    made = make_element("rect", class_="x", fill_opacity=0.5, viewBox="0 0 1 1", title=None)
    assert made == '<rect class="x" fill-opacity="0.5" viewBox="0 0 1 1"></rect>'


def test_attributes_without_value_and_numbers() -> None:
    assert make_element("audio", controls=True, loop=False) == '<audio controls=""></audio>'
    assert (
        make_element("circle", r=2.0, cx=1 / 3, cy=100)
        == '<circle r="2" cx="0.33" cy="100"></circle>'
    )


def test_void_elements_are_not_closed() -> None:
    assert make_element("img", src="x") == '<img src="x">'


def test_together() -> None:
    assert join_parts(["<", Markup("<br>")]) == "&lt;<br>"
