"""An extension of griffe, which reads docstrings for the site: examples are examples.

`Example:`, as the docstrings here have it, is an ordinary paragraph to griffe, `Examples:` is code.
"""

import re
from typing import Any

import griffe


class ExampleSections(griffe.Extension):
    """Has griffe read `Example:` as `Examples:`."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of what was read, before it is parsed."""
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"^Example:$", "Examples:", obj.docstring.value, flags=re.M
            )
