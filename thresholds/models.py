"""The guidance as data: partnerships and their areas, and editions of their documents.

Two lives are kept apart. An edition (levels, indicators, steps, rules) is fixed once
it is published. Contacts and links belong to an area, because a telephone number
changes without the document being issued again.
"""

from django.db import models

from thresholds.checked import Checked, Retirable, valid_opening, valid_partial_date
from thresholds.checked import ContactChange as ContactChange
from thresholds.lifecycle import EditionLife, EditionQuerySet
from thresholds.published import EditionLinks, PublishedStays, RowQuerySet


class NaturalManager(models.Manager):
    """Finds a row by the fields its model names in `natural`, so fixtures need no ids."""

    def get_by_natural_key(self, *values: str) -> models.Model:
        return self.get(**dict(zip(self.model.natural, values, strict=True)))


class Natural(models.Model):
    """A row known by the values of `natural`, in that order."""

    natural: tuple[str, ...] = ("slug",)
    objects = NaturalManager()

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[object, ...]:
        values = []
        for path in self.natural:
            value: object = self
            for part in path.split("__"):
                value = getattr(value, part) if value is not None else None
            values.append(value)
        return tuple(values)


class Partnership(Natural):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Area(Natural):
    """A place with a council of its own, such as Derby City."""

    slug = models.SlugField(unique=True)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="areas")
    name = models.CharField(max_length=100)
    council = models.CharField(max_length=200, blank=True)
    # A child's postcode does not say the council: the names of its districts do.
    districts = models.CharField(max_length=400, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Contact(Natural, Retirable):
    """A telephone line or online form of one area. Empty `hours` means none are printed.

    `hours` are as printed, word for word; `opening` is what thresholds.opening makes of them.
    """

    class Purpose(models.TextChoices):
        URGENT = "urgent", "If a child is suffering or likely to suffer significant harm"
        ADVICE = "advice", "Advice for professionals who are not sure"
        REFERRAL = "referral", "Referral in writing"
        OUT_OF_HOURS = "out_of_hours", "Outside office hours"

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="contacts")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=200, blank=True)
    opening = models.JSONField(default=dict, blank=True, validators=[valid_opening])
    url = models.URLField(max_length=400, blank=True)
    section = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    natural = ("area__slug", "purpose", "name")

    class Meta:
        ordering = ["area__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "purpose", "name"], name="one_contact_a_purpose"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.area})"


class Link(Natural, Retirable):
    """A web address or tool that the guidance names. A tool may have no address of its own."""

    class Kind(models.TextChoices):
        GUIDANCE = "guidance", "Guidance"
        PROCEDURE = "procedure", "Procedures"
        FORM = "form", "Forms"
        TOOL = "tool", "Tools"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    url = models.URLField(max_length=400, blank=True)
    note = models.CharField(max_length=300, blank=True)
    areas = models.ManyToManyField(Area, related_name="links")
    section = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Edition(EditionLife, Natural, Checked):
    """One issue of a partnership's document. `source_date` is as exact as the source.

    It is in force from `published_on`, until another is or it is withdrawn.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    slug = models.SlugField(unique=True)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="editions")
    title = models.CharField(max_length=200)
    source_date = models.CharField(max_length=10, validators=[valid_partial_date])
    note = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    published_on = models.DateField(null=True, blank=True)
    objects = NaturalManager.from_queryset(EditionQuerySet)()

    class Meta:
        ordering = ["partnership__name", "-source_date"]
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.title


class EditionRow(PublishedStays, Natural):
    """A row of one edition, with the section and page heading of the source it stands under.

    Raises PublishedEdition for every change once the edition is published.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE)
    section = models.CharField(max_length=100)
    heading = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    natural = ("edition__slug", "code")
    objects = NaturalManager.from_queryset(RowQuerySet)()

    class Meta:
        abstract = True
        # Of two rows in one place, the one written first: the same order in every document.
        ordering = ["position", "pk"]
        # What Django changes by way of another row is refused as well.
        base_manager_name = "objects"


class CodedRow(EditionRow):
    """A row of an edition with a code that stays the same from edition to edition."""

    code = models.SlugField(max_length=60)

    class Meta(EditionRow.Meta):
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "code"], name="%(class)s_code_once_an_edition"
            ),
        ]


class Level(EditionRow):
    """A level of need. Signs of a level with `strengths` are strengths, never worries."""

    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    referral_route = models.TextField(blank=True)
    needs = models.TextField(blank=True)
    services_note = models.TextField(blank=True)
    outcome = models.TextField(blank=True)
    strengths = models.BooleanField(default=False)
    is_referral = models.BooleanField("leads to a referral to the council", default=False)
    natural = ("edition__slug", "number")

    class Meta(EditionRow.Meta):
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "number"], name="level_number_once_an_edition"
            ),
        ]

    def __str__(self) -> str:
        return f"Level {self.number} {self.name}"


