from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    """Give what was recorded before there were reviews the columns that the desk needs.

    What it is found by is made in 0006.
    """
    recorded = apps.get_model("referrals", "Conversation").objects.filter(status="recorded")
    recorded.update(reaches_leads=True, review_state="awaiting")
    recorded.filter(agreement="refused").update(consent_refused=True)
    recorded.filter(judged_level__lt=F("read_level")).update(below_reading=True)
    recorded.filter(urgency="now").update(danger=True)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_review_and_follow_up")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
