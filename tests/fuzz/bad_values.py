"""Values that are wrong: of flags by their types, paths, names, settings, and files of nonsense."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from absl import flags as absl_flags

LONG = (
    *("train_steps", "most_steps", "eval_timeout_mins", "continuous", "num_concurrent_processes"),
    "num_experts",
)
"""Flags of which an odd value only takes its time, or memory."""
MADE = (
    *("output_dir", "export_dir", "report_file", "decode_to_file", "scores_file", "study_dir"),
    *("compile_cache", "data_dir", "tmp_dir"),
)
"""Flags of paths that need not be there yet."""


def is_path(flag: Any) -> bool:
    """Return whether a flag is a path's."""
    return type(flag.parser).__name__ == "_PathParser"


def list_wrong_types(parser: Any) -> list[str]:
    """List values that a flag of this parser cannot have."""
    if isinstance(parser, absl_flags.BooleanParser):
        return ["maybe", "2", "", "None"]
    if isinstance(parser, absl_flags.EnumParser):
        return ["nosuch", "TRAIN", "train,test", "\udcff"]
    if isinstance(parser, absl_flags.IntegerParser):
        return ["x", "1.5", "", "1e3", "None", "\u0661x"]
    if isinstance(parser, absl_flags.FloatParser):
        return ["x", "", "1,5", "None"]
    return []


def draw_odd(parser: Any, dice: Random) -> tuple[str, bool]:
    """Draw a value of a flag's type that nobody means, and whether it may be right all the same."""
    if isinstance(parser, absl_flags.FloatParser):
        value = dice.choice(("nan", "-1", "inf", "-inf", "1e400", "1e-400"))
        return value, value in ("inf", "1e400", "1e-400")
    if isinstance(parser, absl_flags.IntegerParser):
        return dice.choice(("-1", "0", str(2**31), str(2**63), str(10**40), "0x10")), True
    if isinstance(parser, absl_flags.BooleanParser):
        return "true", True
    return dice.choice(
        (" ", "\udcff", "x" * 5_000, "../..", "%s{0}", "[", "(", "=", ",", "é")
    ), True


def give_right_value(parser: Any) -> str:
    """Give a value that a flag of this parser can have and that is not its default."""
    if isinstance(parser, absl_flags.BooleanParser):
        return "true"
    if isinstance(parser, absl_flags.EnumParser):
        return str(parser.enum_values[-1])
    numbers = (absl_flags.IntegerParser, absl_flags.FloatParser)
    return "7" if isinstance(parser, numbers) else "x"


def draw_path(work: Path, dice: Random) -> tuple[str, bool]:
    """Draw a path, and whether there lies something that may serve."""
    (work / "empty").mkdir(exist_ok=True)
    loop = work / "loop"
    if not loop.is_symlink():
        loop.symlink_to(loop)
    nowhere = (
        "nowhere",
        "nowhere/deep/within",
        "given.txt/x",
        "loop",
        "loop/x",
        "x" * 300,
        "\udcff",
    )
    kinds = [(str(work / name), False) for name in nowhere]
    kinds += [(str(work / name), True) for name in ("empty", "data", "raw", "given.txt", "study")]
    kinds += [("~nobody/x", False), ("nowhere[0]*", False), ("/".join("x" * 3_000), False)]
    return dice.choice([*kinds, ("/dev/null", True), ("/dev/full", True)])


_PROBLEMS = (
    *("nosuch", "boats", "text_classification/", "[", ",", "text2text_files/en", "tfds/nosuch"),
    *("mini_*x", "text_classification/boats_rev", "../x", "\udcff", "paper_9", "mini_endee"),
    *("text_classification/boats,nosuch", "text_classification/nosuch", "/", "_rev", "mini_ende/x"),
    *("text_classification/../boats", "x" * 300, "text_classification/" + "x" * 300, "a b"),
    *("text_classification/boats/x", "text_classification/é\n", "mini_ende_rev_rev"),
)
NAMES: dict[str, tuple[str, ...]] = {
    "problems": _PROBLEMS,
    "problem": _PROBLEMS,
    "exclude_problems": ("nosuch", "[", "mini_*x"),
    "hparams_set": ("nosuch", "multimodel_tinyy", "[", "../x", "multimodel_tiny,multimodel_base"),
    "split": ("nosuch", "Test", "test,validation", "../test", "\udcff", "test-4", "*"),
    "model": ("nosuch", "MultiModel"),
    "tokenize": ("nosuch", "13b", "\udcff"),
    "inputs_of": ("nosuch", "[", "\udcff"),
    "command_of": ("nosuch", "[", "\udcff"),
    "seeds": ("x", "1,x", "1.5", "1,,2", "1,1", "-1"),
    "early_stopping_metric": ("nosuch", "nosuch/accuracy", "\udcff"),
    "label_pattern": ("(", "[a", "(?P<label>", "(?P<label>a)(?P<label>b)", "*"),
    "columns": ("=", "text", "text=", "text=a,text=b", "nosuch=a", "\udcff"),
    "freeze": ("(", "[a", "*", "nosuch_variable"),
    "dtype_policy": ("nosuch", "float31", "mixed_float16x", "\udcff"),
    "host": ("nosuch.invalid", "256.0.0.1"),
}
"""By flag: what it cannot be called."""

