"""Who may do what: every route's policy, and a world with everybody in it to try it on.

A policy says for one route which methods it answers, and which persona may use it in which
state of the record. Whoever may not gets `denied`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace as World

from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Agency, Invitation, Membership, User
from referrals import review
from referrals.models import Conversation, FollowUp, Review
from tests.people import LEVEL_2, give_app, make_person, record, signed_in, walk_to
from thresholds.models import Contact, Edition, Link, Partnership

Role = Membership.Role
ANONYMOUS = "anonymous"
PERSONAS = (
    ANONYMOUS,
    "author",
    "colleague",
    "lead",
    "other agency's lead",
    "editor",
    "suspended author",
    "suspended lead",
    "lead who is the subject",
    "reader",
    "staff",
)
LEADS = {"lead", "lead who is the subject"}
STATES = ("begun", "draft", "recorded", "asked", "signed off")
READS, WRITES = {"GET", "HEAD"}, {"POST"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
MISSING = "00000000-0000-4000-8000-000000000000"

May = Callable[[str, str], bool]


@dataclass(frozen=True)
class Policy:
    """`may(persona, state)`; `methods` that the route answers; `denied` is the status else."""

    may: May
    methods: frozenset[str] = frozenset(READS)
    denied: int = 404
    # Addressed by the token of a record, and so compared with a missing one.
    of_record: bool = False
    # Everybody may come, signed in or not.
    open: bool = False
    arguments: Callable[[World], dict[str, object]] = field(default=lambda world: {})


def is_recorded(state: str) -> bool:
    return state not in ("begun", "draft")


def author(persona: str, state: str) -> bool:
    return persona == "author"


def sees(persona: str, state: str) -> bool:
    """The author, and a lead once the author has said whom the draft is about."""
    return persona == "author" or (persona == "lead" and state != "begun")


def reviews(persona: str, state: str) -> bool:
    return persona == "lead" and is_recorded(state)


def sees_as_lead(persona: str, state: str) -> bool:
    """A lead, and a draft only once its author has said whom it is about."""
    return persona == "lead" and state != "begun"


def leads_agency(persona: str, state: str) -> bool:
    return persona in LEADS or persona == "other agency's lead"


def leads_this_agency(persona: str, state: str) -> bool:
    return persona in LEADS


def reads_numbers(persona: str, state: str) -> bool:
    return leads_agency(persona, state) or persona == "reader"


def works(persona: str, state: str) -> bool:
    """Whoever records conversations."""
    return persona in {"author", "colleague"} or leads_agency(persona, state)


def nobody(persona: str, state: str) -> bool:
    return False


def anybody(persona: str, state: str) -> bool:
    return True


def signed(persona: str, state: str) -> bool:
    return persona != ANONYMOUS


def staff(persona: str, state: str) -> bool:
    return persona == "staff"


def edits(persona: str, state: str) -> bool:
    return persona in {"staff", "editor"}


def edits_guidance(persona: str, state: str) -> bool:
    """Whoever has the editors' room: staff who are no editors have the admin alone."""
    return persona == "editor"


def token(world: World) -> dict[str, object]:
    return {"token": world.conversation.token}


def open_page(**arguments: object) -> Policy:
    return Policy(anybody, open=True, arguments=lambda world: arguments)


def record_page(may: May, methods: set[str] = READS | WRITES, **more: object) -> Policy:
    return Policy(
        may,
        frozenset(methods),
        of_record=True,
        arguments=lambda world: token(world) | {k: world.keys.get(v, v) for k, v in more.items()},
    )


def agency_page(may: May, methods: set[str] = READS) -> Policy:
    return Policy(may, frozenset(methods))


def person_page(key: str, methods: set[str] = READS | WRITES) -> Policy:
    return Policy(
        leads_this_agency,
        frozenset(methods),
        arguments=lambda world: {"pk": world.keys[key]},
    )


def editors_page(methods: set[str] = READS | WRITES, model: type[Model] | None = None) -> Policy:
    """A page of the editors' room; of the first row of `model`, where it is about one."""
    return Policy(
        edits_guidance,
        frozenset(methods),
        arguments=lambda world: {"pk": model.objects.earliest("pk").pk} if model else {},
    )


def about_edition(methods: set[str] = READS | WRITES, **more: object) -> Policy:
    """A page of the editors' room about one edition, named by its slug."""
    named = {"slug": "ddscp-2019-12", **more}
    return Policy(edits_guidance, frozenset(methods), arguments=lambda world: named)


