"""Let PostgreSQL's planner know how often each word is there, so that a search is quick at once.

It learns it by ANALYZE alone. The index of words was made without, and until the server came to
it by itself, it took a rare word for a common one and read every record: five seconds of 300,000.
Nobody waits while it runs.
"""

from django.db import migrations


def analyze(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ANALYZE referrals_conversation")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0014_filters_in_the_indexes")]
    operations = [migrations.RunPython(analyze, migrations.RunPython.noop)]
