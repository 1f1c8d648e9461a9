"""What every answer of the endpoint keeps to, whatever it was asked."""

import json
import re
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpResponse

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
STATUSES = {200, 400, 406, 411, 413, 415}
CODES = {
    "BAD_USER_INPUT",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "QUERY_TOO_COMPLEX",
    "RATE_LIMITED",
    "UNAUTHENTICATED",
}
"""What an error may have: all but `INTERNAL_SERVER_ERROR`, which nothing that is sent may cause."""


def _of_the_database() -> set[str]:
    """The names of tables, constraints and indexes; not those that are words of English, too."""
    return {
        name
        for meta in (model._meta for model in apps.get_models())
        for name in (
            *([meta.db_table] if "_" in meta.db_table else []),
            *(each.name for each in (*meta.constraints, *meta.indexes)),
        )
    }


GIVEN_AWAY = re.compile(
    "|".join(
        (
            r"Traceback|\.py\b|site-packages|" + re.escape(str(settings.BASE_DIR)),
            r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b.*\b(?:FROM|INTO|SET|WHERE)\b",
            r"psycopg|django|strawberry|sqlite|postgres|redis",
            r"\b[A-Z]\w+(?:Error|Exception)\b|<class |<function | object at 0x|set_int_max_str",
            r"\b(?:" + "|".join(sorted(map(re.escape, _of_the_database()))) + r")\b",
        )
    )
)
"""A trace, a path, SQL, a library, a class of Python, a table, a constraint or an index."""


def checked(response: HttpResponse) -> dict[str, Any]:
    """The answer's JSON, once it has been seen to be well formed and to give nothing away."""
    text = response.content.decode()
    answer: dict[str, Any] = json.loads(text)
    assert response.status_code in STATUSES, text
    media_type, _, charset = response["Content-Type"].partition("; ")
    assert media_type in {JSON, GRAPHQL_JSON}
    assert charset == "charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert isinstance(answer, dict)
    assert set(answer) in ({"data"}, {"errors"}, {"data", "errors"}), text
    for error in answer.get("errors", ()):
        assert set(error) <= {"message", "locations", "path", "extensions"}, text
        assert error["message"], text
        assert error["extensions"]["code"] in CODES, text
    if "errors" in answer:
        assert answer["errors"], text
        assert "Did you mean" not in text
    if "data" in answer:
        assert response.status_code == 200, text
        assert isinstance(answer["data"], dict) or "errors" in answer, text
    assert not GIVEN_AWAY.search(text), text
    return answer
