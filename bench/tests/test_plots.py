"""The figures: that they show the committed results, and that a person can read them."""

import xml.etree.ElementTree as ElementTree

import plot
import pytest
from plots import counterparts, curves, page, ratios, svg

RESULTS = plot.read()
DRAWINGS = plot.drawings(RESULTS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_what_is_committed_shows_the_committed_results(name):
    assert (plot.FIGURES / f"{name}.svg").read_text() == DRAWINGS[name].svg(), "run make bench-plots"


def test_no_figure_is_left_over():
    assert {file.stem for file in plot.FIGURES.iterdir()} == set(DRAWINGS)


def test_the_page_lists_what_is_behind():
    text = plot.PAGE.read_text()
    assert page.filled(text, RESULTS) == text, "run make bench-plots"


def unreadable(drawing):
    """Pairs of texts that overlap, and texts that leave the frame."""
    texts = drawing.texts
    for start, end, y, _, words in texts:
        if start < 4 or end > drawing.width - 4 or not 10 <= y <= drawing.height - 4:
            yield words
    for number, (start, end, y, size, words) in enumerate(texts):
        for other_start, other_end, other_y, _, others in texts[number + 1 :]:
            if abs(y - other_y) < 0.8 * size and start < other_end and other_start < end:
                yield words, others


@pytest.mark.parametrize("name", DRAWINGS)
def test_texts_neither_overlap_nor_leave_the_frame(name):
    assert list(unreadable(DRAWINGS[name])) == []


def test_overlapping_and_leaving_texts_are_noticed():
    drawing = svg.Drawing(400, "")
    drawing.height = 100
    for x, y, words in ((10, 20, "first of two"), (60, 24, "second"), (380, 60, "leaves"), (10, 90, "alone")):
        drawing.text(x, y, words)
    assert list(unreadable(drawing)) == ["leaves", ("first of two", "second")]


@pytest.mark.parametrize("name", DRAWINGS)
def test_figures_are_well_formed_and_follow_the_colour_scheme(name):
    text = DRAWINGS[name].svg()
    ElementTree.fromstring(text)
    assert "prefers-color-scheme: dark" in text


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1])
def test_everything_but_the_grid_stands_out_from_the_page(scheme):
    page_colour = luminance(svg.COLOURS["page"][scheme])
    for kind, colours in svg.COLOURS.items():
        light, dark = sorted((luminance(colours[scheme]), page_colour), reverse=True)
        contrast = (light + 0.05) / (dark + 0.05)
        needed = {"page": 1, "frame": 1, "grid": 1, "axis": 3, "same": 3, "other": 3}.get(kind, 4.5)
        assert contrast >= needed, kind


def test_numbers_have_three_digits_and_a_unit():
    assert [svg.duration(ns) for ns in (6.1, 45.67, 999.9, 2037, 5_328_531, 2.5e9)] == [
        "6.10 ns",
        "45.7 ns",
        "1.00 µs",
        "2.04 µs",
        "5.33 ms",
        "2.50 s",
    ]
    assert [svg.rate(each) for each in (23.7e3, 22.5e6, 7.0)] == ["23.7 k", "22.5 M", "7.00"]
    assert [svg.count(each) for each in (1, 1000, 50_000, 2e6)] == ["1", "1 k", "50 k", "2 M"]


def test_a_logarithmic_axis():
    axis = svg.Log(1, 100, 0, 200)
    assert [axis(value) for value in (1, 10, 100, 1000)] == [0, 100, 200, 200]
    assert axis.ticks(30) == [1, 2, 5, 10, 20, 50, 100]
    assert axis.ticks(90) == [1, 10, 100]
    assert svg.Log(0.7, 1.3, 0, 300).ticks(40) == pytest.approx([0.7, 0.8, 0.9, 1, 1.1, 1.2])


def row(other, ours, overlap=False):
    return ratios.Row("", other, ours, (ours, ours), overlap)


def test_the_colour_of_a_row():
    assert [each.kind for each in (row(2, 1), row(1, 2), row(2, 1, overlap=True), row(1.001, 1))] == [
        "ours",
        "slower",
        "same",
        "same",
    ]


def counterpart(other, ours, spread=0.0):
    sides = ({"median": each, "quartiles": [each - spread, each + spread]} for each in (other, ours))
    return dict(zip(("socket", "polysock"), sides, strict=True))


def test_rows_are_behind_if_they_are_slower_beyond_the_quartiles():
    rows = {"worse": counterpart(1, 1.5), "bad": counterpart(1, 2), "good": counterpart(2, 1)}
    rows |= {"unsure": counterpart(1, 1.5, spread=0.5), "hardly": counterpart(1, 1.005)}
    found = counterparts.behind({"python_socket": {"rows": rows}})
    assert [each.row for each in found] == ["bad", "worse"]


def test_a_reason_is_the_first_that_matches():
    each = counterparts.Counterpart("c_socket", "ready_64", "raw", {}, {})
    assert counterparts.reason(each, {"c_socket/other": "no", "c_socket/*": "yes", "*": "no"}) == "yes"
    assert counterparts.reason(each, {}) == "Not explained yet."


def test_names_of_curves_are_moved_apart():
    lines = [curves.Curve(name, [(1, 10), (100, y)]) for name, y in (("a", 100), ("b", 101), ("c", 102), ("d", 10))]
    drawing = curves.draw("", [], [curves.Panel("", lines, svg.rate)], [], across=1)
    assert [each for each in unreadable(drawing) if each[0] in "abcd"] == []
