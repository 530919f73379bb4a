"""Every route, for everybody, by every method, in every state of a record.

A route without a policy in tests/access.py fails. So does any cell in which somebody gets
in who may not, or does not who may, or can tell a record they may not see from none at all.
"""

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace as World

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Q
from django.http import HttpResponse
from pytest_django import Settings

from accounts.models import Membership, MembershipQuerySet, User
from accounts.prepared import Prepared
from referrals import access
from referrals.models import Conversation, ConversationQuerySet
from tests.access import (
    ANONYMOUS,
    METHODS,
    MISSING,
    PERSONAS,
    POLICIES,
    STATES,
    Policy,
    address,
    addresses,
    make_world,
    routes,
    suspend_author,
)

Problem = str
# The other methods are refused before a record is looked for.
TOLD_BY = {"GET", "POST"}
NEEDS_SIGN_IN = {
    "account_change_password", "account_set_password", "account_reauthenticate", "account_stay",
    "account_places",
    "mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_add_webauthn",
    "mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_reauthenticate",
}  # fmt: skip
CHANGING_HEADERS = {"Content-Length", "Expires"}
CHANGING = re.compile(r'(name="csrfmiddlewaretoken" value=|data-[a-z-]*seconds=)"[^"]+"')


@pytest.fixture(autouse=True)
def session_stays_as_it_is(settings: Settings) -> None:
    """Write down when somebody was seen at no request: it would be a query, now and then."""
    settings.IDLE_WRITE_SECONDS = 10**10


def test_every_route_declares_its_policy() -> None:
    declared = POLICIES.keys() | {name for name in routes() if is_elsewhere(name)}
    assert set(routes()) <= declared
    assert POLICIES.keys() <= set(routes())


def is_elsewhere(name: str) -> bool:
    """Say whether a route is no page of a record or an agency, and tested by its own file."""
    return name.startswith(("admin:", "account_", "mfa_", "openid_connect", "socialaccount_"))


