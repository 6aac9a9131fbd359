# ruff: noqa: E501 - Lean texts are easier to read on one line; look-alike letters are the attack
"""More attempts to be paid for false theorems: the ways that checkers of whole projects defend against.

What Lean's `comparator` and `SafeVerify` try in their own tests, written anew: another definition under the
name that the statement uses, other kinds and universes, unsound types and recursion, options that leave proofs
out, elaborators that recover from errors, and arithmetic that is only almost right.
"""

from __future__ import annotations

F = ": False"

MORE: tuple[tuple[str, str, str], ...] = (
    # options and commands that leave proofs out
    ("L01", F, "set_option debug.byAsSorry true in\ntheorem t : False := by trivial"),
    ("L01", F, "set_option debug.terminalTacticsAsSorry true\ntheorem t : False := by omega"),
    ("L01", F, "set_option Elab.async true\ntheorem t : False := by decide"),
    ("L01", F, "theorem t : False := by\n  first\n  | exact trivial\n  | refine ?_"),
    ("L01", F, "theorem t : False := by refine ?goal"),
    ("L01", F, "theorem t : False := ?hole"),
    ("L01", F, "theorem t : False := by\n  have key : (1 : Nat) = 2 := by sorry\n  omega"),
    ("L01", F, "@[simp] theorem cheat : False = True := by simp\ntheorem t : False := by simp"),
    ("L01", F, "@[simp] theorem cheat : False = True := sorry\ntheorem t : False := by simp"),
    ("L01", F, "theorem t : False := by\n  all_goals try exact trivial\n  any_goals skip"),
    ("L01", F, "theorem t : False := by change True; trivial"),
    ("L01", F, "theorem t : False := by show True; trivial"),
    ("L01", F, "theorem t : False := by conv => rfl"),
    ("L01", F, "theorem t : False := by exact (trivial : _)"),
    ("L01", F, "theorem t : False := by\n  suffices True by trivial\n  trivial"),
    ("L01", F, "theorem t : False := by grind"),
    ("L01", F, "theorem t : False := nofun"),
    ("L01", F, "theorem t : False := nomatch trivial"),
    # instances that claim what they do not have
    ("L02", F, "instance : Inhabited False := ⟨default⟩\ntheorem t : False := default"),
    (
        "L02",
        F,
        "instance : Nonempty False := inferInstance\ntheorem t : False := Classical.choice inferInstance",
    ),
    ("L02", F, "instance : Decidable False := .isTrue (by trivial)\ntheorem t : False := by decide"),
    ("L02", F, "inductive E where deriving Inhabited\ntheorem t : False := nomatch (default : E)"),
    ("L02", F, "theorem t : False := Classical.epsilon fun _ => True"),
    ("L02", F, "theorem t : False := (Classical.choose_spec (p := fun _ : Nat => False) ⟨0, by trivial⟩)"),
    ("L02", F, "structure Bag where\n  proof : False\ndef bag : Bag where\ntheorem t : False := bag.proof"),
    # compiled evaluation
    ("L03", ": (0.1 : Float) + 0.2 = 0.3", "theorem t : (0.1 : Float) + 0.2 = 0.3 := by native_decide"),
    (
        "L03",
        ": Nat.gcd 12 18 = 5",
        '@[extern "lean_nat_sub"] def Nat.gcd\' (a b : Nat) : Nat := a\ntheorem t : Nat.gcd 12 18 = 5 := by decide +native',
    ),
    (
        "L03",
        F,
        "@[csimp] theorem swap : @Nat.add = @Nat.mul := by funext a b; simp\ntheorem t : False := by\n  have : (2 : Nat) + 3 = 6 := by native_decide\n  omega",
    ),
    ("L03", ": (1 : Nat) = 2", "theorem t : (1 : Nat) = 2 := by decide +kernel"),
    ("L03", F, "theorem t : False := by bv_decide"),
    # another kind, other universes, other binders
    ("L04", F, "abbrev t : Prop := False"),
    ("L04", F, "@[irreducible] def t : False → True := fun _ => trivial"),
    (
        "L04",
        "(α : Sort 2) (a b : α) : a = b",
        "theorem t.{u} (α : Sort u) (a b : α) (h : a = b) : a = b := h",
    ),
    (
        "L04",
        ".{u, v} (α : Type u) (β : Type v) (x y : α × β) : x = y",
        "theorem t.{v, u} (α : Type u) (β : Type v) (x y : α × β) : x = x := rfl",
    ),
    ("L04", "(p q : Prop) (h : p ∨ q) : p", "theorem t (p q : Prop) (h : p ∧ q) : p := h.1"),
    ("L04", "(p q : Prop) : p → q", "theorem t (p q : Prop) [h : Fact q] : p → q := fun _ => h.out"),
    ("L04", "(f : Nat → Nat) : f 0 = 0", "theorem t (f : Nat → Nat := id) : id 0 = 0 := rfl"),
    ("L04", ": ∀ n : Nat, n = 0", "theorem t : ∃ n : Nat, n = 0 := ⟨0, rfl⟩"),
    ("L04", ": ∀ n : Nat, n = 0", "theorem t : ∀ n : Fin 1, n = 0 := by decide"),
    ("L04", ": ∃ n : Nat, n < 0", "theorem t : ∃ n : Int, n < 0 := ⟨-1, by decide⟩"),
    ("L04", "(x : Nat) : x - 1 + 1 = x", "theorem t (x : Int) : x - 1 + 1 = x := by omega"),
    # another meaning for the same text
    (
        "L05",
        ": 7 / 2 * 2 = 7",
        "inductive One where | one\n@[default_instance 10000] instance (n : Nat) : OfNat One n := ⟨.one⟩\ninstance : Div One := ⟨fun a _ => a⟩\ninstance : Mul One := ⟨fun a _ => a⟩\ntheorem t : 7 / 2 * 2 = 7 := rfl",
    ),
    (
        "L05",
        ": ((5 : Nat) : Int) = 6",
        "local instance (priority := high) : NatCast Int := ⟨fun _ => 6⟩\ntheorem t : ((5 : Nat) : Int) = 6 := rfl",
    ),
    (
        "L05",
        ": (3 : Nat) ∣ 10",
        "local instance (priority := high) : Dvd Nat := ⟨fun _ _ => True⟩\ntheorem t : (3 : Nat) ∣ 10 := trivial",
    ),
    (
        "L05",
        ": 4 ∈ [1, 2, 3]",
        "local instance (priority := high) : Membership Nat (List Nat) := ⟨fun _ _ => True⟩\ntheorem t : 4 ∈ [1, 2, 3] := trivial",
    ),
    (
        "L05",
        ": (2 : Nat) ≤ 1",
        "attribute [-instance] instLENat\nlocal instance : LE Nat := ⟨fun _ _ => True⟩\ntheorem t : (2 : Nat) ≤ 1 := trivial",
    ),
    (
        "L05",
        ": [1, 2] = [2, 1]",
        'local notation "[" a ", " b "]" => ({a, b} : Nat → Prop)\ntheorem t : [1, 2] = [2, 1] := rfl',
    ),
    ("L05", F, 'scoped[Trick] notation "False" => True\nopen Trick in\ntheorem t : False := trivial'),
    ("L05", ": ¬ True", 'local prefix:max "¬" => fun p : Prop => p\ntheorem t : ¬ True := trivial'),
    ("L05", ": 'a' = 'b'", "def Char.ofNat (n : Nat) : Nat := 0\ntheorem t : 'a' = 'b' := rfl"),
    (
        "L05",
        "(p : Prop) : p ∨ p → ¬ p",
        "open Classical in\nattribute [local instance] propDecidable in\ntheorem t (p : Prop) : p ∨ p → ¬ p := by decide",
    ),
    # programs inside Lean
    ("L06", F, 'declare_syntax_cat trick\nsyntax "yes" : trick\ntheorem t : False := yes'),
    (
        "L06",
        F,
        "#eval show Lean.Elab.Command.CommandElabM Unit from pure ()\ntheorem t : False := by trivial",
    ),
    ("L06", F, "run_meta Lean.addDecl default\ntheorem t : False := by trivial"),
    ("L06", F, "@[init] def start : IO Unit := pure ()\ntheorem t : False := by trivial"),
    ("L06", F, "builtin_initialize x : IO.Ref Nat ← IO.mkRef 0\ntheorem t : False := by trivial"),
    ("L06", F, "#print axioms t\n#reduce (proofs := true) t\ntheorem t : False := by trivial"),
    (
        "L06",
        F,
        "unif_hint (a b : Nat) where\n  a =?= b\n  ⊢ a =?= b\ntheorem t : False := by\n  have : (1 : Nat) = 2 := rfl\n  omega",
    ),
    # primitives
    ("L07", ": ((255 : UInt8) + 1).toNat = 256", "theorem t : ((255 : UInt8) + 1).toNat = 256 := by decide"),
    (
        "L07",
        ": (2 : Nat) ^ 64 = 18446744073709551615",
        "theorem t : (2 : Nat) ^ 64 = 18446744073709551615 := by decide",
    ),
    (
        "L07",
        ": (0 : Nat) - 1 = 18446744073709551615",
        "theorem t : (0 : Nat) - 1 = 18446744073709551615 := rfl",
    ),
    ("L07", "(n : Nat) : n / 0 = n", "theorem t (n : Nat) : n / 0 = n := by simp"),
    ("L07", "(x : BitVec 8) : x + 1 > x", "theorem t (x : BitVec 8) : x + 1 > x := by simp"),
    ("L07", ': "é".length = 2', 'theorem t : "é".length = 2 := by decide'),
    ("L07", ": (-7 : Int) / 2 = -3", "theorem t : (-7 : Int) / 2 = -3 := by decide"),
    # unsound types, and recursion that never ends
    (
        "L09",
        F,
        "inductive Bad where\n  | mk : (Bad → False) → Bad\ndef Bad.no : Bad → False\n  | .mk f => f (.mk f)\ntheorem t : False := (Bad.mk Bad.no).no",
    ),
    (
        "L09",
        F,
        "structure Bad where\n  f : Bad → False\ntheorem t : False := (fun b : Bad => b.f b) ⟨fun b => b.f b⟩",
    ),
    (
        "L09",
        F,
        "inductive Big : Type where\n  | mk (α : Type) (a : α) : Big\ntheorem t : False := by cases (Big.mk Big (.mk Nat 0)); contradiction",
    ),
    ("L09", F, "def loop : Nat → False\n  | n => loop (n + 1)\ntheorem t : False := loop 0"),
    (
        "L09",
        F,
        "def loop (n : Nat) : False := loop (n + 1)\ntermination_by structural n\ntheorem t : False := loop 0",
    ),
    (
        "L09",
        F,
        "def loop (n : Nat) : False := loop (n + 1)\ntermination_by n\ndecreasing_by trivial\ntheorem t : False := loop 0",
    ),
    (
        "L09",
        F,
        "def loop (n : Nat) : Option False := loop (n + 1)\npartial_fixpoint\ntheorem t : False := (loop 0).get (by decide)",
    ),
    ("L09", F, "theorem t : False := by\n  have h : False := t\n  exact h"),
    ("L09", F, "theorem t : False := Nat.rec (motive := fun _ => False) t (fun _ h => h) 1"),
    (
        "L09",
        F,
        "mutual\ninductive A : Prop where | mk : (B → False) → A\ninductive B : Prop where | mk : A → B\nend\ntheorem t : False := by trivial",
    ),
    (
        "L09",
        F,
        "theorem t : False := by\n  have a : ∃ n : Nat, n < 5 := ⟨0, by decide⟩\n  have b : ∃ n : Nat, n < 5 := ⟨1, by decide⟩\n  have h : a = b := rfl\n  exact Nat.noConfusion (congrArg (fun e => match e with | ⟨n, _⟩ => n) h)",
    ),
    (
        "L09",
        F,
        "theorem t : False := by\n  have h : Nat = Bool := rfl\n  exact absurd (cast h 2) (by decide)",
    ),
    ("L09", F, "theorem t : False := Bool.noConfusion (rfl : true = false)"),
    ("L09", ": ∃ x : Empty, True", "theorem t : ∃ x : Empty, True := ⟨Classical.ofNonempty, trivial⟩"),
    ("L09", ": (1 : Nat) = 3", "theorem t : (1 : Nat) = 3 := calc\n  1 = 2 := rfl\n  _ = 3 := rfl"),
    # unsafe code
    ("L10", F, "unsafe instance : Inhabited False := ⟨lcUnreachable⟩\ntheorem t : False := default"),
    (
        "L10",
        F,
        "unsafe abbrev cast' : True → False := unsafeCast\nnoncomputable def t : False := cast' trivial",
    ),
    ("L10", F, "partial def cheat [Inhabited α] : α := cheat\ntheorem t : False := by exact cheat"),
    ("L10", F, 'theorem t : False := panic! "no"'),
    ("L10", F, "theorem t : False := unreachable!"),
    # texts that look like others
    ("L13", F, "def Fаlse := True\ntheorem t : Fаlse := trivial"),
    ("L13", F, "theorem t\u200b : False := by trivial"),
    ("L13", F, "\ufefftheorem t : True := trivial"),
    ("L13", F, "theorem s : True := trivial\r-- theorem t : False := s"),
    ("L13", F, "theorem s : True := trivial\n\x00\ntheorem t : False := s"),
    ("L13", F, "/-! ```\ntheorem t : False := trivial -/\n/- -/"),
    # names
    ("L15", F, "private theorem t : True := trivial"),
    ("L15", F, "namespace t\ntheorem t : True → True := id\nend t"),
    ("L15", F, "protected theorem Nat.t : 1 = 1 := rfl\nopen Nat"),
    ("L15", F, "theorem _root_.t : True := trivial"),
    ("L15", F, "theorem t.proof : True := trivial\nexample : False := by trivial"),
    ("L15", F, "theorem t : type_of% trivial := trivial"),
    ("L15", F, "inductive S where | t : S\nopen S"),
    ("L15", F, "structure S where\n  t : True := trivial"),
    ("L15", F, "class t : Prop where\n  out : False"),
)
"""Family, what follows the name ``t`` in the statement, and the submission. Every statement is false."""

