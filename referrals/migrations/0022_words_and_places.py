"""Let PostgreSQL look words up together with where a record stands: see stretches.py.

The new index does all that the earlier one did, so that one goes once it is there. Nobody waits
while it is built. What is written stands in it at once: by itself PostgreSQL keeps a heap of what
is new, of up to 4 MB, which each search, and each stretch of one, would read through.
"""

from django.db import migrations

BEFORE, INDEX = "conversation_words", "conversation_words_and_places"
WORDS = "string_to_array(words, ' ')"
PLACES = (
    "(ARRAY[review_state::text, "
    "(((updated_at AT TIME ZONE 'UTC')::date - '2000-01-03'::date) / 7)::text, "
    "CASE WHEN waits_since IS NOT NULL THEN 'turn ' || turn::text END])"
)


def replace(apps, schema_editor):
    words_and_places = f"({WORDS}, {PLACES}) WITH (fastupdate = off)"
    _swap(schema_editor, INDEX, words_and_places, columns=2, instead_of=BEFORE)


def put_back(apps, schema_editor):
    _swap(schema_editor, BEFORE, f"({WORDS})", columns=1, instead_of=INDEX)


def _swap(schema_editor, name, what, columns, instead_of):
    if schema_editor.connection.vendor != "postgresql":
        return
    for statement in (
        # One that was left half-made is of no use.
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE INDEX CONCURRENTLY {name} ON referrals_conversation USING gin {what}",
        *(
            f"ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS 1000"
            for column in range(1, columns + 1)
        ),
        # The planner knows what is in it by this alone.
        "ANALYZE referrals_conversation",
        f"DROP INDEX CONCURRENTLY IF EXISTS {instead_of}",
    ):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0021_drafts_that_were_left")]
    operations = [migrations.RunPython(replace, put_back)]
