"""Which way to search, and under which rules, by how a run decodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.kinds.kind_table import name_vocabulary
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.trees.tree_facts import collect_facts
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.inference.beam_search import BeamSearch
from t2t_mm.inference.constraint import AllOf, Constraint, NoRepeat
from t2t_mm.inference.sampling import Sampling, SamplingOptions
from t2t_mm.inference.search import GreedySearch, Search
from t2t_mm.inference.tree_grammar import TreeGrammar
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.task import Task
from t2t_mm.settings.sections import DecodeHParams

_BATCH = BatchSpec(examples=256)


def make_search(
    model: MultiModel,
    signature: tuple[str, str],
    decode: DecodeHParams,
    constraint: Constraint | None = None,
) -> Search:
    """Make the search that settings ask for: greedy, of beams, or by samples.

    Args:
        model: Built.
        signature: Share keys of the nets that read inputs and write targets.
        decode: The settings.
        constraint: What outputs may be, beside what the settings say.

    Example:
        >>> import t2t_mm
        >>> model = t2t_mm.load("demo/run").restored.model
        >>> signature = ("language:shared", "language:shared")
        >>> type(make_search(model, signature, DecodeHParams(beam_size=4))).__name__
        'BeamSearch'
    """
    if decode.no_repeat:
        once = NoRepeat(decode.no_repeat)
        constraint = AllOf(constraint, once) if constraint else once
    if decode.sampling_method == "random":
        options = SamplingOptions(
            temperature=decode.sampling_temp,
            top_k=max(decode.sampling_keep_top_k, 0),
            top_p=decode.sampling_keep_top_p,
            seed=decode.sampling_seed,
        )
        return Sampling(model, *signature, decode.beam_size, options, constraint)
    if decode.beam_size > 1 or decode.write_beam_scores:
        num_wanted = decode.beam_size if decode.return_beams else 1
        return BeamSearch(model, *signature, decode.beam_size, decode.alpha, num_wanted, constraint)
    return GreedySearch(model, *signature, constraint=constraint)


def make_constraints(
    tasks: Iterable[Task],
    decode: DecodeHParams,
    vocabularies: Mapping[str, Vocabulary],
    data_dir: Path,
) -> dict[str, Constraint]:
    """Make the constraints of those tasks that have one by their settings.

    Args:
        tasks: Of the run.
        decode: Its settings.
        vocabularies: By name.
        data_dir: Where the training split of trees is stored, for their symbols.

    Raises:
        UserError: None of the tasks writes trees; or their training split is not there.
    """
    if decode.constrain != "trees":
        return {}
    found: dict[str, Constraint] = {}
    chosen = list(tasks)
    for task in chosen:
        if "brackets" in task.metrics:
            problem = registry.problem(task.name, data_dir=data_dir)
            dataset = make_evaluation_dataset(problem, "train", data_dir=data_dir, batch=_BATCH)
            texts = (text.decode("utf-8") for batch in dataset for text in batch["targets_text"])
            sides = (vocabularies[name_vocabulary(side)] for side in (task.inputs, task.targets))
            found[task.name] = TreeGrammar(collect_facts(texts), *sides)
    if not found:
        raise UserError(
            "Only trees can be constrained to be trees",
            expected="a problem with the metric 'brackets', as tree_files",
            received={"problems": ", ".join(task.name for task in chosen)},
            fix="Leave constrain=trees out.",
        )
    return found
