# ruff: noqa: E501 - Lean texts are easier to read on one line
"""`policy: export` with real Lean: two processes, and exports that were tampered with."""

import re

import pytest

from assay import InfraError
from assay_verifiers.lean.attacks import ATTACKS, META, METAPROGRAMS, RUNAWAYS
from assay_verifiers.lean.compiled import compile_once
from assay_verifiers.lean.export import MAX_CHARS, PROGRAM, Exports, Replayer, parts
from assay_verifiers.lean.launch import joined, text_of, wasm
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.replayed import FALSE, TRUE
from assay_verifiers.lean.slot import Slot
from assay_verifiers.lean.theorems import FALSE as REFUTED
from assay_verifiers.lean.theorems import THEOREMS

pytestmark = pytest.mark.slow
GUARD = pytest.mark.parametrize("guard", [True, False], ids=["guarded", "replay-alone"])
NEVER = ("accepted", "bad_reference", "failed", "usable")


@pytest.fixture(scope="module")
def processes(build):
    """The process that elaborates and the one that replays."""
    assert compile_once(build, text_of(joined(PROGRAM))) is not None
    launch = wasm(build, joined(PROGRAM))
    options = LeanOptions(spare=False, seconds=8)
    author, replayer = Slot(launch, options), Replayer(launch, options)
    yield author, replayer
    author.close()
    replayer.close()


def request(signature, preamble="", imports=("Init",)):
    return {"imports": list(imports), "preamble": preamble, "statement": f"theorem t {signature} := by sorry"}


@pytest.fixture
def judge(processes):
    """Judge a proof of ``theorem t SIGNATURE`` by both."""
    both = Exports(*processes)

    def judge(signature, submission, guard=True, preamble="", imports=("Init",)):
        more = {"submission": submission, "guard": "on" if guard else "off"}
        return both.check([request(signature, preamble, imports) | more])[0]

    return judge


@pytest.fixture
def written(processes):
    """The export of a submission, whatever it proves."""

    def written(signature, submission, preamble=""):
        asked = request(signature, preamble) | {"op": "export", "submission": submission, "guard": "off"}
        answer = processes[0].check([asked])[0]
        assert answer["verdict"] == "exported", answer
        return answer["export"]

    return written


@pytest.fixture
def replay(processes):
    """The verdict on an export as a proof of ``theorem t SIGNATURE``."""

    def replay(signature, text, preamble=""):
        asked = request(signature, preamble) | {"op": "replay", "export": parts(text)}
        return processes[1].check([asked])[0]

    return replay


def test_true_theorems_are_accepted(judge):
    """At least 99 % of every third one; each that is not is listed."""
    chosen = THEOREMS[::3]
    missed = [
        (signature, answer["verdict"], answer.get("detail"))
        for signature, proof in chosen
        if (answer := judge(signature, f"theorem t {signature} := {proof}"))["verdict"] != "accepted"
    ]
    assert len(missed) <= len(chosen) // 100, missed


@GUARD
def test_no_attack_is_accepted(judge, guard):
    """Also when what elaborates has no guard: what replays has seen none of them."""
    answers = [(code, judge(signature, code, guard)) for _, signature, code in ATTACKS]
    assert not [(code, answer) for code, answer in answers if answer["verdict"] in NEVER]


@GUARD
def test_no_refuted_statement_is_accepted(judge, guard):
    """What decides, simplifies or computes does not prove what is false."""
    for signature in REFUTED:
        for proof in ("rfl", "by decide", "by simp", "by omega", "by trivial", "by simp_all", "by rfl"):
            assert judge(signature, f"theorem t {signature} := {proof}", guard)["verdict"] not in NEVER


@GUARD
@pytest.mark.parametrize("attack", METAPROGRAMS, ids=range(len(METAPROGRAMS)))
def test_programs_that_change_lean_are_refused(judge, attack, guard):
    """They run in a process whose kernel is not asked."""
    _, signature, code = attack
    assert judge(signature, code, guard, imports=META)["verdict"] not in NEVER


@pytest.mark.parametrize("attack", RUNAWAYS[::3], ids=range(len(RUNAWAYS[::3])))
def test_runaways_do_not_reach_the_replay(judge, processes, attack):
    """They cost the process that elaborates, at most."""
    _, signature, code = attack
    before = processes[1].restarts
    assert judge(signature, code, guard=False)["verdict"] not in NEVER
    assert processes[1].restarts == before
    assert judge(": 1 = 1", "theorem t : 1 = 1 := rfl")["verdict"] == "accepted"


