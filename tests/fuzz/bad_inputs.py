"""Bad inputs: command lines of which one thing is wrong, each drawn by dice."""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from absl import flags as absl_flags
from fuzz import bad_values
from fuzz.damage import CONTENT, change_json
from fuzz.specimen import HPARAMS, LINES, OTHER, PROBLEM, STEPS, Specimen

from t2t_mm.bin.command import FlagDefiner
from t2t_mm.bin.idle_flags import IDLE


@dataclass(frozen=True)
class Line:
    """A command line, and what is to be said to it.

    Args:
        command: "avg_all".
        flags: By name.
        words: What is no flag.
        typed: Standard input.
        needs: The flags without which it cannot begin.
        wrong: What is wrong with it, as a person would write it.
        told: Words, of which an error has to name one; empty: any error will do.
        may_pass: Whether it may be right: then exit code 0 is, too.
    """

    command: str
    flags: Mapping[str, str]
    words: tuple[str, ...] = ()
    typed: bytes = b""
    needs: tuple[str, ...] = ()
    wrong: str = ""
    told: tuple[str, ...] = field(default=())
    may_pass: bool = False

    def list_arguments(self) -> list[str]:
        """List what stands behind the command."""
        return [*self.words, *(f"--{name}={value}" for name, value in self.flags.items())]

    def change(self, name: str, value: str, *told: str, may_pass: bool = False) -> Line:
        """Return the line with one flag that has another value."""
        flags = {**self.flags, name: value}
        wrong = f"--{name}={value[:80]}"
        told = (f"--{name}", f"{name}=", *told)
        return dataclasses.replace(self, flags=flags, wrong=wrong, told=told, may_pass=may_pass)


def list_lines(specimen: Specimen) -> list[Line]:
    """List lines that are right, of every command, on the copy of a specimen."""
    work, run, other = specimen.work, str(specimen.run()), str(specimen.run("two"))
    data, raw, given = str(work / "data"), str(work / "raw"), str(work / "given.txt")
    made = {"problems": PROBLEM, "data_dir": data, "tmp_dir": raw}
    train = {
        "problems": PROBLEM,
        "data_dir": data,
        "output_dir": run,
        "hparams_set": "multimodel_tiny",
        "hparams": HPARAMS,
        "train_steps": str(STEPS + 1),
        "random_seed": "1",
        "schedule": "train",
    }
    begin = {**train, "output_dir": str(work / "new"), "train_steps": "1"}
    of_run, both = {"output_dir": run}, ("problems", "data_dir")
    decode = {**of_run, "problem": PROBLEM, "decode_to_file": str(work / "made.jsonl")}
    study = {"study_dir": str(work / "study"), "data_dir": data, "dry_run": "true"}
    check = {"data_dir": data, "hparams": HPARAMS, "most_steps": "0"}
    trained = ("problems", "data_dir", "output_dir")
    return [
        Line("datagen", made, needs=both),
        Line("datagen", {**made, "data_dir": str(work / "new"), "vocab_size": "300"}, needs=both),
        Line("datagen", {"problems": PROBLEM, "data_dir": data, "inspect": "true"}, needs=both),
        Line("trainer", train, needs=trained),
        Line("trainer", begin, needs=trained),
        Line("trainer", {**begin, "dry_run": "true"}, needs=trained),
        Line("trainer", {**of_run, "schedule": "test"}, needs=("output_dir",)),
        Line("eval", {**of_run, "split": "test", "limit": "3"}, needs=("output_dir",)),
        Line("decoder", {**decode, "decode_from_file": given}, needs=("output_dir",)),
        Line("decoder", {**decode, "score_file": given}, needs=("output_dir",)),
        Line("decoder", {**decode, "limit": "2"}, needs=("output_dir",)),
        Line(
            "decoder",
            {**of_run, "decode_interactive": "true"},
            typed=LINES[0].encode(),
            needs=("output_dir",),
        ),
        Line("report", {**of_run, "report_file": str(work / "page.html")}, needs=("output_dir",)),
        Line("compare", {}, (run, other)),
        Line("bleu", {"translation": given, "reference": given}, needs=("translation",)),
        Line("avg_all", {"model_dir": run, "output_dir": str(work / "mean")}, needs=("model_dir",)),
        Line(
            "add_problem",
            {"warm_start_from": run, "problems": OTHER, "output_dir": str(work / "grafted")},
            needs=("warm_start_from", "problems", "output_dir"),
        ),
        Line("exporter", {**of_run, "export_dir": str(work / "export")}, needs=("output_dir",)),
        Line("study", study, (str(work / "study.json"),), needs=("study_dir", "data_dir")),
        Line("registry", {}, ("list",)),
        Line("registry", {}, ("describe", PROBLEM)),
        Line("registry", check, ("check", PROBLEM)),
        Line("playground", {**of_run, "port": "0"}, needs=("output_dir",)),
    ]


