"""A function in a file becomes a spec: told from its parameters, usable in workers, errors in one line."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.adapters.functions import from_verl
from assay.adapters.loading import FileFactory, load_target
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack
from assay.specs import Kind

SOURCE = '''
import dataclasses

@dataclasses.dataclass
class Settings:
    strict: bool = True

def trl(completions, solution, **kwargs):
    """Equal texts.

    More."""
    return [float(c == s) for c, s in zip(completions, solution)]

def trl_truth(prompts, completions, ground_truth, level, **kwargs):
    return [float(c == t) for c, t in zip(completions, ground_truth)]

def trl_chat(completions, solution, **kwargs):
    return [float(c[0]["content"] == s) for c, s in zip(completions, solution)]

def verl(data_source, solution_str, ground_truth, extra_info=None):
    return {"score": float(solution_str == ground_truth), "acc": True, "obj": object()}

def verl_plain(data_source, solution_str, ground_truth):
    return 1 if solution_str == ground_truth else 0.1

def predicate(answer, reference):
    return answer == reference

def sample(sample):
    return float(sample.completion == sample.reference)

def three(a, b, c):
    return 1.0

def any_number(*args, **kwargs):
    return 1.0

number = 4
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rewards.py"
    path.write_text(SOURCE)
    return path


def scores(provided):
    check = provided.spec.factory()
    samples = [assay.Sample(completion=c, reference="4") for c in ("4", "5")]
    return [verdict.score for verdict in check(samples)]


@pytest.mark.parametrize(
    ("name", "kind", "expected", "bad"),
    [
        ("trl", Kind.REWARD, "trl", 0.0),
        ("trl_truth", Kind.REWARD, "trl", 0.0),
        ("verl", Kind.VERIFIER, "verl", 0.0),
        ("verl_plain", Kind.VERIFIER, "verl", 0.1),
        ("predicate", Kind.VERIFIER, "predicate", 0.0),
        ("sample", Kind.REWARD, "reward", 0.0),
    ],
)
def test_the_parameters_tell_the_kind(file, name, kind, expected, bad):
    """Each convention is recognised, and pays the right answer 1."""
    if name == "trl_truth":
        file.write_text(SOURCE.replace("ground_truth, level, **", "ground_truth, **"))
    provided = load_target(f"{file}:{name}")
    assert provided.kind is kind and provided.name == name
    assert provided.spec.factory.kind == expected
    assert scores(provided) == [1.0, bad]


@pytest.mark.parametrize(("kind", "spec"), [("verifier", Kind.VERIFIER), ("reward", Kind.REWARD)])
def test_as_decides(file, kind, spec):
    """``--as`` overrides what the parameters say."""
    provided = load_target(f"{file}:sample", kind)
    assert provided.kind is spec and scores(provided) == [1.0, 0.0]


def test_chat_functions_get_messages(file):
    """``trl-chat`` wraps text completions; as plain trl the same function breaks."""
    assert scores(load_target(f"{file}:trl_chat", "trl-chat")) == [1.0, 0.0]
    with pytest.raises(TypeError):
        scores(load_target(f"{file}:trl_chat"))


def test_columns_are_the_other_required_parameters(file):
    """Prompts, completions and the ground truth are no columns; the summary is the docstring's first line."""
    assert load_target(f"{file}:trl_truth").spec.columns == ("level",)
    assert load_target(f"{file}:trl").spec.columns == ()
    assert load_target(f"{file}:trl").spec.summary == "Equal texts."


@pytest.mark.parametrize(
    ("target", "kind", "error", "words"),
    [
        ("rewards", None, assay.DataError, "path/to/file.py:function"),
        ("nowhere.py:trl", None, assay.DataError, "no such file"),
        ("{file}:missing", None, assay.PluginError, "There are: Settings, trl, trl_truth"),
        ("{file}:number", None, assay.PluginError, "is not a function"),
        ("{file}:three", None, assay.PluginError, "--as verl is (data_source"),
        ("{file}:any_number", None, assay.PluginError, "(args, kwargs)"),
        ("{file}:trl", "openrlhf", assay.DataError, "there are: trl"),
        ("{folder}/broken.py:f", None, assay.PluginError, "importing it raised ModuleNotFoundError"),
        ("{folder}/syntax.py:f", None, assay.PluginError, "SyntaxError"),
        ("{folder}/leaves.py:f", None, assay.PluginError, "SystemExit: 3"),
    ],
)
def test_errors_are_one_line(file, target, kind, error, words):
    """What is wrong, and what there is instead."""
    (file.parent / "broken.py").write_text("import assay_no_such_module\n")
    (file.parent / "syntax.py").write_text("def f(:\n")
    (file.parent / "leaves.py").write_text("raise SystemExit(3)\n")
    with pytest.raises(error) as caught:
        load_target(target.format(file=file, folder=file.parent), kind)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_neighbours_can_be_imported(file):
    """A file may import what lies beside it."""
    (file.parent / "assay_neighbour.py").write_text("RIGHT = '4'\n")
    file.write_text("from assay_neighbour import RIGHT\n\ndef f(a, b):\n    return a == RIGHT\n")
    assert scores(load_target(f"{file}:f")) == [1.0, 0.0]


