"""The catalogue of mutants keeps up with the code, so that it does not rot between its runs."""

import ast

import pytest

from tests.isolation.mutants.catalogue import MUTANTS, ROOT, Mutant
from tests.isolation.mutants.checks import NO_CHECKS, checks, uncovered


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.removes)
def test_each_mutants_text_stands_in_the_code_once_and_what_stands_for_it_is_code(
    mutant: Mutant,
) -> None:
    source = (ROOT / mutant.file).read_text()

    mutated = mutant.mutated(source)

    assert ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(source))


def test_no_two_mutants_have_one_name() -> None:
    assert len({mutant.removes for mutant in MUTANTS}) == len(MUTANTS)


def test_a_text_that_is_gone_or_stands_twice_is_told() -> None:
    mutant = Mutant("a check", "a file", "check()", "pass")

    for source in ("", "check()\ncheck()\n"):
        with pytest.raises(LookupError, match="a check"):
            mutant.mutated(source)


def test_every_check_of_a_permission_has_a_mutant() -> None:
    assert [str(check) for check in uncovered(ROOT, MUTANTS)] == []


def test_a_check_without_a_mutant_is_found() -> None:
    without = tuple(mutant for mutant in MUTANTS if mutant.file != "habits/queries.py")

    found = {check.code for check in uncovered(ROOT, without)}

    assert {"Habit.objects.public()", "current_user(info)"} <= found


def test_what_is_called_no_check_is_still_there() -> None:
    everything = list(checks(ROOT, exempt={}))

    for file, code in NO_CHECKS:
        assert any(check.file == file and code in check.code for check in everything)