def proposed(world: World) -> dict[str, object]:
    """The slug of an edition that waits for its second editor: leads are told of it."""
    edition, _ = Edition.objects.get_or_create(
        slug="proposed",
        defaults={
            "partnership": Partnership.objects.get(slug="ddscp"),
            "proposed_by": world.everybody["editor"],
            "publish_from": timezone.localdate(),
        },
    )
    return {"slug": edition.slug}


POLICIES: dict[str, Policy] = {
    **{
        name: open_page()
        for name in (
            "front", "levels", "domains", "services", "contacts", "glossary", "questions",
            "guidance", "accessibility", "privacy", "ladders", "grid",
        )
    },
    **{name: open_page() for name in ("cookies", "health", "ready")},
    "ladder": open_page(code="domestic-abuse"),
    "indicator": open_page(code="dd034"),
    # It changes nothing: it is posted so that what is typed stands in no address.
    "find": Policy(anybody, frozenset(READS | WRITES), open=True),
    "level": open_page(number=2),
    "domain": open_page(code="education-learning"),
    "guidance_page": open_page(code="next-steps"),
    "area_guidance": open_page(slug="warwickshire"),
    "area_page": open_page(slug="warwickshire", code="before-a-referral"),
    "quick_check": Policy(anybody, frozenset(READS | WRITES), open=True),
    "quick_check_carry_on": Policy(works, frozenset(READS | WRITES), denied=403),
    "edition_schema": open_page(),
    "edition_import": editors_page(),
    "edition_compare": editors_page(READS),
    "edition_compare_pdf": editors_page(READS),
    "edition_indicators": about_edition(),
    "edition_indicators_csv": about_edition({"GET"}),
    "edition_replay": about_edition(),
    "editors_home": editors_page(READS),
    "edition": about_edition(READS),
    "edition_json": about_edition({"GET"}),
    **{
        f"edition_{act}": about_edition()
        for act in ("draft", "propose", "withdraw", "approve", "roll_back", "discard", "confirm")
    },
    "edition_signs": about_edition(READS),
    "edition_sign_add": about_edition(),
    "edition_sign": about_edition(code="dd034"),
    "edition_sign_retire": about_edition(code="dd034"),
    "edition_preview": about_edition(),
    "preview_stop": editors_page(),
    "edition_pages": about_edition(READS),
    "edition_page": about_edition(code="next-steps"),
    "conversation_list": Policy(signed),
    "conversation_new": Policy(works, frozenset(READS | WRITES), denied=403),
    "conversation": record_page(sees, READS),
    "conversation_step": record_page(author, slug="area"),
    "conversation_check": record_page(author),
    "conversation_summary": record_page(sees, READS),
    "conversation_pdf": record_page(sees, READS),
    "conversation_add": record_page(sees),
    "conversation_keep_from": record_page(sees),
    "conversation_follow_up": record_page(sees, READS),
    "conversation_follow_up_done": record_page(sees, key="follow up"),
    "conversation_council_answer": record_page(sees),
    "conversation_council_call": record_page(sees),
    "conversation_review_day": record_page(sees),
    "conversation_review": record_page(reviews),
    "conversation_hold": record_page(sees_as_lead),
    "conversation_subject_access": record_page(reviews),
    "conversation_escalate": record_page(reviews),
    "conversation_escalation": record_page(reviews, key="escalation"),
    **{f"editor_{word}s": editors_page(READS) for word in ("contact", "link")},
    **{f"editor_{word}_add": editors_page() for word in ("contact", "link")},
    **{
        f"editor_{word}{then}": editors_page(model=model)
        for word, model in (("contact", Contact), ("link", Link))
        for then in ("", "_confirm", "_retire")
    },
    "desk": agency_page(leads_agency, READS | WRITES),
    "desk_edition": Policy(leads_agency, arguments=proposed),
    "keeping": agency_page(leads_agency, READS | WRITES),
    "numbers": agency_page(reads_numbers),
    "numbers_csv": agency_page(reads_numbers, {"GET"}),
    "records_csv": agency_page(leads_agency, {"GET"}),
    "people": agency_page(leads_agency),
    "people_invite": agency_page(leads_agency, READS | WRITES),
    "person_role": person_page("colleague"),
    "person_suspend": person_page("colleague"),
    "person_restore": person_page("suspended"),
    # Whoever has the link of an invitation may open it: here it is none.
    "invitation_accept": Policy(
        nobody,
        frozenset(READS | WRITES),
        denied=410,
        open=True,
        arguments=lambda world: {"token": "no-such-token"},
    ),
    "invitation_withdraw": person_page("invitation"),
    "invitation_send_again": person_page("invitation"),
}  # fmt: skip


