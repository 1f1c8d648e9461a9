"""`make texts`: lists the texts that lack a translation; ends with status 1 where there are any."""

import sys

from tests.texts.catalogs import of_the_project

found = of_the_project()
sys.stdout.writelines(f"{finding}\n" for finding in found)
sys.exit(1 if found else 0)
