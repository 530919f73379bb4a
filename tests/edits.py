"""Edits of a draft, drawn by Hypothesis: whatever an editor may do to it, and some that break it.

Each edit takes the draft and `draw`, and writes rows as the screens do: past no model, and
without what their forms refuse, so that more comes through here than from any screen.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import CharField, SlugField, TextField
from hypothesis import strategies as st

from guidance_content.content import row_models
from guidance_content.models import Page
from thresholds import models as m
from thresholds.concern import AGREEMENTS, ELSEWHERE, KNOWN, UNKNOWN_AREA
from thresholds.models import Edition
from thresholds.reading import URGENCIES

Draw = Callable[[st.SearchStrategy[Any]], Any]
Edit = Callable[[Edition, Draw], object]

PLAIN = [
    "Comes to school hungry", "Zoë Ångström, naïve café", "مرحبا بالعالم", "שלום עולם",
    "飢えた子供",
    "\u202ebackwards", "<script>alert(1)</script>", "<b>bold", "&amp; & &lt; &#x27;",
    "</title></textarea>-->]]>", "**bold** [x](javascript:alert(1)) ![i](http://e.example/x.png)",
    "“quoted” 'one' \"two\" `three`", "100% %s %(name)s %%", "{{ 7 * 7 }} {% raw %} {0} {a} ${x}",
    "C:\\path\\n", "'; DROP TABLE thresholds_edition; --", "=1+1", "👩‍👩‍👧 🙂",
    "e\u0301\u0302\u0303" * 20,
    "a\u200bb\ufeffc", "a/b/c/" * 20, "w" * 90, "None", "null", "0", "#", "-", "a\u2028b\u0085c",
    "  between  blanks  ", "dd001", "• a point",
]  # fmt: skip
WIDE = [
    "One line\nand another\r\n• a point\n• another", "word " * 600, "w" * 3000, "> " * 60 + "deep",
    "# Title\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n\n```\ncode\n```\n\n<div>html</div>",
    "[a]: http://e.example\n[a] [b](/guidance/) <http://e.example> mailto:a@e.example",
    "[" * 200, "*_" * 300, "\ta\n\tb",
]  # fmt: skip
BROKEN = ["", " ", "\x0b", "a\x7fb", "w " * 26_000]
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
NASTY = st.one_of(
    st.sampled_from(PLAIN), st.sampled_from(PLAIN), st.text(LETTERS, min_size=1, max_size=30)
)
NASTY_LONG = st.one_of(NASTY, st.sampled_from(WIDE), st.sampled_from(WIDE))
CODES = st.from_regex(r"[-a-zA-Z0-9_]{1,12}", fullmatch=True)
# Columns that choose among what the code knows.
CHOSEN = {"kind", "about", "urgency", "path", "records", "contact"}
NUMBERS = st.integers(1, 4)


def any_row(model: type[Any], draft: Edition, draw: Draw) -> Any:
    """Return one of the draft's rows of a table, or None."""
    rows = list(model.objects.filter(edition=draft))
    return draw(st.sampled_from(rows)) if rows else None


def some_signs(draft: Edition, draw: Draw, least: int = 0) -> list[m.Indicator]:
    signs = list(m.Indicator.objects.filter(edition=draft))
    if not signs:
        return []
    chosen = st.lists(st.sampled_from(signs), min_size=least, max_size=4, unique_by=id)
    return draw(chosen)


def texts_of(model: type[Any]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, (CharField, TextField))
        and not isinstance(field, SlugField)
        and not (field.name in CHOSEN and model is not m.SpecialRoute)
    ]


def text_for(field: Any, draw: Draw) -> str:
    """Return a text that the database has room for; one in ten is one that nobody may publish."""
    if draw(st.integers(0, 9)) == 9:
        text = draw(st.sampled_from(BROKEN))
    else:
        text = draw(NASTY if isinstance(field, CharField) else NASTY_LONG)
    return str(text)[: field.max_length]


def reword(draft: Edition, draw: Draw) -> None:
    model = draw(st.sampled_from([m.Indicator, m.Indicator, *row_models()]))
    row = any_row(model, draft, draw)
    if row:
        field = draw(st.sampled_from(texts_of(model)))
        setattr(row, field.name, text_for(field, draw))
        row.save()