def list_flags(command: str) -> dict[str, Any]:
    """List the flags of a command, as absl knows them."""
    values = absl_flags.FlagValues()  # type: ignore[no-untyped-call]
    importlib.import_module(f"t2t_mm.bin.t2t_{command}").define_flags(FlagDefiner(values))
    return {flag.name: flag for one in values.flags_by_module_dict().values() for flag in one}


def _misspell_flag(line: Line, work: Path, dice: Random) -> Line:
    flags = list_flags(line.command)
    name = dice.choice(sorted(flags))
    place = dice.randrange(len(name))
    wrong = dice.choice((name[:place] + name[place + 1 :], name[:place] + "x" + name[place:]))
    wrong = "nosuch" if not wrong or wrong in flags or wrong in ("help", "h") else wrong
    return line.change(wrong, "1")


def _give_wrong_type(line: Line, work: Path, dice: Random) -> Line:
    """Give a flag a value that its type does not have."""
    typed = {
        name: values
        for name, flag in list_flags(line.command).items()
        if (values := bad_values.list_wrong_types(flag.parser))
    }
    if not typed:
        return line.change("nosuch", "x")
    name = dice.choice(sorted(typed))
    return line.change(name, dice.choice(typed[name]))


def _leave_flag_out(line: Line, work: Path, dice: Random) -> Line:
    if not line.needs:
        return dataclasses.replace(line, words=(), wrong="no word", told=("arg", "word", "--"))
    name = dice.choice(line.needs)
    flags = {key: value for key, value in line.flags.items() if key != name}
    return dataclasses.replace(line, flags=flags, wrong=f"without --{name}", told=(f"--{name}",))


def _add_word(line: Line, work: Path, dice: Random) -> Line:
    word = dice.choice(("x", "-", "true", "list", "\udcff", "--", "a" * 300, ""))
    extra = (*line.words, *(("--", "x") if word == "--" else (word,)))
    return dataclasses.replace(line, words=extra, wrong=f"word {word[:30]}", told=("arg", word))


def _give_bad_path(line: Line, work: Path, dice: Random) -> Line:
    """Give a path that is not there, or is not what is wanted."""
    path, is_whole = bad_values.draw_path(work, dice)
    place = dice.randrange(len(line.words) + 1) if line.command in ("compare", "study") else 0
    if place:
        words = (*line.words[: place - 1], path, *line.words[place:])
        return dataclasses.replace(
            line, words=words, wrong=f"path {path[-60:]}", told=(path[-60:],)
        )
    flags = list_flags(line.command)
    names = [name for name in sorted(flags) if bad_values.is_path(flags[name])]
    given = [name for name in names if name in line.flags]
    if not names:
        return line.change("nosuch", path)
    name = dice.choice(given if given and dice.random() < 0.8 else names)
    may_pass = is_whole or name in bad_values.MADE
    return line.change(name, path, Path(path).name[:60], may_pass=may_pass)


def _give_odd_value(line: Line, work: Path, dice: Random) -> Line:
    """Give a flag a value of its type that nobody means."""
    flags = list_flags(line.command)
    names = [one for one in sorted(flags) if one not in bad_values.LONG and one not in line.flags]
    names = [one for one in names if not bad_values.is_path(flags[one])] or ["nosuch"]
    name = dice.choice(names)
    value, may_pass = bad_values.draw_odd(flags[name].parser if name in flags else None, dice)
    changed = line.change(name, value, value[:20], may_pass=may_pass and name in flags)
    return dataclasses.replace(changed, told=()) if name in flags else changed


