"""The periods over which an agency's conversations are counted: whole months, local ones.

Days cannot be chosen: of two periods that differ by one day, the difference may be one
child. Two periods that differ by a month can still be compared, as any two reports can.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

# A year to compare with, and the month that is running.
MONTHS_SHOWN = 13
MONTHS_OFFERED = 60


def month_before(month: date, months: int = 1) -> date:
    """Return the first day of the month that lies so many months before; negative for after."""
    year, index = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(year, index + 1, 1)


def starts(month: date) -> datetime:
    """Return the moment at which a month begins in the United Kingdom."""
    return timezone.make_aware(datetime.combine(month, time()))


def words(month: date) -> str:
    return date_format(month, "F Y")


@dataclass(frozen=True)
class Period:
    """From the first to the last month, both included. Each is named by its first day."""

    first: date
    last: date

    @classmethod
    def usual(cls) -> "Period":
        """The last 12 whole months and this one."""
        this = timezone.localdate().replace(day=1)
        return cls(month_before(this, MONTHS_SHOWN - 1), this)

    @property
    def months(self) -> list[date]:
        month, found = self.first, []
        while month <= self.last:
            found.append(month)
            month = month_before(month, -1)
        return found

    @property
    def start(self) -> datetime:
        return starts(self.first)

    @property
    def end(self) -> datetime:
        """The moment at which it is over, which no longer belongs to it."""
        return starts(month_before(self.last, -1))

    @property
    def query(self) -> dict[str, str]:
        return {"from": f"{self.first:%Y-%m}", "to": f"{self.last:%Y-%m}"}

    def __str__(self) -> str:
        if self.first == self.last:
            return words(self.first)
        return f"{words(self.first)} to {words(self.last)}"


class PeriodForm(forms.Form):
    """The two months of a period, from the address of a page. Without any, the usual period."""

    def __init__(self, query: QueryDict) -> None:
        usual = Period.usual()
        asked = {name: query.get(name, value) for name, value in usual.query.items()}
        super().__init__(asked)
        self.usual = usual
        months = [month_before(usual.last, back) for back in range(MONTHS_OFFERED)]
        choices = [(f"{month:%Y-%m}", words(month)) for month in months]
        self.fields |= {
            name: forms.ChoiceField(
                label=label,
                choices=choices,
                error_messages={
                    "required": f"Choose the {which} month",
                    "invalid_choice": f"Choose the {which} month from the list: it goes back "
                    f"{MONTHS_OFFERED // 12} years",
                },
            )
            for name, label, which in (("from", "From", "first"), ("to", "To", "last"))
        }

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and last < first:
            self.add_error("to", "The last month must be the same as the first, or later")
        return self.cleaned_data

    @property
    def period(self) -> Period:
        """What was asked for, or the usual period where that makes no sense."""
        if not self.is_valid():
            return self.usual
        first, last = (date.fromisoformat(f"{self.cleaned_data[end]}-01") for end in ("from", "to"))
        return Period(first, last)
