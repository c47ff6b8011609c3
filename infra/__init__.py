"""What surrounds the program: development, migrations, demo cities, operations. Nothing of the program imports it."""
