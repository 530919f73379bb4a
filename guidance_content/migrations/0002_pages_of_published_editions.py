from django.db import migrations

# As on every other table of rows of editions: see thresholds/migrations/0003_edition_life.py.
CREATE = """
CREATE TRIGGER published_stays BEFORE INSERT OR UPDATE OR DELETE ON guidance_content_page
    FOR EACH ROW EXECUTE FUNCTION refuse_published_row();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON guidance_content_page
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();
"""
DROP = """
DROP TRIGGER published_stays ON guidance_content_page;
DROP TRIGGER is_not_emptied ON guidance_content_page;
"""


def run(sql):
    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


class Migration(migrations.Migration):
    dependencies = [
        ("guidance_content", "0001_initial"),
        ("thresholds", "0003_edition_life"),
    ]
    operations = [migrations.RunPython(run(CREATE), run(DROP))]
