from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0007_only_what_is_locked")]
    # Columns with no default, or one that stands in the catalogue: no row is written.
    operations = [
        migrations.AddField("conversation", "due_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "conversation", "is_late", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            "conversation", "turn", models.SmallIntegerField(db_default=7, default=7)
        ),
        migrations.AddField(
            "conversation", "waits_since", models.DateTimeField(blank=True, null=True)
        ),
    ]
