"""How far a fact can be trusted: when somebody last confirmed it, and until when that holds."""

from datetime import date

from django.utils.formats import date_format


def is_confirmed(checked_on: date | None, review_by: date | None, today: date) -> bool:
    """Say whether somebody has confirmed it, and its review date has not passed."""
    return checked_on is not None and (review_by is None or review_by >= today)


def standing(checked_on: date | None, review_by: date | None, today: date, what: str = "") -> str:
    """Say in a line how far it can be trusted; `what` it is, such as a number."""
    if checked_on is None:
        return "Not confirmed since."
    day = date_format(checked_on, "j F Y")
    if is_confirmed(checked_on, review_by, today):
        return f"Confirmed on {day}."
    subject = f"This {what} has not been confirmed" if what else "Not confirmed"
    return f"{subject} since {day}. Check it before you rely on it."
