import json

from django.db import migrations, transaction

from accounts.locked import is_locked, lock
from referrals.finding import blind, index_of, key_of
from referrals.summary import words_to_find

AT_ONCE = 500
IN_PLACE = {
    "Child": ("name", "agency_reference", "siblings"),
    "Sign": ("note",),
    "Call": ("to", "said"),
    "Addendum": ("text",),
    "Review": ("text",),
    "Escalation": ("text",),
    "FollowUp": ("note",),
    "CouncilAnswer": ("note",),
}
INDEX = "conversation_words"


def lock_all(apps, schema_editor):
    """Lock everything, some rows at a time, each time in a transaction of its own.

    Begun again, it passes over what is locked. What is found by its words or its child is
    read before its words are locked.
    """
    using = schema_editor.connection.alias
    model = lambda name: apps.get_model("referrals", name).objects.using(using)
    # What was locked in plain columns is emptied there with the same statement.
    todo = model("Answer").filter(locked="")
    in_batches(todo, lock_answer, ["locked", "data"], using)
    addenda = model("Addendum")
    todo = model("Conversation").filter(content__isnull=False, locked=None)
    fields = ["locked", "words", "content", "search_text"]
    in_batches(todo, lambda row: lock_conversation(row, addenda), fields, using)
    todo = model("Child").select_related("conversation")
    fields = ["name_key", "reference_key", "born_key", "locked_born_on", "locked_due_on"]
    fields += ["born_on", "due_on", *IN_PLACE["Child"]]
    in_batches(todo, lock_child, fields, using)
    for name, columns in IN_PLACE.items():
        if name != "Child":
            in_batches(model(name), lambda row: lock_in_place(row, columns), columns, using)


def in_batches(rows, change, fields, using):
    """Change rows, by key: `change` says whether there was anything to do."""
    last = 0
    while True:
        with transaction.atomic(using=using):
            batch = list(rows.filter(pk__gt=last).order_by("pk").select_for_update(of=("self",))[:AT_ONCE])
            changed = [row for row in batch if change(row)]
            rows.model.objects.using(using).bulk_update(changed, fields, batch_size=100)
        if not batch:
            return
        last = batch[-1].pk


def lock_answer(row):
    row.locked, row.data = lock(dumped(row.data)), {}
    return True


def lock_conversation(row, addenda):
    added = [text for text in addenda.filter(conversation=row.pk).values_list("text", flat=True)]
    row.words = index_of(row.agency_id, "\n".join([words_to_find(row.content), *added]))
    row.locked, row.content, row.search_text = lock(dumped(row.content)), None, ""
    return True


def lock_child(row):
    if any(value and is_locked(value) for value in (row.name, row.agency_reference)):
        return False
    agency, name = row.conversation.agency_id, key_of(row.name)
    born = f"{name}:{row.born_on.isoformat()}" if name and row.born_on else ""
    row.name_key = blind("name", agency, name)[0]
    row.reference_key = blind("reference", agency, key_of(row.agency_reference))[0]
    row.born_key = blind("born", agency, born)[0]
    row.locked_born_on = row.born_on and lock(row.born_on.isoformat())
    row.locked_due_on = row.due_on and lock(row.due_on.isoformat())
    row.born_on = row.due_on = None
    lock_in_place(row, IN_PLACE["Child"])
    return True


def lock_in_place(row, columns):
    plain = [name for name in columns if (value := getattr(row, name)) and not is_locked(value)]
    for name in plain:
        setattr(row, name, lock(getattr(row, name)))
    return bool(plain)


def dumped(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def make_index(apps, schema_editor):
    """Let PostgreSQL find words. Its planner must know very many of them to choose well."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in (
            # One that was left half-made is of no use.
            f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}",
            f"CREATE INDEX CONCURRENTLY {INDEX} ON referrals_conversation "
            "USING gin (string_to_array(words, ' '))",
            f"ALTER INDEX {INDEX} ALTER COLUMN 1 SET STATISTICS 1000",
        ):
            schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    """May be killed at any time, and begun again. Nothing is locked for longer than some rows.

    The portal has to be stopped while it runs: what the program of before writes meanwhile
    would not be locked.
    """

    atomic = False
    dependencies = [("referrals", "0005_room_for_what_is_locked")]
    operations = [
        migrations.RunPython(lock_all, migrations.RunPython.noop),
        migrations.RunPython(make_index, drop_index),
    ]
