"""The shape of the whole: which module may import which, and what a start costs."""

import ast
import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest
from source_modules import MODULES, ROOT

# One rank a folder. A module imports from its own folder or from a folder of lower rank.
RANKS = {
    folder: rank
    for rank, folders in enumerate(
        (
            ("t2t_mm",),
            ("t2t_mm.files", "t2t_mm.mixing"),
            ("t2t_mm.settings",),
            ("t2t_mm.registry",),
            ("t2t_mm.data", "t2t_mm.data.declaring"),
            ("t2t_mm.data.vocabulary",),
            ("t2t_mm.data.pictures", "t2t_mm.data.sounds", "t2t_mm.data.trees"),
            ("t2t_mm.data.kinds",),
            ("t2t_mm.data.records",),
            ("t2t_mm.data.generation", "t2t_mm.data.pipeline"),
            ("t2t_mm.layers.on_jax", "t2t_mm.layers.on_tensorflow"),
            ("t2t_mm.layers",),
            ("t2t_mm.layers.dispatch",),
            ("t2t_mm.layers.on_mesh_tensorflow",),
            ("t2t_mm.layers.experts",),
            ("t2t_mm.modalities",),
            ("t2t_mm.model",),
            ("t2t_mm.run",),
            ("t2t_mm.search",),
            ("t2t_mm.inference", "t2t_mm.scoring"),
            ("t2t_mm.evaluation",),
            ("t2t_mm.training", "t2t_mm.report"),
            ("t2t_mm.playground", "t2t_mm.study"),
            ("t2t_mm.training.on_jax", "t2t_mm.training.on_tensorflow"),
            ("t2t_mm.problems.miniature",),
            ("t2t_mm.problems", "t2t_mm.hparams"),
            ("t2t_mm.bin",),
        )
    )
    for folder in folders
}
# Importing these must stay cheap, so nothing heavy stands at the top of them.
LIGHT = (
    "t2t_mm.problems",
    "t2t_mm.hparams",
    "t2t_mm.bin",
    "t2t_mm.files",
    "t2t_mm.settings",
    "t2t_mm.registry",
    "t2t_mm.data.declaring",
    "t2t_mm.data.kinds",
    "t2t_mm.mixing",
    "t2t_mm.run.environment",
    "t2t_mm.run.keras_backend",
    "t2t_mm.training.add_problem",
    "t2t_mm.training.train",
    "t2t_mm.training.training_options",
    "t2t_mm.scoring",
    "t2t_mm.study",
)
# These also run where TensorFlow is not installed, but for the folders that are TensorFlow's own.
WITHOUT_TENSORFLOW = ("t2t_mm.layers", "t2t_mm.modalities", "t2t_mm.model")
ON_TENSORFLOW = "t2t_mm.layers.on_tensorflow"
ON_MESH_TENSORFLOW = "t2t_mm.layers.on_mesh_tensorflow"
TENSORFLOW = {"tensorflow", "tensorflow_datasets", "tensorflow_text", "mesh_tensorflow"}
HEAVY = TENSORFLOW | {"keras", "jax", "matplotlib", "apache_beam", "sentencepiece", "sacrebleu"}


def _statements(tree: ast.AST, *, at_start: bool) -> Iterator[ast.AST]:
    """Yield all nodes, type-only imports too; with `at_start` those that run at import."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if at_start and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if at_start and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def _imports(module: str, *, at_start: bool) -> set[str]:
    """What a module imports, by full name; from its whole text, or at its start only."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in _statements(tree, at_start=at_start):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; full names are the habit here"
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in full}
    return found


