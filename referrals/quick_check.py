"""The quick check: the conversation's own questions for anybody, with nothing kept.

There is no session and no row. Each page carries all answers as fields, and posts them back.
They are read again from the first question on, by the forms of the journey: what a page brings
is what somebody typed, whatever it says. `docs/decisions/0008` says more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core import signing
from django.db import transaction
from django.http import QueryDict

from accounts.models import Agency, User
from referrals import services
from referrals.fields import StepForm, long_text
from referrals.forms import JudgementForm, ReadingForm, SafetyForm
from referrals.journey import UNFINISHED, Data
from referrals.models import Conversation
from referrals.steps import BY_SLUG, Step
from referrals.summary import Facts
from thresholds.guidance import Guidance
from thresholds.load import contacts_of, load
from thresholds.models import Area, Edition

CARRIED = ("area", "danger", "signs")
CARRY_SECONDS = 15 * 60
SALT = "referrals.quick_check"

Pairs = list[tuple[str, str]]


class LevelForm(JudgementForm):
    """The person's own level alone: a reason would be about a child, and is not kept."""

    reason = None


class HarmForm(ReadingForm):
    """Whether there is significant harm, where the reading raises it. Nothing is typed."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("difference", None)


class WorryForm(StepForm):
    """The finder's box. What is typed here goes no further than the page that answers it."""

    worry = long_text(
        "What worries you?",
        rows=4,
        help_text="In your own words. Do not write names. It is not kept, and goes no further "
        "than this page.",
        error_messages={"required": "Write what worries you, or choose from all signs below"},
    )


class LevelStep(Step):
    slug = "judgement"
    title = "Your own view"
    why = "Before you see what the guidance indicates. It is you who knows the child."
    form_class = LevelForm
    template = "journey/judgement.html"


class ReadingStep(Step):
    slug = "reading"
    title = "What the guidance indicates"
    form_class = HarmForm
    template = "quick_check/reading.html"


class NextStepsStep(Step):
    slug = "next-steps"
    title = "Next steps"
    form_class = SafetyForm
    template = "quick_check/next_steps.html"


STEPS: tuple[Step, ...] = (
    BY_SLUG["area"],
    BY_SLUG["danger"],
    BY_SLUG["call-now"],
    BY_SLUG["signs"],
    LevelStep(),
    ReadingStep(),
    NextStepsStep(),
)
# Where the quick check has words of its own for a step of the journey.
TEMPLATES = {"call-now": "quick_check/call_now.html", "signs": "quick_check/signs.html"}


@dataclass
class Check:
    """What a page brought, read again. `forms` are those of the questions, by slug.

    `known` holds what was answered and is still an answer, also after a question that is not.
    """

    posted: QueryDict
    edition: Edition
    guidance: Guidance
    area: Area | None = None
    known: dict[str, Data] = field(default_factory=dict)
    forms: dict[str, StepForm] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def slugs(self) -> list[str]:
        return [step.slug for step in self.steps]

    @property
    def came_from(self) -> str:
        """The page that was posted, "" for none of ours."""
        page = self.posted.get("page", "")
        return page if page in self.slugs else ""

    @property
    def wanted(self) -> Step:
        """The page that was asked for: the one named, or the one after the page posted."""
        going = self.posted.get("go")
        if going in self.slugs:
            return self.steps[self.slugs.index(going)]
        if not self.came_from:
            return self.steps[-1 if self.posted else 0]
        after = self.slugs.index(self.came_from) + (not self.finds)
        return self.steps[min(after, len(self.steps) - 1)]

    @property
    def finds(self) -> bool:
        """Say whether signs are to be found, and not yet settled."""
        return "find" in self.posted and self.came_from == "signs"

    @property
    def worry_form(self) -> WorryForm:
        """Return the finder's box, with what was typed while its own page is shown again."""
        typed = self.finds or (self.came_from == "signs" and self.posted.get("worry"))
        return WorryForm(self.posted if typed else None, known=self.known, guidance=self.guidance)

    @property
    def shown(self) -> Step:
        """The page to show: no later than the first question without an answer."""
        upto = self.steps[: self.steps.index(self.wanted)]
        return next((step for step in upto if step.slug not in self.known), self.wanted)

    @property
    def is_sent_back(self) -> bool:
        """Say whether an earlier answer is missing that the page should have brought."""
        if self.posted and not self.came_from:
            return True
        return self.shown != self.wanted and self.shown.slug != self.came_from

    def form_of(self, step: Step) -> StepForm:
        """Return the form to show: with its errors where it was posted in vain.

        Otherwise with what was answered. Who finds signs has not finished choosing them.
        """
        if self.shown == step != self.wanted:
            return self.forms[step.slug]
        saved = _ticked(self.posted) if self.finds else self.known.get(step.slug)
        return step.form(self.known, self.guidance, saved)

    def carried(self, step: Step) -> Pairs:
        """Return the answers to all other questions, as names and values of hidden fields."""
        others = (data for slug, data in self.known.items() if slug != step.slug)
        return [pair for data in others for pair in _pairs(data)]

    def facts(self, worry: str = "") -> Facts:
        """Return what the journey's pages are made from. The conversation is never saved."""
        place = str(self.known.get("area", {}).get("place", ""))
        unsaved = Conversation(edition=self.edition, area=self.area, place=place)
        known = self.known | ({"concern": {"concern": worry}} if worry else {})
        contacts = contacts_of([self.area] if self.area else [])
        return Facts(unsaved, self.guidance, known, contacts)


