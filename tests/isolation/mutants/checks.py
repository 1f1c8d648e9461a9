"""Where the code checks who may do what, and which of these places no mutant takes away."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.isolation.mutants.catalogue import Mutant

APPS = ("accounts", "habits", "backend", "notifications")
CALLS = frozenset(
    {
        *("current_user", "owned_by", "public", "user_of_token", "authenticate"),
        *("_check_password", "check_password", "constant_time_compare", "_is_live", "_is_from"),
        *("own_habit", "revoke_all_tokens"),
        *("claim_of", "account", "is_live", "rely_on_nothing"),
    }
)
"""What is called to learn who may do what, or to end what they may."""

ATTRIBUTES = frozenset({"is_active", "is_public", "owner_id", "token_generation"})
"""What is read of a row for that, and given to a look-up."""

NO_CHECKS = {
    ("accounts/authentication.py", "DECOY"): "takes its time where there is no account",
    ("accounts/management/commands/csu.py", "check_password"): "an operator's own",
    ("habits/filters.py", "is_public"): "what people narrow their own list to",
    ("habits/models/habit.py", "is_public=True"): "indexes' conditions; `public` has a mutant",
    ("notifications/intent.py", "is_active"): "who is reminded, not who gets in",
    ("notifications/buttons.py", "signature"): "no call's: `test_presses` misses it",
    ("notifications/bot/presses.py", "is_active"): "the same",
    ("notifications/bot/people.py", "is_active"): "who is reached in a chat, not who gets in",
    ("notifications/bot/linking.py", "is_active"): "no call's: `test_linking` misses it",
    ("backend/webhook.py", "constant_time_compare"): "no call's: `test_webhook` misses it",
}
"""Places that look like checks, by file and a part of the code, and why they are none."""


@dataclass(frozen=True)
class Check:
    """One such place: `start` and `end` are positions in the text of `file`."""

    file: str
    line: int
    start: int
    end: int
    code: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code}"


def checks(root: Path, exempt: Mapping[tuple[str, str], str] = NO_CHECKS) -> Iterator[Check]:
    """All of them in the apps but the `exempt`."""
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            source = path.read_text()
            for node in ast.walk(ast.parse(source)):
                if _is_check(node):
                    check = _check(str(path.relative_to(root)), source, node)
                    if not any(f == check.file and c in check.code for f, c in exempt):
                        yield check


def _is_check(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else None
        return (function.id if isinstance(function, ast.Name) else name) in CALLS
    if isinstance(node, ast.Compare | ast.BoolOp | ast.If | ast.IfExp):
        tested = node.test if isinstance(node, ast.If | ast.IfExp) else node
        return any(
            isinstance(each, ast.Attribute) and each.attr in ATTRIBUTES for each in ast.walk(tested)
        )
    return isinstance(node, ast.keyword) and node.arg in ATTRIBUTES


def _check(file: str, source: str, node: ast.AST) -> Check:
    lines = source.splitlines(keepends=True)
    start, end = (
        sum(len(line) for line in lines[: number - 1])
        + len(lines[number - 1].encode()[:offset].decode())
        for number, offset in (
            (node.lineno, node.col_offset),  # type: ignore[attr-defined]  # all of those have it
            (node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]  # the same
        )
    )
    code = " ".join(source[start:end].split())
    return Check(file, node.lineno, start, end, code[:80])  # type: ignore[attr-defined]


def uncovered(root: Path, mutants: tuple[Mutant, ...]) -> list[Check]:
    """The places that no mutant's text touches."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for mutant in mutants:
        start = (root / mutant.file).read_text().index(mutant.text)
        spans.setdefault(mutant.file, []).append((start, start + len(mutant.text)))
    return [
        check
        for check in checks(root)
        if not any(
            start < check.end and check.start < end for start, end in spans.get(check.file, ())
        )
    ]
