"""Reading one GraphQL request out of an HTTP body, strictly."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _

NAME = re.compile("[_A-Za-z][_0-9A-Za-z]*")


class BadRequest(Exception):
    """The body is no GraphQL request; the message says what is wrong with it."""


class PersistedQueryNotSupported(Exception):
    """The body names a stored document instead of bringing one; a client then sends it whole."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation: its document, variables and, if the document has several, its name."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def parse_body(body: bytes) -> GraphQLRequest:
    """The request in a JSON `body`; raises `BadRequest` or `PersistedQueryNotSupported`."""
    payload = parse_json(body, depth=settings.LIMIT_JSON_DEPTH, values=settings.LIMIT_JSON_VALUES)
    if not isinstance(payload, dict):
        raise BadRequest(_("The body must be a JSON object with a `query`."))
    query = payload.get("query")
    variables = payload.get("variables")
    operation_name = payload.get("operationName")
    extensions = payload.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest(_("`extensions` must be an object."))
    if query is None and extensions and "persistedQuery" in extensions:
        raise PersistedQueryNotSupported
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(_("`query` must be a GraphQL document."))
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(_("`variables` must be an object."))
    if not (operation_name is None or operation_name == "" or _is_name(operation_name)):
        raise BadRequest(_("`operationName` must be the name of an operation."))
    return GraphQLRequest(query, variables, operation_name or None)


def _is_name(value: object) -> bool:
    """Whether `value` is a name as GraphQL's grammar has it."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def parse_json(body: bytes, *, depth: int, values: int) -> Any:
    """The JSON value in `body`, nested up to `depth` levels, with up to `values` values in it.

    Raises `BadRequest`, for what is no JSON by the letter or cannot be stored, too.
    """
    try:
        text = body.decode()
        payload = READER.decode(text)
        count = _count(payload, depth)
    except UnicodeDecodeError:
        raise BadRequest(_("The body is not UTF-8.")) from None
    except ValueError:
        raise BadRequest(_("The body is not JSON.")) from None
    except RecursionError:
        message = _("The body is nested more than %(limit)d levels deep.")
        raise BadRequest(message % {"limit": depth}) from None
    if count > values:
        message = _("The body has more than %(limit)d values in it.")
        raise BadRequest(message % {"limit": values})
    if "\\u" in text:
        try:
            json.dumps(payload, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise BadRequest(_("The body has half of a surrogate pair in it.")) from None
    return payload


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


READER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def _count(value: object, levels: int) -> int:
    """How many values there are, lists and objects included.

    Raises `RecursionError`, as Python's own reader does, where they are nested more than `levels`
    deep.
    """
    if not isinstance(value, dict | list):
        return 1
    if levels == 0:
        raise RecursionError
    inside = value.values() if isinstance(value, dict) else value
    return 1 + sum(_count(inner, levels - 1) for inner in inside)
