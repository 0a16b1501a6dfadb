"""Fields of the settings that had another name in an earlier release."""

from __future__ import annotations

from t2t_mm.settings.field_values import read_field_types
from t2t_mm.settings.model_sections import ExpertHParams

# Old name -> today's. The experts were in the section `model` in 0.1.0, whose gin files, commands
# and runs are still read, one length was the limit of texts, sounds and pictures alike, and what
# t2t-datagen calls --vocab_size had another name here.
RENAMED_FIELDS = {
    "data.max_length": "data.max_pieces",
    "data.vocabulary_bytes": "data.vocab_bytes",
    "data.vocabulary_size": "data.vocab_size",
    **{f"model.{name}": f"experts.{name}" for name in read_field_types(ExpertHParams)},
}