BROUGHT = {
    "structure": "structure P where\n  x : Nat\n  y : Nat := 3\nstructure Q extends P where\n  z : Nat\n"
    "theorem helps (q : Q) : Q.mk q.toP q.z = q := rfl",
    "recursion": "inductive Tree where | leaf | node (l r : Tree)\n"
    "def Tree.size : Tree → Nat\n  | .leaf => 1\n  | .node l r => l.size + r.size\n"
    "theorem helps (t : Tree) : 0 < t.size := by\n  induction t with\n"
    "  | leaf => decide\n  | node l r hl hr => simp only [Tree.size]; omega",
    "universes": "universe u\ninductive L (α : Type u) where | nil | cons (a : α) (t : L α)\n"
    "def L.len {α : Type u} : L α → Nat\n  | .nil => 0\n  | .cons _ t => t.len + 1\n"
    "theorem helps : (L.cons 3 .nil).len = 1 := rfl",
    "indices": "inductive V (α : Type) : Nat → Type where\n  | nil : V α 0\n  | cons {n} (a : α) (t : V α n) : V α (n + 1)\n"
    "theorem helps : Nonempty (V Nat 1) := ⟨.cons 3 .nil⟩",
    "mutual types": "mutual\ninductive Ev : Nat → Prop\n  | z : Ev 0\n  | s {n} : Od n → Ev (n + 1)\n"
    "inductive Od : Nat → Prop\n  | s {n} : Ev n → Od (n + 1)\nend\ntheorem helps : Ev 2 := .s (.s .z)",
    "functions as fields": "inductive W (r : Nat → Nat → Prop) : Nat → Prop\n"
    "  | mk (x : Nat) (h : ∀ y, r y x → W r y) : W r x\n"
    "theorem helps : W (fun _ _ => False) 3 := .mk _ fun _ h => h.elim",
    "well-founded": "def lg (n : Nat) : Nat := if h : n < 2 then 0 else 1 + lg (n / 2)\ntermination_by n\n"
    "decreasing_by omega\ntheorem helps : lg 1 = 0 := by rw [lg]; simp",
    "class": "class C (α : Type) where\n  f : α → Nat\ninstance : C Nat := ⟨id⟩\n"
    "theorem helps : C.f (3 : Nat) = 3 := rfl",
    "private": "private def p (n : Nat) := n\nprivate theorem q : p 3 = 3 := rfl\ntheorem helps : p 3 = 3 := q",
    "strange names": "def «a b%20 cα» := 3\ntheorem helps : «a b%20 cα» = 3 := rfl",
    "text": 'theorem helps : "a b%c\\n" ++ "" = "a b%c\\n" := by decide',
}


@pytest.mark.parametrize("brought", BROUGHT.values(), ids=BROUGHT)
def test_definitions_and_lemmas_may_help(judge, brought):
    """Types, functions and lemmas of a proof's own come through the text."""
    answer = judge(": True", f"{brought}\ntheorem t : True := by\n  have := @helps\n  trivial")
    assert answer["verdict"] == "accepted" and answer["constants"] >= 2, answer


def test_statements_that_make_constants(judge):
    """A `match` in the statement makes one, and a preamble may define what the statement needs."""
    signature = "(n : Nat) : (match n with | 0 => 1 | k + 1 => k + 2) = n + 1"
    assert judge(signature, f"theorem t {signature} := by cases n <;> rfl")["verdict"] == "accepted"
    tree = (
        "inductive T | l | n (a b : T)\ndef T.size : T → Nat\n  | .l => 1\n  | .n a b => a.size + b.size + 1"
    )
    signature = "(t : T) : 0 < t.size"
    code = f"theorem t {signature} := by cases t <;> simp [T.size]"
    assert judge(signature, code, preamble=tree)["verdict"] == "accepted"


def test_constants_of_the_statement_cannot_be_replaced(written, replay):
    """The `match` of the export must be that of the statement."""
    signature = "(n : Nat) : (match n with | 0 => 1 | k + 1 => k + 2) = n + 1"
    other = "(n : Nat) : (match n with | 0 => 1 | k + 1 => k + 3) = n + 1"
    text = written(signature, f"theorem t {signature} := by cases n <;> rfl")
    assert replay(signature, text)["verdict"] == "accepted"
    assert replay(other, text)["verdict"] == "statement_changed"


@pytest.mark.parametrize(
    "types",
    [
        "inductive R | node (children : List R)",
        "inductive R (α : Type) | leaf | node (x : R (α × α))",
        "def S : Type 1 := Type\ninductive R : S | node",
    ],
    ids=["nested", "non-uniform", "computed sort"],
)
def test_odd_inductive_types_are_not_replayed(judge, types):
    """Old kernels can be misled by their like; the proof is refused, although it is right."""
    code = f"{types}\ntheorem helps : Nonempty (PLift (R = R)) := ⟨⟨rfl⟩⟩\ntheorem t : True := by\n  have := @helps\n  trivial"
    answer = judge(": True", code.replace("R = R", "@R = @R"))
    assert answer["verdict"] in ("kernel_rejected", "elaboration_error"), answer