_OVERRIDES = (
    *("model.widht=3", "model.width", "model.width=abc", "model.width=-1", "=3", "width==3"),
    *("model.width=3,model.width=4", "optimizer.epsilon=0", "data.rates={x: 1}", "data.batches={"),
    *("train.steps=1e400", "nosection.width=3", "model=3", "model.width=8.5", "model.width=None"),
    *("train.deterministic=maybe", "experts.num_experts=0", "data.max_pieces=0", "a.b.c=1", "["),
    *("model.width=8;model.num_heads=2", "\udcff=1", "model.__class__=3", "data.mixing=nosuch"),
    *("optimizer.learning_rate=nan", "optimizer.learning_rate=-1", "train.seed=x", "train.steps="),
    *("model.width=" + "9" * 5_000, "data.rates=" + "{" * 3_000, "data.batches=[1, 2]"),
    *("model.width=__import__('os')", "model.num_heads=3", "data.batch_tokens=0"),
    *("train.log_every=0", "model.dropout=2"),
)
_DECODING = (
    *("beam_size=0", "beam=4", "alpha=nan", "beam_size=4,beam_size=5", "beam_size", "beam_size=x"),
    *("sampling_temp=-1", "sampling_method=nosuch", "decode.beam=3", "model.width=8", "="),
    *("num_samples=-2", "sampling_keep_top_p=2", "constrain=x", "answers_file=nowhere.txt"),
    *("constrain=trees", "batch_size=0", "extra_length=-1", "no_repeat=x", "return_beams=maybe"),
    *("alpha=inf", "\udcff=1"),
)
_GIN = (
    *("x", "x=", "nosuch.width = 3", "ModelHParams.widht = 3", "ModelHParams.width = ("),
    "\udcff=1",
)
SETTINGS = {"hparams": _OVERRIDES, "decode_hparams": _DECODING, "gin_param": _GIN}
"""By flag: settings that are refused."""

_NONSENSE: dict[str, tuple[bytes, bool]] = {
    "nothing": (b"", True),
    "zeros": (bytes(100), True),
    "random bytes": (Random(1).randbytes(300), True),
    "latin-1": ("ein grünes Boot\n".encode("latin-1"), True),
    "half a surrogate pair": (b"a \xed\xa0\x80 boat\n", True),
    "a long line": (b"boat " * 400_000 + b"\n", True),
    "a byte order mark": (b"\xef\xbb\xbfa red boat\n", True),
    "empty lines": (b"\n\n\r\n \n", True),
    "UTF-16": ("a red boat\n".encode("utf-16"), True),
}
_OBJECTS: dict[str, tuple[bytes, bool]] = {
    "lines that are no objects": (b"1\n[]\nnull\n", True),
    "half an object": (b'{"problem": "text_cl', True),
    "another problem": (b'{"problem": "nosuch", "inputs": "a"}\n', True),
    "inputs of a wrong type": (b'{"inputs": {"a": 1}}\n{"inputs": null}\n', True),
    "nested deeply": (b"[" * 5_000 + b"\n", True),
    "a number too large": (b'{"inputs": 1e999}\n' + b"9" * 5_000, True),
}
_MODULES: dict[str, tuple[bytes, bool]] = {
    "a syntax error": (b"def x(:\n", False),
    "nothing registered": (b"x = 1\n", False),
    "an import of nothing": (b"import nosuch_module\n", False),
    "an exit": (b"raise SystemExit(0)\n", False),
    "an error": (b"{}['x']\n", False),
    "endless recursion": (b"def f(): f()\nf()\n", False),
    "a taken name": (
        b"from t2t_mm import Language, Problem, registry\n"
        b"@registry.register_problem('mini_ende')\nclass X(Problem):\n"
        b"    modalities = {'inputs': Language(), 'targets': Language()}\n"
        b"    def generate(self, split): return []\n",
        False,
    ),
    "no class": (b"from t2t_mm import registry\nregistry.register_problem('zz')(3)\n", False),
    "no modalities": (
        b"from t2t_mm import Problem, registry\n@registry.register_problem\n"
        b"class Bare(Problem):\n    modalities = {'inputs': 3}\n",
        True,  # nobody asks for it
    ),
    "latin-1": ("x = 'ü'\n".encode("latin-1"), False),
    "zeros": (bytes(20), False),
}
_GIN_FILES: dict[str, tuple[bytes, bool]] = {
    "half a binding": (b"ModelHParams.width = (\n", False),
    "an import": (b"import os\n", False),
    "an unknown name": (b"Nosuch.width = 3\n", False),
    "a missing include": (b"include 'nowhere.gin'\n", False),
    "itself included": (b"include 'bad_itself_included.gin'\n", False),
    "latin-1": ("# ü\nx = 1\n".encode("latin-1"), False),
    "zeros": (bytes(20), False),
}
FILES: dict[str, dict[str, tuple[bytes, bool]]] = {
    "decode_from_file": _NONSENSE | _OBJECTS,
    "score_file": _NONSENSE | {"lines without a tab": (b"a red boat\n", False)},
    "translation": _NONSENSE,
    "reference": _NONSENSE,
    "t2t_usr_dir": _MODULES,
    "gin_file": _GIN_FILES,
}
"""By flag: contents by name, and whether they may be right."""
SUFFIXES = {"t2t_usr_dir": ".py", "gin_file": ".gin", "decode_from_file": ".jsonl"}
