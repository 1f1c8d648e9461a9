from typing import Any

from django.db import migrations, models


def mistrust_what_is_there(apps: Any, schema_editor: Any) -> None:
    """Nobody knows by which rules they were computed, so the first tick computes them anew."""
    if apps.get_model('habits', 'Habit').objects.exists():
        apps.get_model('habits', 'ZoneRules').objects.create(pk=1, version='')


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ZoneRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(default='', max_length=16)),
                ('reached', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.RunPython(mistrust_what_is_there, migrations.RunPython.noop),
    ]