def reword_the_edition(draft: Edition, draw: Draw) -> None:
    name = draw(st.sampled_from(["title", "note", "source", "owner", "source_date"]))
    if name == "source_date":
        dates = ["2026", "2026-11", "2026-11-30", "2026-13", "2026-02-30", "soon", "1000", "0001"]
        draft.source_date = draw(st.sampled_from(dates))
    else:
        setattr(draft, name, text_for(draft._meta.get_field(name), draw))
    draft.save()


def reorder(draft: Edition, draw: Draw) -> None:
    """Put rows in other places, several of them in one."""
    for row in draw(st.sampled_from(row_models())).objects.filter(edition=draft):
        row.position = draw(st.integers(0, 3))
        row.save()


def retire(draft: Edition, draw: Draw) -> None:
    models = [m.Indicator, m.Indicator, *row_models()]
    row = any_row(draw(st.sampled_from(models)), draft, draw)
    if row and not isinstance(row, m.Level | m.Domain):
        row.delete()


def move(draft: Edition, draw: Draw) -> None:
    if sign := any_row(m.Indicator, draft, draw):
        sign.level = any_row(m.Level, draft, draw)
        sign.domain = any_row(m.Domain, draft, draw)
        sign.shared_key = draw(st.sampled_from(["", "", "quarrels", sign.shared_key]))
        sign.save()


def copied(row: Any, draw: Draw, **changes: Any) -> Any:
    """Add a row that is another one but for a code, and what is given."""
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(row, name) for name in names}
    if "code" in values:
        codes = set(type(row).objects.filter(edition=row.edition).values_list("code", flat=True))
        code = draw(CODES)
        values["code"] = code if code not in codes else f"{code}-{len(codes)}"
    new = type(row)(**values | changes)
    new.save()
    return new


def add_sign(draft: Edition, draw: Draw) -> None:
    if sign := any_row(m.Indicator, draft, draw):
        copied(sign, draw, text=draw(NASTY_LONG), level_id=any_row(m.Level, draft, draw).pk)


def add_row(draft: Edition, draw: Draw) -> None:
    """Add something like what is there, with words of its own."""
    texts = {
        m.Service: "name", m.PathwayStep: "text", m.Question: "text", m.Term: "term",
        Page: "body", m.NextStep: "text", m.ConsentPoint: "text", m.SpecialRoute: "text",
        m.Ladder: "name",
    }  # fmt: skip
    model = draw(st.sampled_from(list(texts)))
    row = any_row(model, draft, draw)
    if row is None:
        return
    changes = {texts[model]: text_for(model._meta.get_field(texts[model]), draw)}
    if model is m.PathwayStep:
        changes["step"] = draw(st.integers(3, 9))
    new = copied(row, draw, **changes)
    if hasattr(new, "indicators"):
        new.indicators.set(some_signs(draft, draw, least=1))


def add_level(draft: Edition, draw: Draw) -> None:
    """Add a level with what it cannot do without: a sign, and a pathway in each area."""
    numbers = set(m.Level.objects.filter(edition=draft).values_list("number", flat=True))
    number = draw(st.sampled_from([n for n in (4, 5, 12, 20, 21) if n not in numbers]))
    old = any_row(m.Level, draft, draw)
    new = copied(old, draw, number=number, name=draw(NASTY)[:100])
    for sign in m.Indicator.objects.filter(edition=draft)[:1]:
        copied(sign, draw, level_id=new.pk, text="A sign of a new level")
    for step in m.PathwayStep.objects.filter(level=old):
        copied(step, draw, level_id=new.pk)


def remove_level(draft: Edition, draw: Draw) -> None:
    """Remove a level with its signs, and what names it."""
    if level := any_row(m.Level, draft, draw):
        for name in ("level", "supports", "opens"):
            m.Rule.objects.filter(edition=draft, **{name: level.number}).delete()
        for step in m.NextStep.objects.filter(edition=draft):
            left = [number for number in step.when.get("level", [0]) if number != level.number]
            if not left:
                step.delete()
            elif "level" in step.when:
                step.when = step.when | {"level": left}
                step.save()
        level.delete()


def change_level(draft: Edition, draw: Draw) -> None:
    if level := any_row(m.Level, draft, draw):
        name = draw(st.sampled_from(["strengths", "is_referral"]))
        setattr(level, name, draw(st.booleans()))
        level.save()


def add_domain(draft: Edition, draw: Draw) -> None:
    if domain := any_row(m.Domain, draft, draw):
        new = copied(domain, draw, name=draw(NASTY)[:100])
        for sign in some_signs(draft, draw):
            sign.domain = new
            sign.save()