class Domain(CodedRow):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Indicator(CodedRow):
    """A sign of possible need, worded exactly as printed.

    Indicators that print one wording at several levels share a `shared_key`.
    """

    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="indicators")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="indicators")
    text = models.TextField()
    shared_key = models.SlugField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.text


class Sayings(EditionRow):
    """How people say what an indicator means, a saying a line: the project's own words.

    The finder compares what somebody types with these. They are no part of the source.
    """

    indicator = models.OneToOneField(Indicator, on_delete=models.CASCADE, related_name="sayings")
    lines = models.TextField()
    natural = ("edition__slug", "indicator__code")

    class Meta(EditionRow.Meta):
        verbose_name_plural = "sayings"

    def __str__(self) -> str:
        return f"How people say: {self.indicator}"


class Ladder(CodedRow):
    """One worry across the levels: a grouping made by this project, not by the source."""

    name = models.CharField(max_length=100)
    summary = models.CharField(max_length=300)
    indicators = EditionLinks(Indicator, related_name="ladders")

    def __str__(self) -> str:
        return self.name


class FinderIndex(models.Model):
    """What the finder has learnt of the texts of one edition; `thresholds.index` reads it."""

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="finder_index")
    vectors = models.BinaryField()

    def __str__(self) -> str:
        return f"Index of {self.edition}"


class Service(EditionRow):
    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=300)
    natural = ("edition__slug", "level__number", "name")

    def __str__(self) -> str:
        return self.name


class PathwayStep(EditionRow):
    """What one step of an area's pathway prints for one level, a paragraph a line."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT)
    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="pathway_steps")
    step = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    natural = ("edition__slug", "area__slug", "level__number", "step")

    class Meta(EditionRow.Meta):
        ordering = ["area__position", "area__name", "level__number", "step", "pk"]

    def __str__(self) -> str:
        return f"{self.area}, {self.level}, step {self.step}"


class Question(CodedRow):
    """One of the questions to consider with the family. One of them asks for the child's voice."""

    text = models.TextField()
    childs_voice = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.text


class Term(EditionRow):
    """A term and acronym as printed, with a definition in the project's own words."""

    term = models.CharField(max_length=100)
    acronym = models.CharField(max_length=20, blank=True)
    definition = models.TextField()
    natural = ("edition__slug", "term")

    def __str__(self) -> str:
        return self.term


class ConsentPoint(CodedRow):
    """Something to consider, or to record, on one of the paths of agreement and sharing."""

    path = models.CharField(max_length=30)
    text = models.TextField()
    records = models.CharField(max_length=30, blank=True)

    def __str__(self) -> str:
        return self.text


class SpecialRoute(CodedRow):
    """Signs with a route of their own. An empty `contact` is a gap that editors are shown."""

    name = models.CharField(max_length=200)
    text = models.TextField()
    contact = models.CharField(max_length=200, blank=True)
    indicators = EditionLinks(Indicator, related_name="special_routes")

    def __str__(self) -> str:
        return self.name


class Rule(CodedRow):
    """One rule of the reading; `thresholds.reading` says what each kind does."""

    class Kind(models.TextChoices):
        COUNT = "count", "So many indicators at a level"
        SHARED = "shared", "One wording at several levels"
        OPENS = "opens", "Indicators that open a level for discussion"
        ANSWER = "answer", "An answer of yes"
        HARM = "harm", "Indicators that name significant harm"
        URGENCY = "urgency", "How soon to act at a level"
        ASK = "ask", "What to ask when it is not known"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    about = models.CharField(max_length=30, blank=True)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    at_least = models.PositiveSmallIntegerField(null=True, blank=True)
    supports = models.PositiveSmallIntegerField(null=True, blank=True)
    opens = models.PositiveSmallIntegerField(null=True, blank=True)
    child_protection = models.BooleanField(default=False)
    urgency = models.CharField(max_length=20, blank=True)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT)
    indicators = EditionLinks(Indicator, blank=True, related_name="rules")
    text = models.TextField()
    would_change = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.text


class NextStep(CodedRow):
    """Something to do, and when it applies; `thresholds.next_steps` reads `when`."""

    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT)
    when = models.JSONField(default=dict, blank=True)
    text = models.TextField()
    due_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    contact = models.CharField(max_length=20, choices=Contact.Purpose.choices, blank=True)

    def __str__(self) -> str:
        return self.text