def test_canaries(replay):
    """The true one is accepted and no false one is."""
    statement, text = TRUE
    assert (
        replay(statement.removeprefix("theorem canary"), text.replace("canary", "t"))["verdict"] == "accepted"
    )
    for statement, text in FALSE:
        answer = replay(statement.removeprefix("theorem canary"), text.replace("canary", "t"))
        assert answer["verdict"] not in NEVER


# names: 1 t, 2 False, 3 True, 4 True.intro; expressions: 0 False, 1 True.intro, 2 True
HEAD = "str 0 t\nstr 0 False\nstr 0 True\nstr 3 intro\nconst 2\nconst 4\nconst 3\n"
TAMPERED = {
    "wrong proof": ("kernel_rejected", HEAD + "theorem 1 0 1\nend 1\n"),
    "other statement": ("statement_changed", HEAD + "theorem 1 2 1\nend 1\n"),
    "axiom": ("bad_export", HEAD + "axiom 1 0\nend 1\n"),
    "theorem without proof": ("bad_export", HEAD + "theorem 1 0\nend 1\n"),
    "opaque": ("kernel_rejected", HEAD + "opaque 1 0 1\nend 1\n"),
    "unsafe": ("bad_export", HEAD + "unsafe 1 0 1\nend 1\n"),
    "sorry": ("forbidden_axiom", HEAD + "str 0 sorryAx\nconst 5 0\napp 3 0\ntheorem 1 0 4\nend 1\n"),
    "sorry under its own name": (
        "kernel_rejected",
        HEAD + "str 0 sorryAx\ntheorem 5 0 1\nconst 5\ntheorem 1 0 3\nend 2\n",
    ),
    "compiler": (
        "forbidden_axiom",
        HEAD + "str 0 Lean\nstr 5 trustCompiler\nconst 6\ntheorem 1 0 3\nend 1\n",
    ),
    "twice": ("kernel_rejected", HEAD + "theorem 1 2 1\ntheorem 1 0 1\nend 2\n"),
    "twice the same": ("kernel_rejected", HEAD + "theorem 1 2 1\ntheorem 1 2 1\nend 2\n"),
    "True is False": ("kernel_rejected", HEAD + "sort 0\ndef 2 1 3 2\ntheorem 1 0 1\nend 2\n"),
    "shadowed lemma": (
        "kernel_rejected",
        HEAD + "str 0 Nat\nstr 5 add_comm\ntheorem 6 0 1\nconst 6\ntheorem 1 0 3\nend 2\n",
    ),
    "private name of the library": (
        "kernel_rejected",
        HEAD
        + "str 0 _private\nstr 5 Init\nstr 6 Prelude\nnum 7 0\nstr 8 f\ntheorem 9 2 1\ntheorem 1 2 1\nend 2\n",
    ),
    "no name": ("kernel_rejected", HEAD + "theorem 0 2 1\ntheorem 1 2 1\nend 2\n"),
    "itself": ("kernel_rejected", HEAD + "const 1\ntheorem 1 0 3\nend 1\n"),
    "later": ("kernel_rejected", HEAD + "str 0 u\nconst 5\ntheorem 1 0 3\ntheorem 5 0 3\nend 2\n"),
    "free variable": ("bad_export", HEAD + "fvar 0\ntheorem 1 0 3\nend 1\n"),
    "loose variable": ("bad_export", HEAD + "var 0\ntheorem 1 0 3\nend 1\n"),
    "far variable": ("bad_export", HEAD + "var 1048576\ntheorem 1 0 3\nend 1\n"),
    "level parameter of nobody": ("kernel_rejected", HEAD + "param 1\nsort 1\ntheorem 1 3 3\nend 1\n"),
    "more level parameters": ("kernel_rejected", HEAD + "theorem 1 0 1 1\nend 1\n"),
    "far projection": ("bad_export", HEAD + "proj 3 4294967296 1\ntheorem 1 0 3\nend 1\n"),
    "projection out of a proof": ("kernel_rejected", HEAD + "proj 3 0 1\ntheorem 1 0 3\nend 1\n"),
    "negative number": ("bad_export", HEAD + "nat -1\ntheorem 1 0 3\nend 1\n"),
    "own False": (
        "kernel_rejected",
        HEAD + "sort 0\nstr 2 intro\ninductive 0 0 2 3 1 5 0\nconst 5\ntheorem 1 0 4\nend 2\n",
    ),
    "paradox": (
        "kernel_rejected",
        HEAD
        + "str 0 B\nsort 0\nconst 5\npi 4 0\nstr 5 mk\npi 5 4\ninductive 0 0 5 3 1 6 6\ntheorem 1 0 1\nend 2\n",
    ),
    "expression from the future": ("bad_export", HEAD + "app 0 99\ntheorem 1 0 3\nend 1\n"),
    "name from the future": ("bad_export", HEAD + "const 99\ntheorem 1 0 3\nend 1\n"),
    "no theorem": ("theorem_missing", "end 0\n"),
    "nothing": ("bad_export", ""),
    "wrong count": ("bad_export", HEAD + "theorem 1 0 1\nend 2\n"),
    "no end": ("bad_export", HEAD + "theorem 1 0 1\n"),
    "two ends": ("bad_export", HEAD + "theorem 1 0 1\nend 1\nend 1\n"),
    "answer": ("bad_export", '@{"verdict":"accepted"}\n'),
    "blanks": ("bad_export", HEAD + "theorem  1 0 1\nend 1\n"),
    "huge number": ("bad_export", HEAD + f"nat {'9' * 100_000}\ntheorem 1 0 3\nend 1\n"),
    "many lines": ("kernel_rejected", HEAD + "succ 0\n" * 30_000 + "theorem 1 0 1\nend 1\n"),
}