def remove_domain(draft: Edition, draw: Draw) -> None:
    """Remove a domain: its signs go to another, where there is one."""
    first, second = (any_row(m.Domain, draft, draw) for _ in range(2))
    if first:
        if first != second:
            m.Indicator.objects.filter(domain=first).update(domain=second)
        first.delete()


def change_rule(draft: Edition, draw: Draw) -> None:
    rule = any_row(m.Rule, draft, draw)
    if rule is None:
        return
    changes: dict[str, st.SearchStrategy[Any]] = {
        "kind": st.sampled_from(m.Rule.Kind.values),
        "at_least": st.sampled_from([None, 0, 1, 2, 5, 32767]),
        "level": st.one_of(st.none(), NUMBERS),
        "supports": st.one_of(st.none(), NUMBERS),
        "opens": st.one_of(st.none(), NUMBERS),
        "child_protection": st.booleans(),
        "urgency": st.sampled_from(["", *URGENCIES]),
        "about": st.sampled_from(["", "danger", "significant_harm", "agreement", "weather"]),
        "area_id": st.sampled_from([None, *_areas(draft)]),
    }
    for name in draw(st.lists(st.sampled_from(list(changes)), min_size=1, max_size=2)):
        setattr(rule, name, draw(changes[name]))
    rule.save()


def change_step(draft: Edition, draw: Draw) -> None:
    step = any_row(m.NextStep, draft, draw)
    if step is None:
        return
    yes_no = st.sampled_from([True, False])
    areas = [*m.Area.objects.filter(partnership=draft.partnership).values_list("slug", flat=True)]
    facts: dict[str, st.SearchStrategy[Any]] = {
        "level": NUMBERS,
        "child_protection": yes_no,
        "reading_is_higher": yes_no,
        "higher_to_discuss": yes_no,
        "school": yes_no,
        "area": st.sampled_from([*areas, ELSEWHERE, UNKNOWN_AREA]),
        "danger": st.sampled_from(KNOWN),
        "agreement": st.sampled_from(AGREEMENTS),
        "weather": st.just("wet"),
    }
    chosen = draw(st.lists(st.sampled_from(list(facts)), max_size=2, unique=True))
    step.when = {fact: draw(st.lists(facts[fact], min_size=1, max_size=3)) for fact in chosen}
    step.due_hours = draw(st.sampled_from([None, 0, 1, 48, 32767]))
    step.contact = draw(st.sampled_from(["", *m.Contact.Purpose.values]))
    step.area_id = draw(st.sampled_from([None, *_areas(draft)]))
    step.save()


def _areas(draft: Edition) -> list[int]:
    areas = m.Area.objects.filter(partnership=draft.partnership_id)
    return list(areas.order_by("pk").values_list("pk", flat=True))


def regroup(draft: Edition, draw: Draw) -> None:
    """Let a rule, a route or a ladder name other signs."""
    row = any_row(draw(st.sampled_from([m.Rule, m.SpecialRoute, m.Ladder])), draft, draw)
    if row:
        row.indicators.set(some_signs(draft, draw))


def say(draft: Edition, draw: Draw) -> None:
    """Give a sign other sayings: some lines empty, some twice, some none at all."""
    if sign := any_row(m.Indicator, draft, draw):
        m.Sayings.objects.filter(indicator=sign).delete()
        lines = draw(st.lists(st.one_of(NASTY, st.sampled_from(["", " ", "hungry"])), max_size=4))
        if lines:
            m.Sayings(edition=draft, indicator=sign, lines="\n".join(lines)).save()


def ask(draft: Edition, draw: Draw) -> None:
    """Let another question be the child's voice; several may be, or none."""
    if question := any_row(m.Question, draft, draw):
        question.childs_voice = draw(st.booleans())
        question.code = draw(st.one_of(st.just(question.code), CODES, st.just("leave")))
        taken = m.Question.objects.filter(edition=draft, code=question.code)
        if not taken.exclude(pk=question.pk).exists():
            question.save()


EDITS: tuple[Edit, ...] = (
    reword, reword, reword, reword_the_edition, reorder, retire, move, add_sign, add_row, add_row,
    add_level, remove_level, change_level, add_domain, remove_domain, change_rule, change_step,
    regroup, say, ask,
)  # fmt: skip