def _give_bad_name(line: Line, work: Path, dice: Random) -> Line:
    """Give a name that there is not."""
    flags = list_flags(line.command)
    names = [one for one in bad_values.NAMES if one in flags]
    if line.command == "registry" and line.words[0] != "list":
        name = dice.choice(bad_values.NAMES["problems"])
        words = (line.words[0], name)
        return dataclasses.replace(
            line, words=words, wrong=f"name {name}", told=(name[:20], "name")
        )
    if not names:
        return _misspell_flag(line, work, dice)
    flag = dice.choice(names)
    value = dice.choice(bad_values.NAMES[flag])
    return line.change(flag, value, *(part for part in value.split(",") if part), flag)


def _give_bad_settings(line: Line, work: Path, dice: Random) -> Line:
    flags = list_flags(line.command)
    names = [one for one in bad_values.SETTINGS if one in flags]
    if not names:
        return _give_wrong_type(line, work, dice)
    name = dice.choice(names)
    value = dice.choice(bad_values.SETTINGS[name])
    keys = [part.split("=")[0].rpartition(".")[2] for part in value.split(",")]
    return line.change(name, value, value, *filter(None, keys))


def _add_idle_flag(line: Line, work: Path, dice: Random) -> Line:
    """Give a flag that counts for nothing beside another."""
    name = line.command.replace("_", "-")
    idle = [one for one in IDLE.get(f"t2t-{name}", ()) if True in one.values]
    if not idle:
        return _add_word(line, work, dice)
    one = dice.choice(idle)
    flag = dice.choice(one.flags)
    parser = list_flags(line.command)[flag].parser
    value = bad_values.give_right_value(parser)
    return line.change(one.beside, "true").change(flag, value, one.beside)


def _give_bad_file(line: Line, work: Path, dice: Random) -> Line:
    """Damage a file that a flag or a word names, or give one of nonsense."""
    flags = list_flags(line.command)
    names = [one for one in sorted(bad_values.FILES) if one in flags or one == line.command]
    if not names:
        return _give_bad_path(line, work, dice)
    name = dice.choice(names)
    kind = dice.choice(sorted(bad_values.FILES[name]))
    path = work / f"bad_{kind.replace(' ', '_')}{bad_values.SUFFIXES.get(name, '.txt')}"
    content, may_pass = bad_values.FILES[name][kind]
    path.write_bytes(content)
    changed = line.change(name, str(path), path.name, may_pass=may_pass)
    return dataclasses.replace(changed, wrong=f"--{name} of {kind}")


def _damage_given_file(line: Line, work: Path, dice: Random) -> Line:
    """Damage what people write: lines to decode, references, the definition of a study."""
    if line.command == "study":
        path, kind = work / "study.json", "a changed value"
        changed = change_json(json.loads(path.read_text(encoding="utf-8")), dice)
        path.write_text(json.dumps(changed), encoding="utf-8", errors="surrogatepass")
    else:
        path, kind = work / "given.txt", dice.choice(sorted(CONTENT))
        path.write_bytes(CONTENT[kind](path.read_bytes(), dice))
        if str(path) not in line.flags.values():
            return _give_bad_file(line, work, dice)
    return dataclasses.replace(line, wrong=f"{path.name}, {kind}", may_pass=True)


KINDS: dict[str, Callable[[Line, Path, Random], Line]] = {
    "a misspelt flag": _misspell_flag,
    "a value of a wrong type": _give_wrong_type,
    "a flag left out": _leave_flag_out,
    "a word too many": _add_word,
    "a bad path": _give_bad_path,
    "an odd value": _give_odd_value,
    "a name that is none": _give_bad_name,
    "bad settings": _give_bad_settings,
    "a flag that is idle": _add_idle_flag,
    "a bad file": _give_bad_file,
    "a damaged file": _damage_given_file,
}
"""What can be wrong with a line. Where a kind does not fit a command, another takes its place."""
