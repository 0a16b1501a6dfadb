"""Flags that count only beside others: what is given must not be ignored silently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from t2t_mm.errors import UserError


class Idle(NamedTuple):
    """Flags of a command that count for nothing beside a value of another.

    Attributes:
        flags: Their names.
        beside: The flag that makes them idle.
        values: Its values that do so; empty: any that is given.
        fix: What to do instead, where there is more to say than to leave them out.
    """

    flags: tuple[str, ...]
    beside: str
    values: tuple[Any, ...] = ()
    fix: str = ""


_OF_TRAINING = (
    "hparams_set",
    "hparams",
    "gin_file",
    "gin_param",
    "tmp_dir",
    "generate_data",
    "train_steps",
    "eval_every",
    "checkpoint_every",
    "keep_checkpoint_max",
    "random_seed",
    "deterministic",
    "jit_compile",
    "dtype_policy",
    "compile_cache",
    "compile_only",
    "warm_start_from",
    "freeze",
    "profile",
    "dry_run",
    "verify",
    "verify_checkpoints",
    "save_in_background",
    "early_stopping_steps",
)
_OF_TRAINED = ("verify_checkpoints", "save_in_background", "early_stopping_steps")
_OF_GENERATION = (
    "verify",
    "num_shards",
    "validation_share",
    "test_share",
    "label_pattern",
    "columns",
    "random_seed",
    "num_concurrent_processes",
    "only_list",
    "overwrite",
    "vocab_only",
    "overwrite_vocab",
    "vocab_size",
    "vocab_bytes",
    "beam",
    "beam_option",
    "strict",
    "max_bad_share",
)

_OF_SPLIT = ("split", "eval_batch_tokens")

IDLE: Mapping[str, tuple[Idle, ...]] = {
    "t2t-datagen": (
        Idle(("problems", "exclude_problems", "data_dir", "tmp_dir"), "kept_batch"),
        Idle(_OF_GENERATION, "inspect", (True,)),
        Idle(("kept_batch",), "inspect", (False,)),
        Idle(("verify", "num_shards", "num_concurrent_processes", "beam"), "vocab_only", (True,)),
        Idle(
            ("overwrite",),
            "vocab_only",
            (True,),
            "--overwrite_vocab trains again the vocabularies that are there.",
        ),
        Idle(("strict", "max_bad_share"), "vocab_only", (True,)),
        Idle(("max_bad_share",), "strict", (True,), "--strict leaves nothing out."),
        Idle(("num_concurrent_processes",), "beam", (True,), "--beam_option sets Beam's workers."),
        Idle(("num_concurrent_processes",), "max_cases", (), "One process reads the first ones."),
        Idle(("beam_option",), "beam", (False,)),
    ),
    "t2t-trainer": (
        Idle(
            _OF_TRAINING,
            "schedule",
            ("evaluate", "test"),
            "A trained run is scored with its own settings.",
        ),
        Idle(
            ("eval_steps",),
            "schedule",
            ("evaluate", "test"),
            "t2t-eval --limit scores the first examples only.",
        ),
        Idle(("eval_every", "eval_steps"), "schedule", ("train",)),
        Idle(("eval_steps", "profile", "dry_run", *_OF_TRAINED), "compile_only", (True,)),
        Idle(("eval_steps", "profile", *_OF_TRAINED), "dry_run", (True,)),
        Idle(("json",), "dry_run", (False,)),
        Idle(("early_stopping_metric", "early_stopping_delta"), "early_stopping_steps", (0,)),
    ),
    "t2t-decoder": (
        Idle(
            ("decode_from_file", "score_file", "decode_to_file", *_OF_SPLIT, "limit"),
            "decode_interactive",
            (True,),
        ),
        Idle(("decode_from_file", *_OF_SPLIT, "data_dir", "output_format"), "score_file"),
        Idle(_OF_SPLIT, "decode_from_file"),
    ),
    "t2t-eval": (
        Idle(("shuffled_inputs", "baseline", "samples"), "decode", (False,)),
        Idle(("decode_hparams",), "decode", (False,), "--limit scores the first examples only."),
        Idle(("checkpoint_path",), "continuous", (True,), "Each checkpoint is scored in its turn."),
        Idle(("eval_timeout_mins",), "continuous", (False,)),
    ),
    "t2t-add-problem": (Idle(("tmp_dir",), "generate_data", (False,)),),
    "t2t-study": (Idle(("tmp_dir",), "generate_data", (False,)),),
}
"""By command. A listing (--only_list, --registry_help) is not here: it goes before any command."""


def refuse_idle_flags(command: str, flags: Any) -> None:
    """Refuse a flag that is given and would be ignored beside another.

    Args:
        command: Its name, "t2t-trainer".
        flags: Its parsed flags.

    Raises:
        UserError: The message names both flags.
    """
    for idle in IDLE.get(command, ()):
        beside = getattr(flags, idle.beside)
        if not (beside in idle.values if idle.values else flags.gives(idle.beside)):
            continue
        for name in filter(flags.gives, idle.flags):
            raise UserError(
                f"--{name} counts for nothing beside this --{idle.beside}",
                received={name: getattr(flags, name), idle.beside: beside},
                fix=idle.fix or f"Leave --{name} out, or change --{idle.beside}.",
            )
