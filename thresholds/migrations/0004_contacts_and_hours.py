import django.db.models.deletion
import thresholds.checked
from django.conf import settings
from django.db import migrations, models

# What the shipped document prints, for those who loaded it before hours were data. Its hours are
# compared word for word: those that an editor has put in their place stay as they are.
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
PRINTED = {
    ("derbyshire", "advice", "9am to 5pm Monday to Friday"): {
        "days": {day: ["09:00-17:00"] for day in WEEK},
        "bank_holidays": "unknown",
    },
    ("derby", "advice", "between 10am and 1pm"): {"times": ["10:00-13:00"]},
}


def read_printed_hours(apps, schema_editor):
    contacts = apps.get_model("thresholds", "Contact").objects
    for (area, purpose, hours), opening in PRINTED.items():
        contacts.filter(area__slug=area, purpose=purpose, hours=hours).update(opening=opening)


FUNCTION = """
CREATE FUNCTION refuse_contact_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The history of a contact is never changed or removed.';
END $$;
CREATE TRIGGER contact_history_is_append_only BEFORE UPDATE OR DELETE ON thresholds_contactchange
    FOR EACH ROW EXECUTE FUNCTION refuse_contact_history_change();
"""
UNDO = """
DROP TRIGGER contact_history_is_append_only ON thresholds_contactchange;
DROP FUNCTION refuse_contact_history_change();
"""


def run(sql):
    """Run on PostgreSQL alone: SQLite is for development, and its tests empty the table."""

    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


class Migration(migrations.Migration):

    dependencies = [
        ('thresholds', '0003_edition_life'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='contact',
            name='opening',
            field=models.JSONField(blank=True, default=dict, validators=[thresholds.checked.valid_opening]),
        ),
        migrations.AddField(
            model_name='contact',
            name='retired_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='link',
            name='retired_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='ContactChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('added', 'Added'), ('corrected', 'Corrected'), ('confirmed', 'Confirmed'), ('retired', 'Retired'), ('restored', 'Taken back into use')], max_length=10)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('note', models.CharField(max_length=500, verbose_name='how it is known')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='thresholds.contact')),
                ('link', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='thresholds.link')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', False), ('link__isnull', True)), models.Q(('contact__isnull', True), ('link__isnull', False)), _connector='OR'), name='change_of_one_contact_or_link')],
            },
        ),
        migrations.RunPython(read_printed_hours, migrations.RunPython.noop),
        migrations.RunPython(run(FUNCTION), run(UNDO)),
    ]
