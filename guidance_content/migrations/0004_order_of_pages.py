from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('guidance_content', '0003_confirmations'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='page',
            options={'base_manager_name': 'objects', 'ordering': ['position', 'pk']},
        ),
    ]
