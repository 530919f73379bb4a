"""What the open pages share: whose guidance they show, how current it is, how it is kept.

They are for everyone, so they set no cookie and ask for no sign-in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from thresholds.currency import standing
from thresholds.guidance import Guidance
from thresholds.load import as_if_in_force, current_edition, load
from thresholds.models import Area, Checked, Edition

# A corrected telephone number must reach everyone within a minute.
KEPT_SECONDS = 60

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Shown:
    """An edition as a page shows it, with the areas that it is for."""

    edition: Edition
    guidance: Guidance
    areas: tuple[Area, ...]

    @property
    def dated(self) -> str:
        return printed_date(self.edition.source_date)

    @property
    def standing(self) -> str:
        return standing_of(self.edition)

    @property
    def for_areas(self) -> str:
        return " and ".join(area.name for area in self.areas)


def open_page(view: View) -> View:
    """Mark a view as open to everyone: read only, and kept a minute unless signed in."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        else:
            patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
        return response

    shown = require_safe(wrapper)
    shown.open_to_all = True  # accounts.middleware lets it through
    return shown


def home_area() -> Area:
    """Return the area whose partnership this portal serves: the first that has contacts.

    Raises Http404 when no guidance is loaded.
    """
    area = Area.objects.filter(contacts__isnull=False).first()
    if area is None:
        raise Http404("No area has contacts.")
    return area


def home() -> Shown:
    """Return the edition that the open pages show. Raises Http404 when there is none."""
    return shown_in(home_area())


def shown_in(area: Area) -> Shown:
    """Return the edition in force in `area`. Raises Http404 when none is published."""
    try:
        edition = current_edition(area)
    except Edition.DoesNotExist:
        raise Http404("No edition is published for this area.") from None
    return Shown(edition, load(edition), tuple(edition.partnership.areas.all()))


def other_areas() -> list[Area]:
    """Return the areas of other partnerships that have an edition in force, or show one."""
    others = Area.objects.exclude(partnership=home_area().partnership_id)
    previewed = as_if_in_force.get()
    in_force = Edition.objects.in_force().values("pk")
    shown = Q(pk__in=in_force) | Q(pk=previewed.pk if previewed else None)
    return list(others.filter(partnership__editions__in=Edition.objects.filter(shown)).distinct())


def standing_of(row: Checked) -> str:
    """Say in a line how far `row` can be trusted."""
    return standing(row.checked_on, row.review_by, timezone.localdate())


def printed_date(text: str) -> str:
    """Return 2019, 2019-12 or 2019-12-31 in words, no more exact than it is."""
    parts = [int(part) for part in text.split("-")]
    style = {1: "Y", 2: "F Y", 3: "j F Y"}[len(parts)]
    year, month, day = [*parts, 1, 1][:3]
    return date_format(date(year, month, day), style)