@pytest.mark.parametrize("state", STATES)
def test_the_matrix(state: str, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    found = list(cells(make_world(state)))
    problems = [problem for problem in found if problem]
    with capsys.disabled():
        print(f" access matrix, {state}: {len(found)} cells")
    assert not problems, "\n".join(problems)


def cells(
    world: World, personas: tuple[str, ...] = PERSONAS, tried: tuple[str, ...] = METHODS
) -> Iterator[Problem]:
    """Yield, for every cell, what is wrong with it or "". What a cell changes is undone."""
    # A page that is of no record is the same in every state of one.
    policies = {
        name: policy
        for name, policy in POLICIES.items()
        if policy.of_record or world.state == "recorded"
    }
    urls = {name: address(name, policy, world) for name, policy in policies.items()}
    for persona in personas:
        with transaction.atomic():
            if persona == "suspended author":
                suspend_author(world)
            for name, policy in policies.items():
                for method in tried:
                    yield cell(world, persona, name, policy, method, urls[name])
            transaction.set_rollback(True)


def cell(world: World, persona: str, name: str, policy: Policy, method: str, url: str) -> Problem:
    response, asked = answer(world, persona, method, url)
    wanted = expected(policy, persona, world.state, method)
    where = f"{persona}, {method} {name}, {world.state}"
    if not wanted(response):
        return f"{where}: {response.status_code} {response.get('Location', '')}"
    if policy.of_record and method in TOLD_BY and not policy.may(persona, world.state):
        missing = url.replace(str(world.conversation.token), MISSING)
        nothing, asked_for_nothing = answer(world, persona, method, missing)
        if as_shown(response, world) != as_shown(nothing, world):
            return f"{where}: a record can be told from none by what is shown"
        if asked != asked_for_nothing:
            return f"{where}: a record can be told from none by its {asked} queries"
    return ""


def answer(world: World, persona: str, method: str, url: str) -> tuple[HttpResponse, int]:
    """Return the response, and how many queries it took. What it changes is undone."""
    asked = 0

    def count(execute: Callable[..., object], *query: object) -> object:
        # A log of them would ask SQLite each time for the values as SQL writes them.
        nonlocal asked
        asked += 1
        return execute(*query)

    with transaction.atomic():
        with connection.execute_wrapper(count):
            response = world.browsers[persona].generic(method, url)
        transaction.set_rollback(True)
    return response, asked


def expected(
    policy: Policy, persona: str, state: str, method: str
) -> Callable[[HttpResponse], bool]:
    if persona == ANONYMOUS and not policy.open:
        return asks_to_sign_in
    if method not in policy.methods:
        return lambda response: response.status_code == 405
    if not policy.may(persona, state):
        return lambda response: response.status_code == policy.denied
    return lambda response: response.status_code in (200, 302, 409) and not signs_in(response)


def asks_to_sign_in(response: HttpResponse) -> bool:
    """Sends to the sign-in page, or gives back what was posted by somebody signed out."""
    return signs_in(response) or response.status_code in (403, 405)


def signs_in(response: HttpResponse) -> bool:
    doors = ("/account/login/", "/admin/login/")
    return response.status_code == 302 and response.url.startswith(doors)


def as_shown(response: HttpResponse, world: World) -> tuple[object, ...]:
    """Return what a person can see of a response, but for what is in every address."""
    body = CHANGING.sub(r"\1", response.content.decode())
    headers = {key: value for key, value in response.items() if key not in CHANGING_HEADERS}
    told = repr((response.status_code, body, headers))
    return (told.replace(str(world.conversation.token), MISSING),)


def test_the_matrix_of_the_admin_and_of_accounts(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world("recorded")
    found = [
        problem
        for name, url in sorted(elsewhere())
        for persona in PERSONAS
        for method in ("GET", "POST")
        for problem in [outside(world, persona, method, name, url)]
    ]
    problems = [problem for problem in found if problem]
    with capsys.disabled():
        print(f" access matrix of the admin and of accounts: {len(found)} cells")
    assert not problems, "\n".join(problems)


def elsewhere() -> set[tuple[str, str]]:
    """Return name and address of every route of the admin and of accounts."""
    values = {"pk": "1", "object_id": "1", "content_type_id": "1", "app_label": "accounts"}
    values |= {"uidb36": "1", "key": "set-password", "url": "no-such-page"}
    return {
        (name, re.sub(r"<(?:\w+:)?(\w+)>", lambda m: values.get(m[1], "1"), address))
        for name, address in addresses()
        if is_elsewhere(name)
    }


def outside(world: World, persona: str, method: str, name: str, url: str) -> Problem:
    response, _ = answer(world, persona, method, url)
    where = f"{persona}, {method} {name}: {response.status_code} {response.get('Location', '')}"
    shut_out = response.status_code in (403, 404, 405) or signs_in(response)
    if response.status_code >= 500:
        return where
    if name.startswith("admin:") and persona != "staff":
        # An editor reads the guidance there, and nothing about people.
        own = persona == "editor" and not re.match(r"/admin/(accounts|account|mfa|auth)/", url)
        return "" if own or shut_out or url in ("/admin/login/", "/admin/logout/") else where
    if name in NEEDS_SIGN_IN and persona == ANONYMOUS:
        return "" if shut_out else where
    return ""


def test_no_conversation_is_in_the_admin() -> None:
    registered = {model._meta.app_label for model in admin.site._registry}
    assert "referrals" not in registered


def without_membership(self: MembershipQuerySet, key: int) -> MembershipQuerySet:
    return self.filter(user=key, user__is_editor=False)


def led(*left_out: str) -> Callable[[ConversationQuerySet, int], Q]:
    """Return the check for leads, with parts of it left out."""

    def check(
        self: ConversationQuerySet, key: int, agency: object = None, agency_first: bool = True
    ) -> Q:
        agencies = Membership.objects.held_by(key)
        if "role" not in left_out:
            agencies = agencies.filter(role=Membership.Role.LEAD)
        about = Conversation.kept_from.through.objects.filter(user=key).values("conversation")
        whole = Q() if "agency" in left_out else Q(agency__in=agencies.values("agency"))
        if "begun" not in left_out:
            whole &= Q(reaches_leads=True)
        if agency is not None:
            whole &= Q(agency=agency)
        return whole if "subject" in left_out else whole & ~Q(pk__in=about)

    return check


def everything(self: ConversationQuerySet, user: User) -> ConversationQuerySet:
    return self.all()


def any_author(self: ConversationQuerySet, user: User) -> ConversationQuerySet:
    return self.filter(Q(author__isnull=False) | self._led_by(user.pk))


def with_editors(self: MembershipQuerySet, key: int) -> MembershipQuerySet:
    return self.active().filter(user=key)


def any_own(self: ConversationQuerySet, key: int) -> Q:
    return Q(author__isnull=False)


# Each scoping check, taken away by hand: where it is, what stands there instead, and who then
# gets in, in which state of the record.
REMOVED = {
    "visible_to asks nothing": (
        ConversationQuerySet, "visible_to", everything, "colleague", "recorded"),
    "visible_to asks no author": (
        ConversationQuerySet, "visible_to", any_author, "colleague", "recorded"),
    "led_by asks nothing": (ConversationQuerySet, "led_by", everything, "author", "recorded"),
    "leads: no agency": (
        ConversationQuerySet, "_led_by", led("agency"), "other agency's lead", "recorded"),
    "leads: no role": (ConversationQuerySet, "_led_by", led("role"), "colleague", "recorded"),
    "leads: no subject": (
        ConversationQuerySet, "_led_by", led("subject"), "lead who is the subject", "recorded"),
    "leads: drafts at once": (ConversationQuerySet, "_led_by", led("begun"), "lead", "begun"),
    "own: no author": (ConversationQuerySet, "_own", any_own, "colleague", "draft"),
    "editors": (MembershipQuerySet, "held_by", with_editors, "editor", "recorded"),
    "suspension": (
        MembershipQuerySet, "held_by", without_membership, "suspended author", "recorded"),
    "steps: not only one's own": (access, "find_own", access.find, "lead", "draft"),
    "reviews: not only leads": (access, "find_led", access.find, "author", "recorded"),
}  # fmt: skip


@pytest.mark.parametrize("check", REMOVED)
def test_the_matrix_fails_without(
    check: str, db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where, name, instead, persona, state = REMOVED[check]
    world = make_world(state)
    monkeypatch.setattr(where, name, instead)
    # What was compiled before has the check, and what is compiled now must not stay.
    ask = Prepared.__call__
    monkeypatch.setattr(
        Prepared, "__call__", lambda query, *values: ask(Prepared(query.make), *values)
    )
    for module in ("views", "record_views"):
        monkeypatch.setattr(f"referrals.{module}.{name}", instead, raising=False)
    red = next((problem for problem in cells(world, (persona,), ("GET",)) if problem), "")
    with capsys.disabled():
        print(f" without {check!r}: {red}")
    assert red
