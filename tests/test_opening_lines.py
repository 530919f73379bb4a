"""Opening hours as editors type them: understood, or refused in one line, never guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresholds.opening import BadHours, from_data, to_data
from thresholds.opening_lines import from_lines
from thresholds.opening_words import day_by_day, to_lines

OFFICE = "Monday to Friday 9am to 5pm"
DERBY = "between 10am and 1pm"

SAME = [
    (OFFICE, "9am to 5pm Monday to Friday"),
    (OFFICE, "Weekdays 09:00 - 17:00."),
    (OFFICE, "mon to fri, 9 am until 5.00pm\n\nBank holidays not known"),
    ("Every day 24 hours", "24 hours a day every day"),
    ("Saturday 9am to 12 noon and 1pm to midnight", "Saturdays 09:00-12:00\nSat 13:00-24:00"),
    ("Friday to Monday 9am to 5pm", "Friday, Saturday, Sunday and Monday 9am to 5pm"),
    (DERBY, "10am to 1pm"),
    ("Monday to Friday 8am to 8pm\nSaturday 9am to 4pm",
     "Monday to Friday 8am to 8pm, Saturday 9am to 4pm"),
    ("Monday to Friday 9am to 5pm\nSaturday 6pm to 8pm",
     "9am to 5pm Monday to Friday and 6pm to 8pm Saturday"),
    (OFFICE, "Mon-Fri 9am-5pm"),
    (OFFICE, "Mon–Fri: 9am–5pm"),
    (OFFICE, "Monday to Friday - 9am to 5pm"),
    (OFFICE, "Open Mon, Tues, Weds, Thurs and Fri 9am till 5pm"),
    (OFFICE, "Monday to Friday 9am to 5pm\nSaturday and Sunday closed"),
    (OFFICE + "\nClosed on bank holidays", "Weekdays 9am to 5pm (except bank holidays)"),
    (OFFICE + "\nClosed on bank holidays", OFFICE + "\nWeekends and bank holidays closed"),
    (OFFICE + "\nOpen on bank holidays", "Weekdays, including bank holidays, 9am to 5pm"),
    ("Every day 24 hours", "24/7"),
    ("Every day 24 hours", "24 hours a day, 7 days a week"),
    ("Weekends 10am to 4pm\nBank holidays 10am to 4pm",
     "Saturdays, Sundays and bank holidays 10am to 4pm"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_lines_that_mean_the_same_are_read_the_same(one: str, other: str) -> None:
    assert from_lines(one) == from_lines(other)


@pytest.mark.parametrize(
    "lines",
    [
        "9 to 5", "Monday to Friday 9 to 5", "Monday 25:00 to 26:00", "Monday 13pm to 3pm",
        "Monday 9am to 9am", "Funday 9am to 5pm", "Monday", "office hours",
        "Closed on bank holidays",
        "Monday 9am to 5pm\n10am to 1pm", "Monday 9am to 5pm\nMonday 4pm to 6pm",
        "Monday to 9am to 5pm",
        "Monday 0am to 5pm", "Monday 9:75am to 5pm", "Monday ９am to 5pm", "Monday 9am to 5pm <b>",
        "Monday to Friday 9am to 5pm, Saturday", "9am to 5pm Monday, 10am to 4pm",
        "Monday 9am to 5pm\nMonday closed", "Sunday closed", "closed", "open",
        "Bank holidays closed",
        "Bank holidays 9am to 5pm", "Monday to bank holidays 9am to 5pm",
        "Sunday closed 9am to 5pm",
        "Monday 9am to 5pm\nOpen on bank holidays\nClosed on bank holidays",
        "Monday 9am to 5pm, closed on bank holidays\nBank holidays 9am to 1pm",
        "Bank holidays 9am to 5pm\n10am to 1pm", "Monday 24 hours\nMonday 9am to 5pm",
        "Monday not closed on bank holidays 9am to 5pm", "Monday 124 hours", "Monday 9am to 5pmish",
        "Monday 9am to 5pm\n" * 21, "Monday " * 40 + "9am to 5pm",
    ],
)  # fmt: skip
def test_lines_that_are_not_understood_are_refused_in_one_line(lines: str) -> None:
    with pytest.raises(BadHours) as refused:
        from_lines(lines)
    assert "\n" not in str(refused.value)


WORDS = [
    "monday", "fri", "weekends", "bank holidays", "closed", "open on bank holidays", "24 hours",
    "9am to 5pm", "10pm-6am", "to", "-", "and", ",", "\n", "x", "9",
]  # fmt: skip


@given(
    st.text(alphabet="monday to friday 9:0am5pm24hours-,\n", max_size=80)
    | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
)
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        hours = from_lines(text)
    except BadHours:
        return
    assert from_data(to_data(hours)) == hours


def test_an_editor_sees_the_gaps_of_a_week() -> None:
    """The days of a week, and after them bank holidays."""
    nights = from_lines("Monday to Friday 5pm to 9am\nWeekends 24 hours\nBank holidays 24 hours")
    days = day_by_day(nights)
    assert days[0] == "Monday: 5pm to midnight"
    assert days[1] == "Tuesday: midnight to 9am and 5pm to midnight"
    assert days[5:] == ["Saturday: 24 hours", "Sunday: 24 hours", "Bank holidays: 24 hours"]
    assert day_by_day(from_lines(OFFICE))[6] == "Sunday: closed"
    assert day_by_day(from_lines(DERBY)) == day_by_day(from_lines("")) == []


def test_times_of_their_own_on_bank_holidays_are_written_back() -> None:
    hours = from_lines(OFFICE + "\nBank holidays 10am to 2pm")
    assert to_data(hours)["days"]["bank_holiday"] == ["10:00-14:00"]
    assert to_lines(hours).splitlines()[-1] == "Bank holidays 10am to 2pm"
