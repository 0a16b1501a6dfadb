"""Which way to search, and under which rules, by how a run decodes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind, name_vocabulary
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.trees.tree_facts import choose_cut, collect_facts
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.files.text_files import decode_lines
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.run_directory import Run
from t2t_mm.run.stored_problem import find_problem
from t2t_mm.run.task import Task
from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.constraint import AllOf, Constraint, NoRepeat
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.prefix_tree import OneOf
from t2t_mm.search.sampling import Sampling, SamplingOptions
from t2t_mm.search.search import Search
from t2t_mm.search.tree_grammar import TreeGrammar
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.mesh_shape import check_compilable
from t2t_mm.settings.overrides import change_decoding

_BATCH = BatchSpec(examples=256)
_OF_SEARCH = ("extra_length", "alpha", "no_repeat", "jit_compile")
"""Settings that count for nothing where classes are ranked."""


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

    Raises:
        UserError: Outputs are to be trees or given answers, and to repeat nothing.

    Example:
        >>> import t2t_mm
        >>> model = t2t_mm.load("demo/run").restored.model
        >>> signature = ("language:shared", "language:shared")
        >>> type(make_search(model, signature, DecodeHParams(beam_size=4))).__name__
        'BeamSearch'
    """
    if decode.no_repeat:
        rules = constraint.constraints if isinstance(constraint, AllOf) else (constraint,)
        if any(isinstance(one, OneOf | TreeGrammar) for one in rules):
            rule = type(constraint).__name__
            raise _refuse_no_repeat({"no_repeat": decode.no_repeat, "constraint": rule})
        once = NoRepeat(decode.no_repeat)
        constraint = AllOf(constraint, once) if constraint else once
    search = _choose_search(model, signature, decode, constraint)
    search.jit_compile = decode.jit_compile
    return search


def _choose_search(
    model: MultiModel,
    signature: tuple[str, str],
    decode: DecodeHParams,
    constraint: Constraint | None,
) -> Search:
    if decode.sampling_method == "random":
        options = SamplingOptions(
            temperature=decode.sampling_temp,
            top_k=max(decode.sampling_keep_top_k, 0),
            top_p=decode.sampling_keep_top_p,
        )
        return Sampling(model, *signature, decode.beam_size, options, constraint)
    if decode.beam_size > 1 or decode.write_beam_scores:
        num_wanted = decode.beam_size if decode.return_beams else 1
        return BeamSearch(model, *signature, decode.beam_size, decode.alpha, num_wanted, constraint)
    return GreedySearch(model, *signature, constraint=constraint)


def make_constraints(
    tasks: Iterable[Task],
    decode: DecodeHParams,
    own: DecodeHParams,
    vocabularies: Mapping[str, Vocabulary],
    data_dir: Path,
) -> dict[str, Constraint]:
    """Make the constraints of those tasks that have one by their settings.

    Args:
        tasks: Of the run.
        decode: How they are decoded.
        own: How the run is, which may have been trained on more tasks: what it asks for need not
            fit any of these.
        vocabularies: By name.
        data_dir: Where the training split of trees is stored, for their symbols.

    Raises:
        UserError: None of the tasks writes trees, or text, where that was asked for; or their
            training split, or the answers, are not there.
    """
    check_rules(decode)
    chosen = list(tasks)
    check_answers(decode, chosen)
    if decode.answers_file:
        texts = [task for task in chosen if _writes_text(task)]
        if not texts and decode.answers_file != own.answers_file:
            raise UserError(
                "Only texts can be chosen out of a file of answers",
                received={"problems": ", ".join(task.name for task in chosen)},
                fix="Of classes t2t-decoder writes the most probable one without it.",
            )
        return _make_closed_sets(texts, decode, vocabularies) if texts else {}
    if decode.constrain != "trees":
        return {}
    trees = [task for task in chosen if "brackets" in task.metrics]
    if not trees and decode.constrain != own.constrain:
        raise UserError(
            "Only trees can be constrained to be trees",
            expected="a problem with the metric 'brackets', as tree_files",
            received={"problems": ", ".join(task.name for task in chosen)},
            fix="Leave constrain=trees out.",
        )
    return {task.name: _make_grammar(task, vocabularies, data_dir) for task in trees}


