"""Charts are SVG that is whole, escaped, and tells no more than the table."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.charts import bar_chart, text_of
from referrals.small_numbers import FEW, HELD, Row, Table

SVG = ElementTree.Element


def table(*rows: Row, slug: str = "judged", title: str = "Level judged") -> Table:
    return Table(slug, title, "Conversations.", "Level", rows)


def drawn(*rows: Row, **kinds: str) -> SVG:
    return ElementTree.fromstring(bar_chart(table(*rows, **kinds)))  # noqa: S314


def bars(svg: SVG, kind: str) -> list[SVG]:
    return [rect for rect in svg.iter("rect") if rect.get("class") == f"chart__{kind}"]


def texts(svg: SVG) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


def test_the_longest_bar_is_the_largest_count_and_the_others_are_in_proportion() -> None:
    widths = [
        bar.get("width") for bar in bars(drawn(Row("A", 40), Row("B", 10), Row("C", 0)), "bar")
    ]
    assert widths == ["78.00%", "19.50%", "0.00%"]


def test_nothing_but_zeros_is_drawn_without_bars() -> None:
    assert [bar.get("width") for bar in bars(drawn(Row("A", 0)), "bar")] == ["0%"]


def test_no_rows_are_an_empty_chart() -> None:
    assert texts(drawn()) == []


def test_every_row_says_its_label_and_its_number() -> None:
    assert texts(drawn(Row("Level 1", 1200), Row("Level 2", 5))) == [
        "Level 1", "1,200", "Level 2", "5",
    ]  # fmt: skip


def test_a_hidden_count_has_a_hatched_bar_of_one_length_and_says_why() -> None:
    svg = drawn(Row("A", None, hidden=FEW), Row("B", None, hidden=HELD), Row("C", 90), slug="areas")
    hidden = bars(svg, "hidden")
    assert len({bar.get("width") for bar in hidden}) == 1
    assert {bar.get("fill") for bar in hidden} == {"url(#chart-areas-hatch)"}
    assert svg.find(".//pattern[@id='chart-areas-hatch']") is not None
    assert [text for text in texts(svg) if text in (FEW, HELD)] == [FEW, HELD]


@pytest.mark.parametrize("largest", [5, 500, 5_000_000])
def test_a_hidden_bar_says_nothing_by_the_scale(largest: int) -> None:
    (bar,) = bars(drawn(Row("A", None, hidden=FEW), Row("B", largest)), "hidden")
    assert bar.get("width") == "1.50em"


def test_the_text_alternative_says_all_that_is_drawn() -> None:
    svg = drawn(Row("A", None, hidden=FEW), Row("B", 90), title="By letter")
    assert svg.get("role") == "img"
    named = {element.get("id"): element.text for element in svg if element.get("id")}
    assert [named[name] for name in (svg.get("aria-labelledby") or "").split()] == [
        "By letter",
        f"A bar for each row. A: {FEW}; B: 90.",
    ]


def test_long_labels_are_broken_into_lines_that_do_not_touch() -> None:
    label = "Not asked: it would put the child at risk, nobody can agree, or asking is too much"
    svg = drawn(Row(label, 7), Row("Next", 3))
    places = [float((text.get("y") or "").removesuffix("em")) for text in svg.iter("text")]
    assert " ".join(texts(svg)[:-3]) == label
    assert places == sorted(places)
    assert all(later - earlier > 1 for earlier, later in pairwise(places))


PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=60)


@given(PRINTABLE, PRINTABLE, PRINTABLE)
def test_whatever_the_words_are_they_stay_words(label: str, title: str, slug: str) -> None:
    svg = drawn(Row(label, 5), title=title, slug=slug)
    assert {element.tag for element in svg.iter()} <= {
        "svg", "title", "desc", "defs", "pattern", "rect", "text",
    }  # fmt: skip
    assert "".join("".join(texts(svg)[:-1]).split()) == "".join(label.split())


def test_markup_in_words_is_escaped() -> None:
    nasty = '"><script>alert(1)</script>&'
    markup = bar_chart(table(Row(nasty, 5), slug=nasty, title=nasty))
    assert "<script" not in markup
    assert "style=" not in markup
    assert text_of(table(Row(nasty, 5))) in ElementTree.fromstring(markup).findtext("desc", "")  # noqa: S314
