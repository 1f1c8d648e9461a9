"""Global ids: a type's name and a row's number, in the one spelling that the API answers."""

from strawberry import relay

NO_ROW = 0
"""A number that no row has."""


def pk_of(global_id: str, type_name: str) -> int:
    """The row's number in an id of `type_name`; `NO_ROW` for any other string.

    So a string that is no id takes the same way to the same answer as an id of nobody's.
    """
    try:
        name, number = relay.from_base64(global_id)
        pk = int(number)
    except ValueError:
        return NO_ROW
    # Base 64 and int() are lenient; a string that the API never answered is nobody's id.
    return pk if name == type_name and relay.to_base64(name, pk) == global_id else NO_ROW