def read_again(posted: QueryDict) -> Check:
    """Read all that a page brought, question by question.

    Raises Area.DoesNotExist or Edition.DoesNotExist while no guidance is loaded.
    """
    edition = services.edition_for(None)
    check = Check(posted, edition, load(edition))
    for step in STEPS:
        if not step.applies(check.known, check.guidance):
            continue
        form = step.form(check.known, check.guidance, posted=posted)
        check.steps.append(step)
        check.forms[step.slug] = form
        if form.is_valid():
            check.known[step.slug] = _once(step.data(form, {}))
        if step.slug == "area":
            _settle(check)
    return check


def _settle(check: Check) -> None:
    """Take the edition in force where the child lives."""
    check.area = Area.objects.filter(slug=check.known.get("area", {}).get("place")).first()
    check.edition = services.edition_for(check.area)
    check.guidance = load(check.edition)


def _once(data: Data) -> Data:
    """Return the answers with nothing ticked twice."""
    return {
        name: list(dict.fromkeys(value)) if isinstance(value, list) else value
        for name, value in data.items()
    }


def _ticked(posted: QueryDict) -> Data:
    return {name: posted.getlist(name) for name in ("codes", "unknown_domains")}


def _pairs(data: Data) -> Pairs:
    return [
        (name, str(one))
        for name, value in data.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def sealed(check: Check) -> str:
    """Return what is carried over into a conversation, signed: no level, and nothing typed."""
    carried = {slug: check.known[slug] for slug in CARRIED}
    return signing.dumps(carried, salt=SALT, compress=True)


def unsealed(text: str) -> Check | None:
    """Return what was carried over, or None where it is too old, changed, or holds no more.

    The answers are checked as if they had just been posted: the guidance may have changed.
    """
    try:
        carried = signing.loads(text, salt=SALT, max_age=CARRY_SECONDS)
    except signing.BadSignature:
        return None
    check = read_again(as_posted(carried))
    return check if is_whole(check) else None


def as_posted(carried: Mapping[str, Data]) -> QueryDict:
    """Return answers as a page would post them."""
    posted = QueryDict(mutable=True)
    for data in carried.values():
        for name, value in _pairs(data):
            posted.appendlist(name, value)
    return posted


def is_whole(check: Check) -> bool:
    """Say whether everything is answered that is carried over."""
    return all(slug in check.known for slug in CARRIED)


@transaction.atomic
def carry_over(*, author: User, agency: Agency, check: Check) -> Conversation:
    """Return a new draft that begins with the answers of a quick check.

    Its signs are ticked and not yet settled: their page comes again, beside what is then
    written about the child.
    """
    started = services.start(author=author, agency=agency, data=check.known["area"])
    services.save_answer(conversation=started, step="danger", data=check.known["danger"])
    signs = {**check.known["signs"], UNFINISHED: True}
    services.save_answer(conversation=started, step="signs", data=signs)
    return started
