"""A table of counts as a bar chart: SVG to stand in a page, beside the table itself.

Lengths across are shares of the page's width and lengths down are multiples of the text's
size, so that the words stay as large as those around them on any screen. Colours come from
the page's style: the page allows no style in the markup. Pure: no Django.
"""

from collections.abc import Iterable
from html import escape
from textwrap import wrap

from referrals.small_numbers import Row, Table

# What fits a line on a screen of 320 pixels.
LINE = 30
LINE_HEIGHT = 1.3
BAR_HEIGHT = 1.1
GAP = 0.6
# The longest bar, in percent: its number stands beyond its end.
LONGEST = 78
# A hidden count has a bar of this length, whatever it is.
HIDDEN_WIDTH = 1.5


def bar_chart(table: Table) -> str:
    """Return the chart as SVG markup, escaped. The text alternative says every number."""
    most = max((row.count or 0 for row in table.rows), default=0)
    top, bars = 0.0, []
    for row in table.rows:
        drawn, height = _bar(row, top, most, table.slug)
        bars.append(drawn)
        top += height
    ids = {name: escape(f"chart-{table.slug}-{name}") for name in ("title", "text", "hatch")}
    return (
        f'<svg class="chart" role="img" aria-labelledby="{ids["title"]} {ids["text"]}"'
        f' width="100%" height="{_em(top)}" focusable="false">'
        f'<title id="{ids["title"]}">{escape(table.title)}</title>'
        f'<desc id="{ids["text"]}">{escape(text_of(table))}</desc>'
        f'<defs><pattern id="{ids["hatch"]}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="chart__hatch" width="2" height="6"/>'
        f"</pattern></defs>{''.join(bars)}</svg>"
    )


def text_of(table: Table) -> str:
    """Return what the chart shows, for who does not see it."""
    return f"A bar for each row. {'; '.join(f'{row.label}: {row.shown}' for row in table.rows)}."


def _bar(row: Row, top: float, most: int, slug: str) -> tuple[str, float]:
    """Return one label with its bar below it, and how high both are."""
    lines = wrap(row.label, LINE) or [""]
    label = "".join(_label(lines, top))
    start = top + len(lines) * LINE_HEIGHT
    place = f'y="{_em(start)}" height="{_em(BAR_HEIGHT)}"'
    if row.count is None:
        end = f'x="{_em(HIDDEN_WIDTH)}"'
        hatch = f'fill="url(#{escape(f"chart-{slug}-hatch")})"'
        bar = f'<rect class="chart__hidden" {place} width="{_em(HIDDEN_WIDTH)}" {hatch}/>'
    else:
        share = f"{LONGEST * row.count / most:.2f}%" if most else "0%"
        end = f'x="{share}"'
        bar = f'<rect class="chart__bar" {place} width="{share}"/>'
    baseline = start + BAR_HEIGHT * 0.8
    number = (
        f'<text class="chart__number" {end} dx="0.4em" y="{_em(baseline)}">'
        f"{escape(row.shown)}</text>"
    )
    return label + bar + number, len(lines) * LINE_HEIGHT + BAR_HEIGHT + GAP


def _label(lines: list[str], top: float) -> Iterable[str]:
    for number, line in enumerate(lines, start=1):
        y = _em(top + number * LINE_HEIGHT - 0.4)
        yield f'<text class="chart__label" x="0" y="{y}">{escape(line)}</text>'


def _em(length: float) -> str:
    return f"{length:.2f}em"
