import inspect

from t2t_mm import Problem
from t2t_mm.registry.registered_problem import RegisteredProblem


def test_a_problem_has_all_that_the_registry_reads() -> None:
    names = [*RegisteredProblem.__annotations__, "generate"]
    assert {"modalities", "takes_argument", "reverse_of", "generate"} == set(names)
    for name in ("takes_argument", "reverse_of", "generate"):
        assert hasattr(Problem, name)
    wanted = inspect.signature(RegisteredProblem.__init__).parameters
    assert list(inspect.signature(Problem.__init__).parameters) == list(wanted)