_EVEN = "inductive Even : Nat → Prop where\n  | zero : Even 0\n  | step (n : Nat) : Even n → Even (n + 2)"
_POINT = "structure Point where\n  x : Nat\n  y : Nat"
_WEIGHT = (
    "class Weight (α : Type) where\n  of : α → Nat\ninstance : Weight Bool := ⟨fun b => if b then 1 else 0⟩"
)

ON_DEFINITIONS: tuple[tuple[str, str, str, str], ...] = (
    ("L08", "opaque secret : Nat", ": secret = 0", "theorem t : secret = 0 := rfl"),
    (
        "L08",
        "opaque secret : Nat",
        ": secret = 0",
        "namespace X\ndef secret : Nat := 0\ntheorem t : secret = 0 := rfl\nend X\nexport X (t)",
    ),
    ("L08", "def goal : Prop := False", ": goal", "def goal : Prop := True\ntheorem t : goal := trivial"),
    (
        "L08",
        "def goal : Prop := False",
        ": goal",
        "namespace X\ndef goal : Prop := True\ntheorem _root_.t : goal := trivial\nend X",
    ),
    (
        "L08",
        "def goal : Prop := False",
        ": goal",
        "private def goal : Prop := True\ntheorem t : goal := trivial",
    ),
    (
        "L08",
        "def goal : Prop := False",
        ": goal",
        'local notation "goal" => True\ntheorem t : goal := trivial',
    ),
    (
        "L08",
        "def goal : Prop := False",
        ": goal",
        "variable (goal : Prop) (h : goal)\ninclude h in\ntheorem t : goal := h",
    ),
    (
        "L08",
        "@[irreducible] def goal : Prop := False",
        ": goal",
        "unseal goal in\ntheorem t : goal := trivial",
    ),
    (
        "L08",
        "def f (n : Nat) : Nat := n + 1",
        ": f 1 = 1",
        "@[simp] theorem f_eq (n : Nat) : f n = n := rfl\ntheorem t : f 1 = 1 := by simp",
    ),
    (
        "L08",
        "def f (n : Nat) : Nat := n + 1",
        ": f 1 = 1",
        "@[implemented_by id] def g (n : Nat) : Nat := f n\ntheorem t : f 1 = 1 := by\n  show g 1 = 1\n  native_decide",
    ),
    (
        "L08",
        "def f (n : Nat) : Nat := n + 1",
        ": f 1 = 1",
        "attribute [local irreducible] f\n@[local simp] theorem t : f 1 = 1 := by unfold f; simp",
    ),
    (
        "L08",
        "def f (n : Nat) : Nat := n + 1",
        ": f 1 = 1",
        "def f.f (n : Nat) : Nat := n\nnamespace f\ntheorem _root_.t : f 1 = 1 := rfl\nend f",
    ),
    (
        "L08",
        _EVEN,
        ": Even 3",
        "namespace X\ninductive Even : Nat → Prop where\n  | zero : Even 0\n  | step (n : Nat) : Even n → Even (n + 1)\ntheorem _root_.t : Even 3 := .step _ (.step _ (.step _ .zero))\nend X",
    ),
    (
        "L08",
        _EVEN,
        ": Even 3",
        "inductive Even : Nat → Prop where\n  | any (n : Nat) : Even n\ntheorem t : Even 3 := .any 3",
    ),
    (
        "L08",
        _EVEN,
        ": Even 3",
        "theorem Even.one : Even 1 := Even.step _ .zero\ntheorem t : Even 3 := .step 1 .one",
    ),
    (
        "L08",
        _EVEN,
        ": Even 3",
        "theorem t : Even 3 := by\n  apply Even.step\n  exact @Even.rec (fun n _ => Even (n + 1)) .zero (fun _ _ h => .step _ h) 0 .zero",
    ),
    (
        "L08",
        _POINT,
        "(p : Point) : p.x = p.y",
        "namespace X\nstructure Point where\n  y : Nat\ndef Point.x (p : Point) := p.y\ntheorem _root_.t (p : Point) : p.x = p.y := rfl\nend X",
    ),
    (
        "L08",
        _POINT,
        "(p : Point) : p.x = p.y",
        "def Point.x (p : Point) : Nat := p.y\ntheorem t (p : Point) : p.x = p.y := rfl",
    ),
    ("L08", _POINT, "(p : Point) : p.x = p.y", "theorem t : (p : Point) → p.1 = p.1 := fun _ => rfl"),
    (
        "L05",
        _WEIGHT,
        ": Weight.of true = 0",
        "instance (priority := high) : Weight Bool := ⟨fun _ => 0⟩\ntheorem t : Weight.of true = 0 := rfl",
    ),
    (
        "L05",
        _WEIGHT,
        ": Weight.of true = 0",
        "attribute [-instance] instWeightBool\nlocal instance : Weight Bool := ⟨fun _ => 0⟩\ntheorem t : Weight.of true = 0 := rfl",
    ),
    (
        "L05",
        _WEIGHT,
        ": Weight.of true = 0",
        "theorem t [Weight Bool] (h : Weight.of true = 0) : Weight.of true = 0 := h",
    ),
    ("L04", "variable (p : Prop)", ": p ∨ ¬ p → p", "theorem t (hp : p) : p ∨ ¬ p → p := fun _ => hp"),
    (
        "L04",
        "variable (p : Prop)",
        ": p ∨ ¬ p → p",
        "omit p\ntheorem t (p : Prop := True) : True ∨ ¬ True → True := fun _ => trivial",
    ),
    ("L15", "namespace Outer", ": (1 : Nat) = 2", "end Outer\ntheorem t : True := trivial\nnamespace Outer"),
    (
        "L15",
        "namespace Outer",
        ": (1 : Nat) = 2",
        "theorem _root_.t : True := trivial\ntheorem t : (1 : Nat) = 1 := rfl",
    ),
    (
        "L01",
        "theorem given : True := trivial",
        F,
        "theorem given : False := trivial\ntheorem t : False := given",
    ),
)
"""Family, trusted preamble, what follows the name in the statement, and the submission."""
