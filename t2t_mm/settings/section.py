"""What all records of settings have in common: typed fields with ranges."""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from t2t_mm.settings.field_values import check_fields


class Section:
    """Base of the records: checks the type of every field and its range.

    Attributes:
        section: The name of the record within the settings, as in `model.width`.

    Raises:
        UserError: A value has the wrong type or is out of range; the field is named.
    """

    section: ClassVar[str]

    def __post_init__(self) -> None:
        check_fields(self, self.section)


def setting(default: Any, *, at_least: float | None = None, below: float | None = None) -> Any:
    """Return a field with a range: `at_least <= value < below`."""
    return field(default=default, metadata={"at_least": at_least, "below": below})
