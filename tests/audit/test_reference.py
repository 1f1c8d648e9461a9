"""What the audits' program says; the audits themselves need Node.js and run by `make audit`."""

from pathlib import Path

import pytest

from tests.audit.reference import AuditError, Level, Outcome, Tally, audit, is_good, tallies

PASSED = [
    Outcome("4655", "MUST accept", passed=True, reason=None),
    Outcome("22EB", "SHOULD accept", passed=True, reason=None),
    Outcome("5A70", "MAY accept", passed=False, reason="405"),
]


def failing(level: Level) -> Outcome:
    return Outcome("0000", f"{level} be so", passed=False, reason="it is not")


def test_without_node_the_audits_say_what_they_need_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(AuditError, match=r"^The audits need Node.js .*$") as caught:
        audit("http://127.0.0.1:9/graphql")

    assert "\n" not in str(caught.value)


def test_only_what_may_be_may_fail() -> None:
    assert is_good(PASSED)
    assert is_good([*PASSED, failing(Level.MAY)])
    assert not is_good([*PASSED, failing(Level.SHOULD)])
    assert not is_good([*PASSED, failing(Level.MUST)])


def test_no_audit_at_all_is_no_success() -> None:
    assert not is_good([])


def test_each_level_is_counted() -> None:
    assert list(tallies([*PASSED, failing(Level.MUST)])) == [
        Tally(Level.MUST, 1, 2),
        Tally(Level.SHOULD, 1, 1),
        Tally(Level.MAY, 0, 1),
    ]
