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
    _make(schema_editor, INDEX, f"({WORDS}, {PLACES}) WITH (fastupdate = off)", columns=2)
    _drop(schema_editor, BEFORE)


def put_back(apps, schema_editor):
    _make(schema_editor, BEFORE, f"({WORDS})", columns=1)
    _drop(schema_editor, INDEX)


def _make(schema_editor, name, what, columns):
    if schema_editor.connection.vendor != "postgresql":
        return
    # One that was left half-made is of no use.
    _drop(schema_editor, name)
    schema_editor.execute(
        f"CREATE INDEX CONCURRENTLY {name} ON referrals_conversation USING gin {what}"
    )
    for column in range(1, columns + 1):
        schema_editor.execute(f"ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS 1000")
    # The planner knows what is in it by this alone.
    schema_editor.execute("ANALYZE referrals_conversation")


def _drop(schema_editor, name):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0021_drafts_that_were_left")]
    operations = [migrations.RunPython(replace, put_back)]
