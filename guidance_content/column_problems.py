"""What is wrong with the texts, codes and references of a draft, row by row.

What is published can be written out as a document and brought in again: what
docs/edition.schema.json does not allow is found here, before two editors approve it.
"""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import CharField, Field, Model, TextField

from guidance_content.content import inner_keys, inner_links, row_models
from guidance_content.draft_rows import Draft, Problem, of
from guidance_content.exchange import as_document
from guidance_content.models import Page
from guidance_content.references import check_references
from guidance_content.shape import UNSEEN, DocumentError, check_shape
from thresholds import models as m

# The project's own groupings: no section of the source prints them.
OUR_OWN = (m.Sayings, m.Ladder)
LONGEST, LONGEST_PAGE, LONGEST_SAYING, SAYINGS = 50_000, 200_000, 500, 500
# What an edition says of itself.
OWN = ("title", "source_date", "note", "source", "owner")


def wrong_columns(draft: Draft) -> Iterator[Problem]:
    """Names, wordings and codes that are empty, too long, no code, or hold what nobody sees."""
    for model in row_models():
        skipped = {f.name for f in model._meta.concrete_fields if f.is_relation} | {"when"}
        skipped |= {"section"} if model in OUR_OWN else set()
        for row in draft.rows(model):
            try:
                row.clean_fields(exclude=skipped)
            except ValidationError as wrong:
                for name, messages in wrong.message_dict.items():
                    yield of(row, f"{_label(model, name)}: {' '.join(messages)}")
            for field in model._meta.concrete_fields:
                if isinstance(field, (CharField, TextField)) and field.name not in skipped:
                    longest = LONGEST_PAGE if model is Page else LONGEST
                    for what in wrong_text(field, getattr(row, field.attname), longest):
                        yield of(row, f"{_label(model, field.name)} {what}.")


def wrong_text(field: Field, value: str, longest: int = LONGEST) -> Iterator[str]:
    """Yield what is wrong with a text that its column alone does not refuse."""
    if value and not value.strip():
        yield "is empty"
    if UNSEEN.search(value):
        yield "holds a character that no page can show"
    if isinstance(field, CharField) and ("\n" in value or "\r" in value):
        yield "goes over more than one line"
    if isinstance(field, TextField) and len(value) > longest:
        yield f"has {len(value)} characters, and may have {longest}"


def wrong_edition(draft: Draft) -> Iterator[Problem]:
    """What the edition says of itself."""
    edition = draft.edition
    others = {field.name for field in edition._meta.concrete_fields} - {*OWN, "slug"}
    try:
        edition.clean_fields(exclude=others | {"source"})
    except ValidationError as wrong:
        for name, messages in wrong.message_dict.items():
            yield of(edition, f"{_label(m.Edition, name)}: {' '.join(messages)}")
    for name in OWN:
        for what in wrong_text(edition._meta.get_field(name), getattr(edition, name)):
            yield of(edition, f"{_label(m.Edition, name)} {what}.")


def _label(model: type[Model], name: str) -> str:
    label = str(model._meta.get_field(name).verbose_name)
    return label[:1].upper() + label[1:]


def twice(draft: Draft) -> Iterator[Problem]:
    """Rows that nothing tells apart, such as one service twice at a level."""
    for model in row_models():
        seen = set()
        for row in draft.rows(model):
            key = row.natural_key()
            if key in seen:
                yield of(row, f"There is another one like it: {', '.join(map(str, key[1:]))}.")
            seen.add(key)


def long_sayings(draft: Draft) -> Iterator[Problem]:
    for row in draft.rows(m.Sayings):
        lines = row.lines.splitlines()
        if len(lines) > SAYINGS:
            yield of(row, f"It has {len(lines)} sayings, and may have {SAYINGS}.")
        if any(len(line) > LONGEST_SAYING for line in lines):
            yield of(row, f"One of its sayings has more than {LONGEST_SAYING} characters.")


def document(draft: Draft) -> Iterator[Problem]:
    """Whatever else keeps an edition from being brought in again, as the importer says it.

    It is asked last, of a draft with nothing else wrong. Contacts and links are the areas' own.
    """
    try:
        check_references(check_shape(as_document(draft.edition) | {"contacts": [], "links": []}))
    except DocumentError as wrong:
        yield of(draft.edition, f"It could not be brought in again: {wrong}.")


def strangers(draft: Draft) -> Iterator[Problem]:
    """Rows that refer to rows of another edition: no page would show them."""
    for model in row_models():
        for row in draft.rows(model):
            for key in inner_keys(model):
                other = getattr(row, key.name)
                if other and other.edition_id != row.edition_id:
                    yield of(row, f"Its {key.verbose_name} is a row of another edition.")
            for links in inner_links(model):
                if any(o.edition_id != row.edition_id for o in getattr(row, links.name).all()):
                    yield of(row, f"It names {links.verbose_name} of another edition.")
