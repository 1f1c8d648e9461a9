"""Model fields for what people type."""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# Cc: control characters, line feeds and NUL among them; Cs: halves of surrogate pairs;
# Zl and Zp: Unicode's own line and paragraph breaks.
_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Cf and Zs: joiners, zero-width characters and blanks, which show nothing by themselves.
_INVISIBLE = frozenset({"Cf", "Zs"})

_LONGEST_DECOMPOSITION = 4
"""Characters that one composed character comes from at most (Unicode's FAQ on normalization)."""


class LineField(models.CharField):
    """One line of text: trimmed, in Unicode's composed form (NFC), with something to see in it.

    `clean` raises `ValidationError` with the code `required` (NULL where none is allowed), `blank`,
    `invalid` (a control character) or `too_long` (more than `max_length` characters). A missing
    text is NULL, never an empty string.
    """

    empty_values = (None,)

    def to_python(self, value: Any) -> str | None:
        text: str | None = super().to_python(value)
        if text is None:
            return None
        text = text.strip()
        if self.max_length is not None and len(text) > self.max_length * _LONGEST_DECOMPOSITION:
            # Too long in any form. The time that composing takes grows with the square of the
            # marks on one letter.
            return text
        return unicodedata.normalize("NFC", text).strip()

    def validate(self, value: str | None, model_instance: models.Model | None) -> None:
        if value is None:
            if not self.null:
                raise ValidationError(_("This is required."), code="required")
            return
        categories = {unicodedata.category(character) for character in value}
        if categories <= _INVISIBLE:
            raise ValidationError(_("This must not be blank."), code="blank")
        if categories & _NOT_IN_A_LINE:
            raise ValidationError(
                _("This must be one line without control characters."), code="invalid"
            )
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(
                _("This is too long: %(length)d characters, at most %(limit)d are allowed."),
                code="too_long",
                params={"length": len(value), "limit": self.max_length},
            )


class LowerCaseEmailField(models.EmailField):
    """An e-mail address, trimmed, in Unicode's compatible form (NFKC) and in lower case.

    It is that wherever it enters: a save or a look-up. `clean` raises `ValidationError`.
    """

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if self.max_length is None or len(text) <= self.max_length:
            # A longer one is no address, and composing takes its time: see above.
            text = unicodedata.normalize("NFKC", text).strip()
        # PostgreSQL refuses NUL even in a look-up; no address holds its replacement either.
        return text.lower().replace("\0", "\N{REPLACEMENT CHARACTER}")

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        # Django's validator takes control characters between quotes, letters that only another
        # case makes an `i`, `k` or `s`, and in a domain whatever is not ASCII, invisible or not.
        is_plain = value.rpartition("@")[0].isascii() and value.isprintable()
        if not is_plain or "\N{REPLACEMENT CHARACTER}" in value:
            raise ValidationError(_("Enter a valid email address."), code="invalid")

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(self.to_python(value))
