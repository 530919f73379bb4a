from django.db import migrations

import accounts.locked
from accounts.locked import LockedDateField, LockedJSONField, LockedTextField

TEXTS = {
    "child": ("name", "agency_reference", "siblings"),
    "sign": ("note",),
    "call": ("said",),
    "review": ("text",),
    "followup": ("note",),
    "councilanswer": ("note",),
}


class Left(Exception):
    """Something is in plain words still."""


def check(apps, schema_editor):
    using = schema_editor.connection.alias
    answers = apps.get_model("referrals", "Answer").objects.using(using).filter(locked="")
    records = apps.get_model("referrals", "Conversation").objects.using(using)
    if answers.exists() or records.filter(content__isnull=False).exists():
        raise Left("Something was written meanwhile. Stop the portal, migrate referrals to 0005, and again.")


class Migration(migrations.Migration):
    """Remove the plain columns. On PostgreSQL, each of these changes the catalogue alone."""

    dependencies = [("referrals", "0006_lock_what_is_there")]
    operations = [
        migrations.RunPython(check, migrations.RunPython.noop),
        migrations.RemoveField("conversation", "search_text"),
        migrations.RemoveField("conversation", "content"),
        migrations.RenameField("conversation", "locked", "content"),
        migrations.AlterField("conversation", "content", LockedJSONField(blank=True, null=True)),
        migrations.RemoveField("answer", "data"),
        migrations.RenameField("answer", "locked", "data"),
        migrations.AlterField("answer", "data", LockedJSONField()),
        *(
            operation
            for name in ("born_on", "due_on")
            for operation in (
                migrations.RemoveField("child", name),
                migrations.RenameField("child", f"locked_{name}", name),
                migrations.AlterField("child", name, LockedDateField(blank=True, null=True)),
            )
        ),
        *(
            migrations.AlterField(model, name, LockedTextField(blank=True))
            for model, names in TEXTS.items()
            for name in names
        ),
        migrations.AlterField("call", "to", LockedTextField()),
        migrations.AlterField("addendum", "text", LockedTextField()),
        migrations.AlterField("escalation", "text", LockedTextField()),
    ]
