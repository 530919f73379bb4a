"""People and conversations for tests that need a database."""

from time import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.utils.http import urlencode

from accounts.models import Agency, Membership, User
from accounts.second_factor import is_compulsory_for
from referrals import services
from referrals.journey import Answers
from referrals.models import Conversation
from referrals.steps import BY_SLUG, STEPS
from referrals.views import MAY_RECORD
from thresholds.load import load

BACKEND = "accounts.backend.Backend"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

# A whole conversation, by step: what a person posts. `call` was in winter time.
LEVEL_2 = {
    "area": {"place": "derby"},
    "danger": {"danger": "no"},
    "call-now": {},
    "child": {
        "name": "Amina Example",
        "born_on_day": "3", "born_on_month": "4", "born_on_year": "2017",
    },
    "call": {
        "made": "yes", "to_whom": "council", "to": "Sam at the advice line",
        "said": "Talk to the family",
        "on_day": "20", "on_month": "11", "on_year": "2025", "at": "17:10",
    },
    "concern": {"concern": "No breakfast three days running."},
    "questions": {"life-and-wishes": "She wants her gran to fetch her."},
    "in-place": {
        "assessment": "yes", "plan_tried": "no", "sudden_escalation": "no",
        "discussed": "yes", "discussed_with": "Liam Birch",
    },
    "signs": {"codes": ["dd001", "dd034"], "unknown_domains": ["education-learning"]},
    "evidence": {"seen_by_dd034": "me", "note_dd034": "On Monday and Tuesday"},
    "judgement": {"level": "2", "reason": "Two agencies are needed."},
    "reading": {"significant_harm": "unknown"},
    "next-steps": {"plan": "Meet on Monday"},
    "agreement": {"agreement": "given", "given_by": "parent", "given_how": "spoken"},
    "sharing": {"shares": "no"},
    "family": {"address": "1 Example Road"},
}  # fmt: skip


def make_person(
    email: str, agency: Agency | None, role: str = Membership.Role.PRACTITIONER
) -> User:
    user = User.objects.create_user(email, "a long pass phrase", name=email.split("@")[0])
    if agency:
        Membership.objects.create(user=user, agency=agency, role=role)
    if is_compulsory_for(user):
        give_app(user)
    return user


def give_app(user: User) -> Authenticator:
    """Set up the authenticator app that leads, editors and staff must have."""
    return TOTP.activate(user, APP_SECRET).instance


def app_code(secret: str = APP_SECRET) -> str:
    """The code that the app shows now."""
    return format_hotp_value(hotp_value(secret, int(time()) // 30))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def answer(client: Client, url: str, posted: dict[str, dict[str, object]]) -> HttpResponse:
    """Answer one step, at the address of its page."""
    slug = "area" if url.endswith("/new/") else url.rstrip("/").rsplit("/", 1)[-1]
    return client.post(url, posted[slug])


def walk_to(client: Client, last: str, **changes: dict[str, object]) -> str:
    """Answer every step up to, and not including, `last`. Return its address.

    `changes` are answers in place of those of LEVEL_2, by step, with _ for -.
    """
    posted = LEVEL_2 | {step.replace("_", "-"): data for step, data in changes.items()}
    url = "/conversations/new/"
    for _ in range(len(posted) + 1):
        if url.rstrip("/").endswith(last):
            return url
        response = answer(client, url, posted)
        assert response.status_code == 302, f"{url} was refused"
        url = response.url
    pytest.fail(f"The journey never came to {last}; it ended at {url}")


def record(client: Client, **changes: dict[str, object]) -> Conversation:
    """Return a whole conversation, recorded by whoever is signed in, with their answers.

    The answers go through the forms of the pages, and not through the pages: that takes half the
    time. `walk_to` goes through the pages.
    """
    author = User.objects.get(pk=client.session[SESSION_KEY])
    posted = {slug: as_sent(data) for slug, data in LEVEL_2.items()}
    posted |= {slug.replace("_", "-"): as_sent(data) for slug, data in changes.items()}
    begun: Conversation | None = None
    known: Answers = {}
    slug = STEPS[0].slug
    while slug:
        guidance = services.guidance_of(begun) if begun else load(services.edition_for(None))
        form = BY_SLUG[slug].form(known, guidance, posted=posted[slug])
        assert form.is_valid(), f"{slug} was refused: {form.errors}"
        data = BY_SLUG[slug].data(form, {})
        if begun:
            services.save_answer(conversation=begun, step=slug, data=data)
        else:
            agency = Agency.objects.of(author, *MAY_RECORD)[0]
            begun = services.start(author=author, agency=agency, data=data)
        walked = services.walk_of(begun)
        known, slug = walked.known, walked.first_open
    services.record(conversation=begun)
    return Conversation.objects.recorded().get(pk=begun.pk)


def as_sent(data: dict[str, object]) -> QueryDict:
    """Return a form as it comes from a browser."""
    return QueryDict(urlencode(data, doseq=True))
