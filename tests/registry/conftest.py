"""Each test finds the registry's tables and the imported modules as they were before."""

import sys
from collections.abc import Iterator

import pytest

from t2t_mm import registry

TABLES = (
    registry.PROBLEMS,
    registry.MODALITIES,
    registry.HPARAMS,
    registry.GROUPS,
    registry.STUDIES,
)


@pytest.fixture(autouse=True)
def tables_and_imports_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    loaded, registered = set(sys.modules), [table.places() for table in TABLES]
    yield
    for table, before in zip(TABLES, registered, strict=True):
        for name, place in table.places().items():
            if name not in before and not place.module.startswith("t2t_mm."):
                del table._entries[name]
    for name in set(sys.modules) - loaded:
        if not name.startswith("t2t_mm"):
            del sys.modules[name]