def test_an_edited_file_is_loaded_anew(file):
    """The module's name follows its content, and so does the version that cache keys contain."""
    file.write_text("def f(answer, reference):\n    return True\n")
    before = load_target(f"{file}:f")
    assert scores(before) == [1.0, 1.0]
    file.write_text("def f(answer, reference):\n    return False\n")
    after = load_target(f"{file}:f")
    assert scores(after) == [0.0, 0.0] and before.plugin.version != after.plugin.version


def test_the_factory_is_three_words(file):
    """It pickles, without the function."""
    factory = load_target(f"{file}:predicate").spec.factory
    assert factory == FileFactory(str(file), "predicate", "predicate")
    assert pickle.loads(pickle.dumps(factory)) == factory


@pytest.mark.parametrize("name", ["predicate", "trl"])
def test_it_runs_in_a_worker(file, name):
    """A worker process loads the file by itself."""
    provided = load_target(f"{file}:{name}")

    class Plugin:
        @assay.hookimpl
        def register_verifiers(self):
            return [provided.spec] if provided.kind is Kind.VERIFIER else []

        @assay.hookimpl
        def register_rewards(self):
            return [provided.spec] if provided.kind is Kind.REWARD else []

    host = Host()
    host.register(Plugin(), name)
    verifier = provided.kind is Kind.VERIFIER
    text = f"assay: 1\nplugins: [{name}]\nworkers: {{count: 1}}\n" + (
        f"verifiers: {{v: {{use: {name}}}}}\nroute: v\nstacks: {{s: {{rewards: {{r: {{use: correct}}}}}}}}\n"
        if verifier
        else f"stacks: {{s: {{rewards: {{r: {{use: {name}}}}}}}}}\n"
    )
    with Stack.build(parse_registry(text, file.parent / "registry.yaml"), host, "s") as stack:
        cards = stack.score([assay.Sample(completion=c, reference="4", prompt="?") for c in ("4", "5")])
    assert [card.reward for card in cards] == [1.0, 0.0]


def test_verl_mappings_become_evidence():
    """Plain values beside the score are kept, objects are not; None abstains; no score at all raises."""
    results = {"a": {"score": 0.5, "acc": True, "obj": object()}, "b": {"score": None}, "c": {"acc": 1}}

    def verl(data_source, solution_str, ground_truth, extra_info=None):
        return results[solution_str]

    check = from_verl(verl)()
    (verdict,) = check([assay.Sample(completion="a")])
    assert verdict.score == 0.5 and verdict.evidence == {"acc": True}
    assert check([assay.Sample(completion="b")])[0].status is assay.Status.ABSTAINED
    with pytest.raises(KeyError):
        check([assay.Sample(completion="c")])


@given(st.text(), st.text(), st.text(), st.booleans())
def test_verl_sees_verls_arguments(source, completion, truth, informed):
    """Source, solution and truth arrive as they are; `extra_info` only where the function takes it."""
    seen = {}

    def with_info(data_source, solution_str, ground_truth, extra_info=None):
        seen.update(source=data_source, solution=solution_str, truth=ground_truth, info=extra_info)
        return 1.0

    def without_info(data_source, solution_str, ground_truth):
        seen.update(source=data_source, solution=solution_str, truth=ground_truth, info=None)
        return 1.0

    columns = {"data_source": source, "extra_info": {"index": 3}}
    sample = assay.Sample(completion=completion, reference=truth, columns=columns)
    from_verl(with_info if informed else without_info)()([sample])
    info = {"index": 3} if informed else None
    assert seen == {"source": source, "solution": completion, "truth": truth, "info": info}
