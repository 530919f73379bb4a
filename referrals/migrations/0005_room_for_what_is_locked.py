from django.db import migrations, models

import referrals.finding


class Migration(migrations.Migration):
    """Make room for locked values beside what is in plain words: 0006 fills it.

    On PostgreSQL each of these changes the catalogue alone, and rewrites no table.
    """

    dependencies = [("referrals", "0004_drafts_in_danger")]
    operations = [
        migrations.AddField("answer", "locked", models.TextField(default=""), preserve_default=False),
        migrations.AddField("conversation", "locked", models.TextField(null=True)),
        migrations.AddField("child", "locked_born_on", models.TextField(null=True)),
        migrations.AddField("child", "locked_due_on", models.TextField(null=True)),
        migrations.AddField(
            "child", "born_key", models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.AddField(
            "conversation", "words", referrals.finding.IndexField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AlterField("child", "name", models.TextField(blank=True)),
        migrations.AlterField("child", "agency_reference", models.TextField(blank=True)),
        migrations.AlterField("call", "to", models.TextField()),
    ]
