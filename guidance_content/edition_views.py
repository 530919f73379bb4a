"""The editors' home, and the page of each edition."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.models import Event, User
from guidance_content import currency_list as currency
from guidance_content.edition_acts import comes_back, find, gone
from guidance_content.edition_state import (
    DRAFT,
    EARLIER,
    IN_FORCE,
    PROPOSED,
    TAGS,
    TO_COME,
    WITHDRAWN,
    done_to,
    editions,
    in_force_of,
    life_of,
    sentence_of,
    state_of,
)
from guidance_content.edition_words import address, contents_of, split
from guidance_content.editors import for_editors
from guidance_content.exchange import as_document
from guidance_content.problems import problems
from thresholds.drafts import tell
from thresholds.models import Edition, SpecialRoute

SHOWN = 3
# Kind of what is out of date -> how a group of them is called, and where all of them are.
GROUPS = {
    "contact": ("Contacts", "editor_contacts"),
    "area": ("Areas without a number", "editor_contacts"),
    "link": ("Links", "editor_links"),
    "edition": ("Editions", ""),
    "route": ("Special routes without a contact", ""),
}


@dataclass(frozen=True)
class Group:
    """What is out of date of one kind: the worst few, how many there are, and where all stand."""

    name: str
    shown: list[currency.Item]
    more: list[currency.Item]
    everything: str

    @property
    def number(self) -> int:
        return len(self.shown) + len(self.more)


@require_safe
@for_editors
def editors_home(request: HttpRequest) -> HttpResponse:
    """What is out of date stands first; then what waits for this editor, and all editions."""
    every = list(editions())
    in_force = in_force_of(every)
    by_state: dict[str, list[Edition]] = {state: [] for state in TAGS}
    for edition in every:
        by_state[state_of(edition, in_force)].append(edition)
    urgent, groups = _out_of_date()
    drafts = [_draft(edition, request.user) for edition in by_state[PROPOSED] + by_state[DRAFT]]
    context = {
        "urgent": urgent,
        "groups": groups,
        "drafts": drafts,
        "waiting": [line for line in drafts if line["waits"] == "you"],
        "in_force": [_current(edition) for edition in by_state[IN_FORCE]],
        "to_come": sorted(by_state[TO_COME], key=lambda edition: edition.published_on),
        "earlier": by_state[EARLIER] + by_state[WITHDRAWN],
    }
    return render(request, "editors/home.html", context)


def _out_of_date() -> tuple[list[currency.Item], list[Group]]:
    """Return what is urgent, each by itself, and the rest in groups."""
    items = with_addresses(currency.out_of_date(timezone.localdate()))
    groups = []
    for kind, (name, page) in GROUPS.items():
        own = [item for item in items if item.kind == kind and not item.urgent]
        everything = reverse(page) if page else ""
        if own:
            groups.append(Group(name, own[:SHOWN], own[SHOWN:], everything))
    return [item for item in items if item.urgent], groups


def with_addresses(items: list[currency.Item]) -> list[currency.Item]:
    """Say where each is put right: an edition on its own page, a route in a draft of its own."""
    keys = {
        kind: [item.key for item in items if item.kind == kind and not item.address]
        for kind in ("edition", "route")
    }
    editions = Edition.objects.filter(pk__in=keys["edition"]).values_list("pk", "slug")
    routes = SpecialRoute.objects.filter(pk__in=keys["route"]).values_list("pk", "edition__slug")
    found = {("edition", key): reverse("edition_confirm", args=[slug]) for key, slug in editions}
    found |= {("route", key): reverse("edition_draft", args=[slug]) for key, slug in routes}
    return [
        replace(item, address=item.address or found.get((item.kind, item.key), ""))
        for item in items
    ]


def _draft(edition: Edition, user: User) -> dict[str, Any]:
    """Return a draft as a line of the home: `waits` for "you", "another" editor, or nobody.

    What is wrong with it is told on its own page: it takes long to find, for each draft.
    """
    waits = ""
    if edition.proposed_by_id:
        waits = "another" if edition.proposed_by_id == user.pk else "you"
    return {"edition": edition, "waits": waits}


def _current(edition: Edition) -> dict[str, Any]:
    return {"edition": edition, "what": currency.what_of(edition, timezone.localdate())}


@require_safe
@for_editors
def edition_page(request: HttpRequest, slug: str) -> HttpResponse:
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    in_force = in_force_of([edition])
    state = state_of(edition, in_force)
    is_draft = state in (DRAFT, PROPOSED)
    context: dict[str, Any] = {
        "edition": edition,
        "state": state,
        "tag": TAGS[state],
        "sentence": sentence_of(edition, state),
        "life": life_of(edition),
        "done": done_to(edition),
        "contents": contents_of(edition),
        "is_draft": is_draft,
        "is_mine": edition.proposed_by_id == request.user.pk,
        "compare": _compare_link(edition, in_force),
        "preview": address("edition_preview", slug) if is_draft or state == TO_COME else "",
        "what": currency.what_of(edition, timezone.localdate()),
        "can_roll_back": state == TO_COME or (state == IN_FORCE and comes_back(edition)),
    }
    if is_draft:
        context |= split(edition, problems(edition))
    return render(request, "editors/editions/edition.html", context)


def _compare_link(edition: Edition, in_force: dict[int, Edition]) -> str:
    """Lead to what differs from the edition in force; of that itself, from the one before."""
    before = in_force.get(edition.partnership_id)
    if before is None or before == edition:
        before = edition.based_on
    if before is None:
        return ""
    pair: Iterable[tuple[str, str]] = (("from", before.slug), ("to", edition.slug))
    return f"{reverse('edition_compare')}?{urlencode(list(pair))}"


@require_GET
@for_editors
def edition_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole edition as one document, as export_edition writes it."""
    edition = get_object_or_404(Edition.objects.select_related("partnership"), slug=slug)
    document = as_document(edition)
    tell(Event.Verb.EXPORTED, edition, request.user, "json")
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="{edition.slug}.json"'
    return response
