"""Settings with some fields changed, each by its name alone."""

from t2t_mm.settings import HParams
from t2t_mm.settings.overrides import apply_overrides, resolve_field_name


def change_settings(hparams: HParams, **fields: object) -> HParams:
    """Return `hparams` with other values of `fields`, whatever section each is in."""
    values = {resolve_field_name(name): value for name, value in fields.items()}
    return apply_overrides(hparams, values)