def _folder(module: str) -> str:
    """Return the import name of the folder that a module lies in."""
    is_package = MODULES[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


def _engine_imports(module: str) -> set[str]:
    return {name for name in _imports(module, at_start=False) if name in MODULES} - {"t2t_mm"}


def test_every_folder_has_one_rank_and_every_rank_a_folder() -> None:
    assert {_folder(module) for module in MODULES} == set(RANKS)


@pytest.mark.parametrize("module", [name for name in MODULES if name != "t2t_mm"])
def test_imports_point_to_the_own_folder_or_a_lower_rank(module: str) -> None:
    own = _folder(module)
    wrong = sorted(
        other
        for other in _engine_imports(module)
        if _folder(other) != own and RANKS[_folder(other)] >= RANKS[own]
    )
    assert not wrong, f"{module} (rank {RANKS[own]}) imports {wrong}"


def test_no_imports_go_in_a_circle() -> None:
    waiting = {module: _engine_imports(module) for module in MODULES if module != "t2t_mm"}
    while free := [module for module, imports in waiting.items() if not imports & set(waiting)]:
        for module in free:
            del waiting[module]
    assert not waiting


def _is_under(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in prefixes)


@pytest.mark.parametrize(
    "module",
    [name for name in MODULES if _folder(name) == "t2t_mm" or _is_under(name, LIGHT)],
)
def test_light_modules_import_nothing_heavy_at_their_start(module: str) -> None:
    top = {name.partition(".")[0] for name in _imports(module, at_start=True)}
    assert not top & HEAVY


@pytest.mark.parametrize(
    "module", [name for name in MODULES if _is_under(name, WITHOUT_TENSORFLOW)]
)
def test_the_model_imports_no_tensorflow(module: str) -> None:
    """Nothing at the start; within a function only the folders that are TensorFlow's own."""
    if _is_under(module, (ON_TENSORFLOW,)):
        return
    at_start = _imports(module, at_start=True)
    assert not [name for name in at_start if _is_under(name, (*TENSORFLOW, ON_TENSORFLOW))]
    if not _is_under(module, (ON_MESH_TENSORFLOW,)):
        anywhere = _imports(module, at_start=False)
        assert not [name for name in anywhere if _is_under(name, tuple(TENSORFLOW))]


def test_of_the_model_only_one_folder_imports_jax() -> None:
    of_model = [module for module in MODULES if _is_under(module, WITHOUT_TENSORFLOW)]
    importing = {
        _folder(module)
        for module in of_model
        if any(_is_under(name, ("jax",)) for name in _imports(module, at_start=False))
    }
    assert importing == {"t2t_mm.layers.on_jax"}


@pytest.mark.parametrize("module", [name for name in MODULES if _folder(name) == "t2t_mm.training"])
def test_the_trainer_knows_no_backend_but_by_name(module: str) -> None:
    of_backends = (*TENSORFLOW, "jax", "t2t_mm.training.on_jax", "t2t_mm.training.on_tensorflow")
    anywhere = _imports(module, at_start=False)
    assert not [name for name in anywhere if _is_under(name, of_backends)]


def test_one_place_of_the_model_asks_for_the_backend() -> None:
    asking = [
        module
        for module in MODULES
        if _is_under(module, WITHOUT_TENSORFLOW)
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and "backend()" in ast.unparse(node)
    ]
    assert asking == ["t2t_mm.layers.forms"]


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("t2t_mm.bin")])
def test_only_commands_know_flags(module: str) -> None:
    assert not {name for name in _imports(module, at_start=False) if name.startswith("absl.flags")}
    assert "absl.app" not in _imports(module, at_start=False)


# Where the declaration of a kind of features is known: its own files, and the rooms that serve it.
ROOMS_OF_KINDS = (
    "t2t_mm.data.kinds",
    "t2t_mm.data.pictures",
    "t2t_mm.data.sounds",
    "t2t_mm.problems",
)
KINDS = {"Audio", "Categorical", "Image", "Language"}


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name != "t2t_mm" and not _is_under(name, ROOMS_OF_KINDS)]
)
def test_nobody_else_branches_on_a_kind_of_features(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    known = {
        alias.name
        for node in _statements(tree, at_start=True)
        if isinstance(node, ast.ImportFrom) and node.module == "t2t_mm.features"
        for alias in node.names
    }
    assert not known & KINDS


REPORT_HEAVY = (
    f"\nimport sys\nheavy = sorted(set(sys.modules) & {HEAVY!r})\nassert not heavy, heavy\n"
)
LIST = "from t2t_mm.bin import t2t_registry\nassert t2t_registry.main(['list']) == 0"
START = {"import": ("import t2t_mm", False), "t2t-registry list": (LIST, True)} | {
    f"{name} --help": (f"from t2t_mm.bin import {name}\nassert {name}.main(['--help']) == 0", True)
    for name in (path.stem for path in sorted((ROOT / "bin").glob("t2t_*.py")))
}


@pytest.mark.parametrize(("program", "prints"), START.values(), ids=START.keys())
def test_a_start_is_quick_and_silent_and_loads_nothing_heavy(program: str, prints: bool) -> None:
    seconds = []
    for _ in range(3):
        start = measure_children()
        done = subprocess.run(
            [sys.executable, "-c", program + REPORT_HEAVY],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        seconds.append(measure_children() - start)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert bool(done.stdout) is prints
        if seconds[-1] < 1.0:
            break
    assert min(seconds) < 2.0  # of computing: about one; seconds of waiting would be the machine's


def measure_children() -> float:
    """Return the seconds that processes of this one, now ended, have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_every_problem_is_imported_without_anything_heavy() -> None:
    program = (
        "from t2t_mm import registry\n"
        "for name in registry.problem_names(): registry.problem(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program + REPORT_HEAVY], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_module_says_what_it_is() -> None:
    silent = [
        name
        for name, path in MODULES.items()
        if (text := path.read_text(encoding="utf-8")).strip()
        and ast.get_docstring(ast.parse(text)) is None
    ]
    assert not silent
