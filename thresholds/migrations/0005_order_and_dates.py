import thresholds.checked
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('thresholds', '0004_contacts_and_hours'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='consentpoint',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='contact',
            options={'ordering': ['area__position', 'position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='domain',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='edition',
            options={'base_manager_name': 'objects', 'ordering': ['partnership__name', '-source_date']},
        ),
        migrations.AlterModelOptions(
            name='indicator',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='ladder',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='level',
            options={'base_manager_name': 'objects', 'ordering': ['number']},
        ),
        migrations.AlterModelOptions(
            name='link',
            options={'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='nextstep',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='pathwaystep',
            options={'base_manager_name': 'objects', 'ordering': ['area__position', 'area__name', 'level__number', 'step', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='question',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='rule',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='sayings',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk'], 'verbose_name_plural': 'sayings'},
        ),
        migrations.AlterModelOptions(
            name='service',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='specialroute',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterModelOptions(
            name='term',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
        migrations.AlterField(
            model_name='edition',
            name='source_date',
            field=models.CharField(max_length=10, validators=[thresholds.checked.valid_partial_date]),
        ),
    ]
