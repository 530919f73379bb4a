"""Small counts stay hidden, whoever adds and subtracts what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from referrals.small_numbers import FEW, HELD, LEAST, Row, Table, safe, shown_total

# Many small ones, since those are what it is about.
COUNTS = st.one_of(st.integers(0, 9), st.integers(0, 60))
SMALL = set(range(1, LEAST))


def table(*counts: int, elsewhere: bool = False, overlaps: bool = False) -> Table:
    """A table of these counts. With `elsewhere`, the last stands in another table too."""
    last = len(counts) - 1
    rows = tuple(
        Row(f"Row {place}", count, elsewhere and place == last)
        for place, count in enumerate(counts)
    )
    return Table("test", "Test", "Conversations.", "Row", rows, overlaps)


def shown(*counts: int, **kind: bool) -> list[str]:
    return [row.shown for row in safe(table(*counts, **kind), sum(counts)).rows]


def possible(row: Row, total: int, whole: bool) -> range:
    """What a row may be, by what is printed in it. A `whole` table that is hidden says nothing."""
    if row.count is not None:
        return range(row.count, row.count + 1)
    if row.hidden == FEW:
        return range(1, LEAST)
    return range(0 if whole else LEAST, total + 1)


def derivable(rows: tuple[Row, ...], total: int) -> list[set[int]]:
    """The values that each row can have, if all add up to the total: tried out one by one."""
    whole = all(row.hidden == HELD for row in rows)
    ranges = [possible(row, total, whole) for row in rows]
    found = []
    for place in range(len(rows)):
        sums = {0}
        for other, values in enumerate(ranges):
            if other != place:
                sums = {so_far + value for so_far in sums for value in values}
                sums = {so_far for so_far in sums if so_far <= total}
        found.append({value for value in ranges[place] if total - value in sums})
    return found


@given(st.lists(COUNTS, min_size=2, max_size=5))
def test_no_hidden_count_can_be_worked_out_from_the_rest_of_the_table(counts: list[int]) -> None:
    total = sum(counts)
    if total < LEAST:
        return
    rows = safe(table(*counts), total).rows
    for row, count, values in zip(rows, counts, derivable(rows, total), strict=True):
        assert count in values
        if row.hidden:
            assert len(values) > 1
        if row.hidden == FEW:
            assert values == SMALL


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=3),
    st.lists(st.integers(0, 12), min_size=2, max_size=3),
    st.integers(0, 12),
)
def test_nor_from_another_table_that_shares_a_row(
    first: list[int], second: list[int], shared: int
) -> None:
    """Both add up to one total, and the last row of each is the same."""
    if sum(first) < sum(second):
        first, second = second, first
    second[0] += sum(first) - sum(second)
    total = sum(first) + shared
    if total < LEAST:
        return
    tables = [
        safe(table(*counts, shared, elsewhere=True), total).rows for counts in (first, second)
    ]
    # What the shared row may be by either table, and then each other row given that.
    both = set.intersection(*(derivable(rows, total)[-1] for rows in tables))
    assert shared in both
    for rows in tables:
        if rows[-1].hidden == FEW:
            assert both == SMALL
        for place, row in enumerate(rows[:-1]):
            if row.hidden == FEW:
                given_shared = [
                    derivable((*rows[:-1], Row("", value)), total)[place] for value in both
                ]
                assert set.union(*given_shared) == SMALL


@given(st.lists(COUNTS, min_size=1, max_size=6), st.integers(0, 20))
def test_no_count_of_overlapping_rows_can_be_worked_out(counts: list[int], more: int) -> None:
    """Even by who guesses that every conversation is in one row at least."""
    total = max([*counts, sum(counts) - more, 0])
    if total < LEAST:
        return
    rows = safe(table(*counts, overlaps=True), total).rows
    for row, count in zip(rows, counts, strict=True):
        assert bool(row.hidden) or not (0 < count < LEAST or 0 < total - count < LEAST)
        if row.hidden == FEW and total <= sum(counts):
            most = sum(possible(other, total, False)[-1] for other in rows if other is not row)
            assert most + 1 >= total


@given(st.lists(COUNTS, min_size=1, max_size=8), st.booleans())
def test_what_is_shown_is_true(counts: list[int], overlaps: bool) -> None:
    rows = safe(table(*counts, overlaps=overlaps), sum(counts)).rows
    assert [row.label for row in rows] == [f"Row {place}" for place in range(len(counts))]
    for row, count in zip(rows, counts, strict=True):
        assert row.count in (None, count)
        if row.hidden == FEW:
            assert count in SMALL
        if count in SMALL:
            assert row.count is None


def test_a_table_of_large_counts_and_zeros_is_shown_whole() -> None:
    assert shown(1200, 0, 5) == ["1,200", "0", "5"]


def test_one_small_count_takes_the_smallest_sufficient_neighbour_with_it() -> None:
    assert shown(2, 40, 30, 0) == [FEW, "40", HELD, "0"]


def test_two_small_counts_that_could_be_anything_need_no_neighbour() -> None:
    assert shown(2, 3, 30) == [FEW, FEW, "30"]


def test_two_small_counts_that_can_only_be_ones_need_a_neighbour() -> None:
    assert shown(1, 1, 30) == [FEW, FEW, HELD]


def test_a_neighbour_that_would_say_too_much_by_its_least_is_not_enough() -> None:
    """Hidden 1 and 5 add up to 6: whoever knows that the other is 5 or more has the 1."""
    assert shown(1, 5, 60) == [FEW, "5", HELD]


def test_where_nothing_else_helps_the_whole_table_is_hidden() -> None:
    assert shown(1, 5, 0) == [HELD, HELD, HELD]


def test_a_row_that_another_table_shows_is_not_held_back() -> None:
    assert shown(2, 40, 30, elsewhere=True) == [FEW, HELD, "30"]


def test_a_row_that_all_but_a_few_are_in_is_held_back() -> None:
    numbers = safe(table(98, 50, overlaps=True), 100)
    assert [row.shown for row in numbers.rows] == [HELD, "50"]


def test_overlapping_small_counts_that_could_not_be_one_hide_the_whole_table() -> None:
    """Two counts below 5 that six conversations are in: neither can be 1."""
    numbers = safe(table(2, 4, overlaps=True), 6)
    assert [row.shown for row in numbers.rows] == [HELD, HELD]


def test_a_total() -> None:
    assert [shown_total(total) for total in (0, 1, 4, 5, 1234)] == ["0", FEW, FEW, "5", "1,234"]