def routes() -> set[str]:
    """Return the name of every route that the portal answers, with its namespace."""
    return {name for name, _ in addresses()}


def addresses() -> Iterator[tuple[str, str]]:
    """Yield the name of every route and how its address is written, such as "a/<int:pk>/"."""
    yield from _below(get_resolver(), "", "/")


def _below(resolver: URLResolver, space: str, start: str) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _below(pattern, inner, start + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or pattern.pattern}", start + str(pattern.pattern)


def people(school: Agency, other: Agency) -> dict[str, User]:
    """Return everybody but the anonymous visitor, by persona."""

    def person(persona: str, agency: Agency | None, role: Role = Role.PRACTITIONER) -> User:
        name = persona.replace(" ", "-").replace("'", "")
        return make_person(f"{name}@people.example", agency, role)

    everybody = {
        "author": person("author", school),
        "colleague": person("colleague", school),
        "lead": person("lead", school, Role.LEAD),
        "other agency's lead": person("other agency's lead", other, Role.LEAD),
        # Made a lead by mistake: an editor sees no conversations all the same.
        "editor": person("editor", school, Role.LEAD),
        "suspended lead": person("suspended lead", school, Role.LEAD),
        "lead who is the subject": person("lead who is the subject", school, Role.LEAD),
        "reader": person("reader", school, Role.READER),
        "staff": person("staff", None),
    }
    everybody["editor"].is_editor = everybody["editor"].is_staff = True
    everybody["staff"].is_staff = everybody["staff"].is_superuser = True
    for persona in ("editor", "staff"):
        everybody[persona].save()
    give_app(everybody["staff"])
    return everybody


def make_world(state: str) -> World:
    """Return a conversation in `state`, everybody's browser, and keys of what routes name.

    The suspended author is the author of the same conversation: their browser is the
    author's, and `suspend_author` is called before it is used.
    """
    school = Agency.objects.create(name="Example School", kind=Agency.Kind.SCHOOL)
    other = Agency.objects.create(name="Other School", kind=Agency.Kind.SCHOOL)
    everybody = people(school, other)
    browsers = {persona: signed_in(user) for persona, user in everybody.items()}
    conversation = _in_state(state, browsers["author"], everybody)
    Membership.objects.filter(user=everybody["suspended lead"]).update(suspended_at=timezone.now())
    invitation = Invitation.objects.create(
        agency=school, email="new@people.example", role=Role.READER,
        invited_by=everybody["lead"], digest="0" * 64,
    )  # fmt: skip
    escalation = follow_up = 1
    if is_recorded(state):
        escalation = review.escalate(conversation=conversation, author=everybody["lead"]).pk
        follow_up = FollowUp.objects.create(
            conversation=conversation, kind=FollowUp.Kind.WRITING, due_at=timezone.now()
        ).pk
    return World(
        conversation=conversation,
        state=state,
        everybody=everybody,
        browsers=browsers | {ANONYMOUS: Client(), "suspended author": browsers["author"]},
        keys={
            "colleague": Membership.objects.get(user=everybody["colleague"]).pk,
            "suspended": Membership.objects.get(user=everybody["suspended lead"]).pk,
            "invitation": invitation.pk,
            "escalation": escalation,
            "follow up": follow_up,
        },
    )


def _in_state(state: str, browser: Client, everybody: dict[str, User]) -> Conversation:
    subject, lead = everybody["lead who is the subject"], everybody["lead"]
    child = LEVEL_2["child"] | {"kept_from": [str(subject.pk)]}
    if not is_recorded(state):
        walk_to(browser, {"begun": "child", "draft": "concern"}[state], child=child)
        return Conversation.objects.get()
    conversation = record(browser, child=child)
    for decision in {"asked": [Review.Decision.ASK], "signed off": [Review.Decision.SIGN_OFF]}.get(
        state, []
    ):
        review.review(
            conversation=conversation,
            reviewer=lead,
            decision=decision,
            read=review.digest(conversation),
            text="What did the nurse say?",
        )
    return conversation


def address(name: str, policy: Policy, world: World) -> str:
    return reverse(name, kwargs=policy.arguments(world))


def suspend_author(world: World) -> None:
    Membership.objects.filter(user=world.everybody["author"]).update(suspended_at=timezone.now())
