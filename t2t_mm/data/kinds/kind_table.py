"""From what a problem declares to its kind, and to the record of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from t2t_mm import registry
from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.data.vocabulary.vocabulary import BYTES
from t2t_mm.errors import UserError
from t2t_mm.features import Feature


def list_kinds() -> dict[str, type[FeatureKind]]:
    """Return the kinds of features by name, those of t2t_mm and what was registered beside them.

    Example:
        >>> [kind.__name__ for name, kind in list_kinds().items() if name in ("audio", "image")]
        ['SoundKind', 'PictureKind']
    """
    return {name: registry.KINDS.lookup(name) for name in registry.KINDS.names()}


def choose_kind(spec: Feature, vocabulary: Vocabulary | None = None) -> FeatureKind:
    """Return the kind of a declared feature.

    Args:
        spec: What the problem declares.
        vocabulary: Of its ids, where it has one and that is known yet.

    Raises:
        UserError: It is of no registered kind, or that has another name than its modality.

    Example:
        >>> from t2t_mm.features import Categorical
        >>> choose_kind(Categorical(num_classes=10)).vocabulary_name
        'classes_10'
    """
    kinds = list_kinds()
    own = [one for one in kinds.items() if one[1].spec_class is type(spec)]
    # A notebook's cell that is run again makes other classes of the same names.
    alike = (one for one in kinds.items() if _name(one[1].spec_class) == _name(type(spec)))
    for name, kind in own or alike:
        if spec.modality != name:
            raise UserError(
                f"The kind {kind.__name__} has another name than the modality of its features",
                expected=repr(spec.modality),
                received={"name": name},
                fix=f"Register it with @registry.register_feature_kind({spec.modality!r}).",
            )
        return kind(spec, vocabulary)
    known = sorted(kind.spec_class.__name__ for kind in kinds.values())
    raise UserError(
        "A declared feature is of no kind that can be stored",
        expected=f"{', '.join(known)}, or a kind of your own (@registry.register_feature_kind)",
        received={"feature": spec},
    )


def _name(spec_class: type[Feature]) -> tuple[str, str]:
    return spec_class.__module__, spec_class.__qualname__


def choose_kinds(
    features: Mapping[str, Feature], vocabularies: Mapping[str, Vocabulary] | None = None
) -> dict[str, FeatureKind]:
    """Return the kind of each declared feature.

    Args:
        features: By name.
        vocabularies: By name of the feature, of those that have one; None: not known yet.

    Raises:
        UserError: One is of no registered kind.
    """
    known = vocabularies or {}
    return {name: choose_kind(spec, known.get(name)) for name, spec in features.items()}


def name_vocabulary(feature: Feature) -> str:
    """Return the name of the vocabulary that a feature's ids are of ("" where it has none)."""
    return choose_kind(feature).vocabulary_name


def feature_to_json(feature: Feature) -> dict[str, Any]:
    """Return a declared feature as a record that `feature_from_json` reads.

    Example:
        >>> from t2t_mm.features import Categorical
        >>> feature_to_json(Categorical(num_classes=3))
        {'modality': 'categorical', 'num_classes': 3, 'vocabulary': '', 'share': ''}
    """
    assert is_dataclass(feature), f"{type(feature).__name__} is not a dataclass"
    return {"modality": feature.modality, **asdict(feature)}


def feature_from_json(record: Mapping[str, Any]) -> Feature:
    """Return the feature of a record that `feature_to_json` made.

    Raises:
        UserError: It is of a kind that is not registered here.
    """
    fields = {name: value for name, value in record.items() if name != "modality"}
    kind: type[FeatureKind] = registry.KINDS.lookup(record["modality"])
    return kind.spec_class(**fields)


def list_text_vocabularies(declared: Iterable[Mapping[str, Feature]]) -> list[str]:
    """List the vocabularies that are trained on the texts of problems; bytes need no training.

    Args:
        declared: The features of each problem.

    Example:
        >>> problems = [registry.problem("mini_ende"), registry.problem("mini_image")]
        >>> list_text_vocabularies(problem.features for problem in problems)
        ['shared']
    """
    kinds = (kind for features in declared for kind in choose_kinds(features).values())
    named = dict.fromkeys(kind.text_vocabulary for kind in kinds)
    return [name for name in named if name not in ("", BYTES)]
