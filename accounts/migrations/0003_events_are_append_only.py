from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Events are never changed or removed.';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON accounts_event
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
"""
UNDO = """
DROP TRIGGER events_are_append_only ON accounts_event;
DROP FUNCTION refuse_event_change();
"""


def run(sql):
    """Run on PostgreSQL alone: SQLite is for development, and its tests empty the table."""

    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_events_and_invitations")]
    operations = [migrations.RunPython(run(FUNCTION), run(UNDO))]
