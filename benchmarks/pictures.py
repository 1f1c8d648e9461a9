"""What a picture of habits costs: loading what draws it, drawing it, and its size.

    python -m benchmarks.pictures [--years 10]

The fullest picture there is, of habits of so many years, from their histories to the PNG. Memory
is the most that the process ever held, beyond what it held before. The last line is one JSON
object.
"""

import argparse
import json
import resource
import statistics
import sys
import time

import django
from django.conf import settings

from benchmarks.tracking import YEAR, lived
from notifications.pictures import MOST_SECTIONS, picture, section_of

ROUNDS = 20
TITLE = "гулять в парке с собакой, какой бы ни был дождь, хотя бы на минутку, каждый день " * 2


def held() -> float:
    """The most memory that the process has held so far, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    given = parser.parse_args()
    settings.configure(USE_I18N=True)
    django.setup()
    histories = [lived(given.years * YEAR, number) for number in range(MOST_SECTIONS)]

    def milliseconds() -> tuple[float, float, bytes]:
        """Of the sections and of the picture; and the picture."""
        start = time.perf_counter()
        sections = [section_of(TITLE, history) for history in histories]
        between = time.perf_counter()
        png = picture(sections, "ru")
        return (between - start) * 1000, (time.perf_counter() - between) * 1000, png

    before = held()
    _, first, png = milliseconds()
    rounds = [milliseconds() for _ in range(ROUNDS)]
    figures = {
        "sections": MOST_SECTIONS,
        "years": given.years,
        "sections_ms": round(statistics.median(each[0] for each in rounds), 1),
        "picture_ms": round(statistics.median(each[1] for each in rounds), 1),
        "first_picture_ms": round(first, 1),
        "memory_mb": round(held() - before, 1),
        "png_kb": round(len(png) / 1000),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
