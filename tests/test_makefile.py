"""The Makefile gives each of its variables a value, so that a target needs none to be given."""

import re
from pathlib import Path

from django.conf import settings

TEXT = (Path(settings.BASE_DIR) / "Makefile").read_text()
BUILT_IN = {"MAKE", "MAKEFLAGS", "MAKECMDGOALS", "CURDIR"}


def test_every_variable_that_a_target_takes_has_a_value() -> None:
    taken = set(re.findall(r"(?<!\$)\$\(([A-Z_]+)\)", TEXT))
    given = set(re.findall(r"^([A-Z_]+) *(?:\?|:)?=", TEXT, re.MULTILINE))

    assert "SCALE" in taken
    assert taken - BUILT_IN <= given
