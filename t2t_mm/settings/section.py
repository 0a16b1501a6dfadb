"""What all records of settings have in common: typed fields with ranges."""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from t2t_mm.settings.field_values import check_fields


class Section:
    """What the records derive from; it checks the type and the range of every field.

    Attributes:
        section: The name of the record within the settings, as in `model.width`.

    Raises:
        UserError: A value has the wrong type or is out of range; the field is named.
    """

    section: ClassVar[str]

    def __post_init__(self) -> None:
        check_fields(self, self.section)


def declare_field(
    default: Any,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> Any:
    """Declare a field with a range: `at_least <= value <= at_most` or `value < below`.

    Args:
        default: Its default; of a list of numbers each must be in the range.
        at_least: The smallest value; None: there is none.
        at_most: The largest; None: there is none.
        below: What every value is smaller than; None: nothing.
    """
    return field(
        default=default, metadata={"at_least": at_least, "at_most": at_most, "below": below}
    )