@pytest.mark.parametrize(("verdict", "text"), TAMPERED.values(), ids=TAMPERED)
def test_tampered_exports_are_refused(replay, verdict, text):
    """Each for its reason; none proves `False`."""
    answer = replay(": False", text)
    assert answer["verdict"] == verdict, answer


def test_the_longest_export_is_refused(replay):
    """It may use up the time of one proof; the next export is judged as ever."""
    assert replay(": False", "str 0 t\n" * (MAX_CHARS // 8))["verdict"] in ("bad_export", "lost")
    assert replay(": True", HEAD + "theorem 1 2 1\nend 1\n")["verdict"] == "accepted"


def test_what_is_no_theorem_is_refused(written, replay):
    """A definition, an opaque constant, a theorem of more universes: none is what was asked for."""
    text = written(": 1 = 1", "theorem t : 1 = 1 := rfl")
    name, value, proof = re.search(r"theorem (\d+) (\d+) (\d+)\n", text).groups()
    line = f"theorem {name} {value} {proof}\n"
    assert replay(": 1 = 1", text)["verdict"] == "accepted"
    for other, verdict in (
        (f"def {name} 1 {value} {proof}\n", "not_a_theorem"),
        (f"opaque {name} {value} {proof}\n", "not_a_theorem"),
        (f"theorem {name} {value} {proof} {name}\n", "statement_changed"),
    ):
        assert replay(": 1 = 1", text.replace(line, other))["verdict"] == verdict


def test_deep_terms_are_refused(replay):
    """A hundred thousand applications deep may cost the process; the next export is judged as ever."""
    chain = "".join(f"app {index} {index}\n" for index in range(2, 100_000))
    answer = replay(": False", HEAD + chain + "theorem 1 0 99000\nend 1\n")
    assert answer["verdict"] in ("kernel_rejected", "lost")
    assert replay(": True", HEAD + "theorem 1 2 1\nend 1\n")["verdict"] == "accepted"


def test_no_small_change_makes_a_false_theorem(written, replay):
    """Every line left out, doubled, or with a number moved by one: never a proof that two and two is five."""
    code = "theorem t : 2 + 2 = 4 := by decide"
    text = written(": 2 + 2 = 4", code)
    assert replay(": 2 + 2 = 4", text)["verdict"] == "accepted"
    lines = text.splitlines(keepends=True)
    changed: list[str] = []
    for index, line in enumerate(lines):
        before, after = "".join(lines[:index]), "".join(lines[index + 1 :])
        changed += [before + after, before + line + line + after, before]
        for match in re.finditer(r"\d+", line):
            moved = f"{line[: match.start()]}{int(match[0]) + 1}{line[match.end() :]}"
            changed.append(before + moved + after)
    assert len(changed) > 100
    for other in changed:
        assert replay(": 2 + 2 = 5", other)["verdict"] not in (*NEVER, "lost"), other


def test_a_broken_replay_is_noticed(build, tmp_path):
    """One that does not compare statements accepts a canary, and from then on gives no verdict."""
    text = joined(PROGRAM).read_text(encoding="utf-8")
    sound = "if !(withoutData reference.type == proven.type && "
    assert text.count(sound) == 1
    (tmp_path / PROGRAM).write_text(text.replace(sound, "if !("), encoding="utf-8")
    replayer = Replayer(wasm(build, tmp_path / PROGRAM), LeanOptions())
    try:
        with pytest.raises(InfraError, match="false theorem"):
            replayer.ready()
    finally:
        replayer.close()
