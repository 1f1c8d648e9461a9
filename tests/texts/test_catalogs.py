"""Every text that people see has its Russian translation."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.texts.catalogs import (
    APPS,
    PO,
    ROOT,
    contradictions,
    findings,
    marked,
    of_django,
    of_the_project,
    translated,
)

SOURCE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy

_("Hello, %(name)s.")
pgettext_lazy("limit", "fields")
ngettext("%(count)d day", "%(count)d days", 3)
"""

HEAD = """
msgid ""
msgstr ""
"Language: ru\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\\n"
"""
HELLO = """
msgid "Hello, %(name)s."
msgstr "Здравствуйте, %(name)s."
"""
FIELDS = """
msgctxt "limit"
msgid "fields"
msgstr "число полей"
"""
DAYS = """
msgid "%(count)d day"
msgid_plural "%(count)d days"
msgstr[0] "%(count)d день"
msgstr[1] "%(count)d дня"
msgstr[2] "%(count)d дней"
"""


@pytest.fixture
def texts(tmp_path: Path) -> Catalog:
    (tmp_path / "greetings.py").write_text(SOURCE)
    return marked(tmp_path)


def found(texts: Catalog, *entries: str, folder: Path) -> list[str]:
    po = folder / "django.po"
    po.write_text(HEAD + "".join(entries))
    return list(findings(texts, translated(po)))


def test_every_text_is_translated_once_with_its_placeholders() -> None:
    problems = of_the_project()

    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("app", APPS)
def test_each_app_has_texts_and_a_catalog(app: str) -> None:
    assert len(marked(ROOT / app)) > 10
    assert len(translated(ROOT / app / PO)) > 10


def test_djangos_own_texts_keep_their_translation() -> None:
    ours = [translated(ROOT / app / PO) for app in APPS]

    assert not list(contradictions([*of_django(), *ours]))


def test_a_catalog_that_has_everything_is_fine(texts: Catalog, tmp_path: Path) -> None:
    assert found(texts, HELLO, FIELDS, DAYS, folder=tmp_path) == []


@pytest.mark.parametrize(
    ("entries", "finding"),
    [
        ((HELLO, FIELDS), "missing: “%(count)d day | %(count)d days”"),
        ((HELLO, DAYS), "missing: “fields” as limit"),
        ((HELLO, FIELDS.replace('msgctxt "limit"\n', ""), DAYS), "missing: “fields” as limit"),
        (("\n#, fuzzy", HELLO, FIELDS, DAYS), "fuzzy: “Hello"),
        ((HELLO, FIELDS.replace("число полей", ""), DAYS), "not translated: “fields”"),
        ((HELLO, FIELDS, DAYS.replace("%(count)d дней", "")), "not translated: “%(count)d day"),
        ((HELLO.replace("Здравствуйте, %(name)s", "Привет"), FIELDS, DAYS), "other placeholders"),
        ((HELLO, FIELDS, DAYS.replace("%(count)d дня", "%(n)d дня")), "other placeholders"),
        ((HELLO, FIELDS, DAYS, HELLO.replace("Hello", "Bye")), "marked nowhere: “Bye"),
        ((HELLO, FIELDS, DAYS, '\n#~ msgid "Bye"\n#~ msgstr "Пока"\n'), "obsolete: “Bye”"),
    ],
)
def test_what_a_catalog_lacks_is_named(
    entries: tuple[str, ...], finding: str, texts: Catalog, tmp_path: Path
) -> None:
    problems = found(texts, *entries, folder=tmp_path)

    assert any(each.startswith(finding) for each in problems), problems


def test_two_translations_of_one_text_contradict_each_other() -> None:
    one, same, other = Catalog("ru"), Catalog("ru"), Catalog("ru")
    one.add("chat", "чат")
    same.add("chat", "чат")
    other.add("chat", "беседа")

    assert not list(contradictions([one, same]))
    assert list(contradictions([one, other])) == ["“chat”: чат | беседа"]
