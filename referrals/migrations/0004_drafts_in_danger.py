from django.db import migrations


def fill(apps, schema_editor):
    """Give drafts that were saved before the desk looked at the column what they answered."""
    said = apps.get_model("referrals", "Answer").objects.filter(
        step="danger", data__danger="yes"
    )
    drafts = apps.get_model("referrals", "Conversation").objects.filter(status="draft")
    drafts.filter(pk__in=said.values("conversation")).update(danger=True)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_earlier_records_await_review")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