def choose_decoding(run: Run, text: str = "", *, searches_once: bool = False) -> DecodeHParams:
    """Choose how a run decodes: as its settings say, but for what is changed of them.

    Args:
        run: The run. One from elsewhere may name any file: it is not read by itself.
        text: What is changed, as `--decode_hparams` has it.
        searches_once: As for `change_decoding`.

    Raises:
        UserError: A change is none, rules do not go together, a file has to be named or the one
            that is named is not there, or XLA is to compile what lies on several devices.

    Example:
        >>> from t2t_mm.run.run_directory import open_run
        >>> choose_decoding(open_run("demo/run"), "beam_size=4").beam_size
        4
    """
    decode = change_decoding(run.hparams.decode, text, searches_once=searches_once)
    if decode.answers_file and "answers_file" not in text and not run.is_own:
        raise UserError(
            f"{run.directory} was made elsewhere, or by an earlier version: the file of answers "
            "that its settings name is not read by itself",
            received={"decode.answers_file": decode.answers_file},
            fix="Name it, or none: --decode_hparams=answers_file=....",
        )
    check_compilable(run.hparams.experts.mesh_shape, decode.jit_compile, "decode.jit_compile")
    check_rules(decode)
    if "answers_file" in text:
        _demand_answers(decode)
    return decode


def check_rules(decode: DecodeHParams) -> None:
    """Check that rules go together: before a model is loaded.

    Raises:
        UserError: They do not: among them outputs could be left with nothing to go on with.
    """
    received = {"answers_file": decode.answers_file}
    is_tree = decode.constrain != "nothing"
    if decode.answers_file and is_tree:
        raise UserError("Outputs are either trees or out of a file of answers", received=received)
    if decode.no_repeat and (decode.answers_file or is_tree):
        raise _refuse_no_repeat(
            {"no_repeat": decode.no_repeat, "constrain": decode.constrain, **received}
        )


def _refuse_no_repeat(received: Mapping[str, Any]) -> UserError:
    return UserError(
        "Trees, and given answers, have to be free to repeat themselves",
        received=received,
        fix="Leave no_repeat out, or set no_repeat=0.",
    )


def check_answers(decode: DecodeHParams, tasks: Iterable[Task]) -> None:
    """Check that a file of answers is there if one of the tasks reads it, whose outputs are text.

    Raises:
        UserError: It is not.
    """
    if any(_writes_text(task) for task in tasks):
        _demand_answers(decode)


def check_search_counts(decode: DecodeHParams, own: DecodeHParams, tasks: Iterable[Task]) -> None:
    """Check that nothing is asked of a search where all outputs are classes, which are ranked.

    Args:
        decode: How the tasks are decoded.
        own: How the run is, which may have been trained on more tasks.
        tasks: Those that are asked for.

    Raises:
        UserError: A setting that is not the run's counts for nothing.
    """
    changed = {name: getattr(decode, name) for name in _OF_SEARCH}
    idle = {name: value for name, value in changed.items() if value != getattr(own, name)}
    if idle and not any(task.command for task in tasks):
        raise UserError(
            f"Of classes nothing is searched for: {', '.join(idle)} would count for nothing",
            received={f"decode.{name}": value for name, value in idle.items()},
            fix="Leave it out of --decode_hparams.",
        )


def _demand_answers(decode: DecodeHParams) -> None:
    if decode.answers_file and not Path(os.path.expanduser(decode.answers_file)).is_file():
        received = {"answers_file": decode.answers_file}
        raise UserError("There is no such file of answers", received=received)


def _writes_text(task: Task) -> bool:
    return bool(choose_kind(task.targets).text_vocabulary)


def _make_closed_sets(
    tasks: Sequence[Task], decode: DecodeHParams, vocabularies: Mapping[str, Vocabulary]
) -> dict[str, Constraint]:
    answers = [
        line for line in decode_lines(Path(os.path.expanduser(decode.answers_file))) if line.strip()
    ]
    return {
        task.name: OneOf(answers, vocabularies[name_vocabulary(task.targets)]) for task in tasks
    }


def _make_grammar(
    task: Task, vocabularies: Mapping[str, Vocabulary], data_dir: Path
) -> TreeGrammar:
    problem = find_problem(task, data_dir)
    dataset = make_evaluation_dataset(problem, "train", data_dir=data_dir, batch=_BATCH)
    pairs = [
        (sentence.decode("utf-8"), symbols.decode("utf-8"))
        for batch in dataset
        for sentence, symbols in zip(batch["inputs_text"], batch["targets_text"], strict=True)
    ]
    cut_words = choose_cut(pairs)
    if cut_words is None:
        raise UserError(
            f"The trees of {task.name} have another number of words than its sentences",
            expected="sentences cut into words by spaces, as 'The dog barks .'",
            received={"sentence": pairs[0][0], "tree": pairs[0][1]},
            fix="Leave constrain=trees out.",
        )
    facts = collect_facts(symbols for _, symbols in pairs)
    inputs, targets = (vocabularies[name_vocabulary(side)] for side in (task.inputs, task.targets))
    return TreeGrammar(facts, inputs, targets, cut_words)
