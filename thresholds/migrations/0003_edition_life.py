import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# PostgreSQL refuses by itself what would change a published edition. SQLite, for development,
# does not: it makes a table anew whenever a column of it changes, and loses its triggers with it.
# A migration that must change a published row has to switch its trigger off and on by name.
#
# FOR SHARE makes whoever writes a row wait for a publication that is going on, and the other way.
FUNCTIONS = """
CREATE FUNCTION refuse_if_published(editions bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found_status text;
BEGIN
    FOR found_status IN
        SELECT status FROM thresholds_edition WHERE id = ANY (editions) ORDER BY id FOR SHARE
    LOOP
        IF found_status = 'published' THEN
            RAISE EXCEPTION 'A published edition is never changed.';
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION refuse_published_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM refuse_if_published(ARRAY[NEW.edition_id]);
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM refuse_if_published(ARRAY[OLD.edition_id, NEW.edition_id]);
    ELSE
        PERFORM refuse_if_published(ARRAY[OLD.edition_id]);
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;

-- Sayings are read by way of their indicator, so that is what they belong to as well.
CREATE FUNCTION refuse_published_sayings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_if_published(ARRAY(
        SELECT edition_id FROM thresholds_indicator WHERE id = NEW.indicator_id
    ));
    RETURN NEW;
END $$;

-- TG_ARGV: the table of the rows that have the links, and the column that leads to it.
CREATE FUNCTION refuse_published_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint[] := ARRAY[]::bigint[];
    editions bigint[];
BEGIN
    IF TG_OP <> 'INSERT' THEN
        rows := rows || (to_jsonb(OLD) ->> TG_ARGV[1])::bigint;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        rows := rows || (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
    END IF;
    EXECUTE format('SELECT array_agg(edition_id) FROM %I WHERE id = ANY ($1)', TG_ARGV[0])
        INTO editions USING rows;
    PERFORM refuse_if_published(editions);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;

-- TG_ARGV: the columns that stay as they are.
CREATE FUNCTION refuse_published_edition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    IF OLD.status <> 'published' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A published edition is never deleted.';
    END IF;
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name THEN
            RAISE EXCEPTION '% of a published edition never changes.', name;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM thresholds_edition WHERE status = 'published') THEN
        RAISE EXCEPTION 'A published edition is never changed.';
    END IF;
    RETURN NULL;
END $$;
"""
ROWS = (
    "level", "domain", "indicator", "sayings", "ladder", "service", "pathwaystep", "question",
    "term", "consentpoint", "specialroute", "rule", "nextstep",
)
LINKS = ("ladder", "specialroute", "rule")
FROZEN = (
    "id", "slug", "partnership_id", "title", "source_date", "note", "source", "status",
    "published_on", "based_on_id", "created_by_id", "created_at", "proposed_by_id", "proposed_at",
    "publish_from", "proposal_note", "digest", "approved_by_id", "approved_at",
    "unconfirmed_reason",
)
NAMES = (
    "refuse_published_row()", "refuse_published_sayings()", "refuse_published_link()",
    "refuse_published_edition()", "refuse_emptying()", "refuse_if_published(bigint[])",
)


def triggers():
    """Yield the table, the name of the trigger, when it comes, and what it calls."""
    change = "INSERT OR UPDATE OR DELETE"
    for name in ROWS:
        yield f"thresholds_{name}", "published", change, "refuse_published_row()"
    yield "thresholds_sayings", "published_too", "INSERT OR UPDATE", "refuse_published_sayings()"
    for name in LINKS:
        call = f"refuse_published_link('thresholds_{name}', '{name}_id')"
        yield f"thresholds_{name}_indicators", "published", change, call
    frozen = ", ".join(f"'{name}'" for name in FROZEN)
    yield "thresholds_edition", "published", "UPDATE OR DELETE", f"refuse_published_edition({frozen})"


def create(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    # Without parameters, so that % stands for itself.
    schema_editor.execute(FUNCTIONS, params=None)
    for table, name, when, call in triggers():
        schema_editor.execute(
            f"CREATE TRIGGER {name}_stays BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {call}",
            params=None,
        )
        if name == "published":
            schema_editor.execute(
                f"CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying()"
            )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, name, _, _ in triggers():
        schema_editor.execute(f"DROP TRIGGER {name}_stays ON {table}")
        if name == "published":
            schema_editor.execute(f"DROP TRIGGER is_not_emptied ON {table}")
    for name in NAMES:
        schema_editor.execute(f"DROP FUNCTION {name}")


class Migration(migrations.Migration):

    dependencies = [
        ('thresholds', '0002_sayings_and_ladders'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='approved_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='edition',
            name='approved_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='based_on',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='thresholds.edition'),
        ),
        migrations.AddField(
            model_name='edition',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='edition',
            name='created_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='digest',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='edition',
            name='proposal_note',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name='edition',
            name='proposed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='edition',
            name='proposed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='publish_from',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='edition',
            name='unconfirmed_reason',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name='edition',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='edition',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='withdrawn_reason',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.RunPython(create, drop),
    ]
