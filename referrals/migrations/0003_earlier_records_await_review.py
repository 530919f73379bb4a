from django.db import migrations
from django.db.models import F

from referrals.models import key_of
from referrals.summary import search_text


def fill(apps, schema_editor):
    """Give what was recorded before there were reviews the columns that the desk needs."""
    recorded = apps.get_model("referrals", "Conversation").objects.filter(status="recorded")
    recorded.update(reaches_leads=True, review_state="awaiting")
    recorded.filter(agreement="refused").update(consent_refused=True)
    recorded.filter(judged_level__lt=F("read_level")).update(below_reading=True)
    recorded.filter(urgency="now").update(danger=True)
    for conversation in recorded.iterator():
        text = search_text(conversation.content)
        recorded.filter(pk=conversation.pk).update(search_text=text)
    children = apps.get_model("referrals", "Child").objects
    for child in children.iterator():
        keys = {"name_key": key_of(child.name), "reference_key": key_of(child.agency_reference)}
        children.filter(pk=child.pk).update(**keys)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_review_and_follow_up")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
