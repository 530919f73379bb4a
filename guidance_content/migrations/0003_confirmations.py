import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE FUNCTION refuse_confirmation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A confirmation of an edition is never changed or removed.';
END $$;
CREATE TRIGGER confirmations_are_append_only
    BEFORE UPDATE OR DELETE ON guidance_content_confirmation
    FOR EACH ROW EXECUTE FUNCTION refuse_confirmation_change();
"""
DROP = """
DROP TRIGGER confirmations_are_append_only ON guidance_content_confirmation;
DROP FUNCTION refuse_confirmation_change();
"""


def run(sql):
    """Run on PostgreSQL alone, as for the history of contacts."""

    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


class Migration(migrations.Migration):
    dependencies = [
        ("guidance_content", "0002_pages_of_published_editions"),
        ("thresholds", "0004_contacts_and_hours"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("owner", models.CharField(max_length=200)),
                ("review_by", models.DateField()),
                ("note", models.CharField(max_length=500, verbose_name="how it is known")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to="thresholds.edition",
                    ),
                ),
            ],
            options={"ordering": ["-pk"]},
        ),
        migrations.RunPython(run(CREATE), run(DROP)),
    ]
