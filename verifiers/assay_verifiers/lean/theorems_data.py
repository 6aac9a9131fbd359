# ruff: noqa: E501 - Lean texts are easier to read on one line
"""True theorems about lists, options, pairs, texts, and types that the proof or the reference declares."""

from __future__ import annotations

DATA: tuple[tuple[str, str], ...] = (
    (": [3, 1, 2].reverse = [2, 1, 3]", "rfl"),
    (": (List.range 5).length = 5", "by simp"),
    (": [1, 2, 3, 4].map (· * 2) = [2, 4, 6, 8]", "rfl"),
    (": [1, 2, 3, 4].filter (· % 2 == 0) = [2, 4]", "rfl"),
    (": [1, 2, 3].foldl (· + ·) 0 = 6", "rfl"),
    (": [1, 2, 3].foldr (fun x acc => x + acc) 10 = 16", "rfl"),
    (": 3 ∈ [1, 2, 3]", "by decide"),
    (": 4 ∉ [1, 2, 3]", "by decide"),
    (": [1, 2, 3][1] = 2", "rfl"),
    (": [1, 2, 3][7]? = none", "rfl"),
    (": [1, 2, 3].head? = some 1", "rfl"),
    (": List.replicate 3 'a' = ['a', 'a', 'a']", "rfl"),
    (": [1, 2].zip ['a', 'b'] = [(1, 'a'), (2, 'b')]", "rfl"),
    (": [[1], [2, 3]].flatten = [1, 2, 3]", "rfl"),
    (": [1, 2, 3].take 2 ++ [1, 2, 3].drop 2 = [1, 2, 3]", "rfl"),
    ("(α : Type) (xs ys zs : List α) : xs ++ ys ++ zs = xs ++ (ys ++ zs)", "List.append_assoc xs ys zs"),
    ("(α : Type) (xs ys : List α) : (xs ++ ys).reverse = ys.reverse ++ xs.reverse", "by simp"),
    ("(α : Type) (xs : List α) : xs.reverse.length = xs.length", "List.length_reverse"),
    (
        "(α β : Type) (f : α → β) (xs : List α) : (xs.map f).length = xs.length",
        "by\n  induction xs with\n  | nil => rfl\n  | cons x xs ih => rw [List.map_cons, List.length_cons, List.length_cons, ih]",
    ),
    ("(α β γ : Type) (f : α → β) (g : β → γ) (xs : List α) : (xs.map f).map g = xs.map (g ∘ f)", "by simp"),
    (
        "(α β : Type) (f : α → β) (xs ys : List α) : (xs ++ ys).map f = xs.map f ++ ys.map f",
        "by\n  induction xs with\n  | nil => rfl\n  | cons x xs ih => simp",
    ),
    (
        "(α : Type) (p : α → Bool) (xs : List α) : (xs.filter p).length ≤ xs.length",
        "List.length_filter_le p xs",
    ),
    ("(α : Type) (x : α) (xs ys : List α) : x ∈ xs ++ ys ↔ x ∈ xs ∨ x ∈ ys", "List.mem_append"),
    ("(α : Type) (x y : α) (xs : List α) : x ∈ y :: xs ↔ x = y ∨ x ∈ xs", "by simp"),
    ("(α : Type) (x : α) : x ∉ ([] : List α)", "by simp"),
    ("(α : Type) (xs : List α) (h : xs.length = 0) : xs = []", "List.eq_nil_of_length_eq_zero h"),
    (
        "(α : Type) (xs : List α) (h : xs ≠ []) : ∃ y ys, xs = y :: ys",
        "by\n  cases xs with\n  | nil => exact absurd rfl h\n  | cons y ys => exact ⟨y, ys, rfl⟩",
    ),
    (
        "(α : Type) (x y : α) (xs ys : List α) (h : x :: xs = y :: ys) : x = y ∧ xs = ys",
        "by\n  injection h with a b\n  exact ⟨a, b⟩",
    ),
    ("(α : Type) (n : Nat) (xs : List α) : xs.take n ++ xs.drop n = xs", "List.take_append_drop n xs"),
    ("(α : Type) (n : Nat) (a : α) : (List.replicate n a).length = n", "by simp"),
    ("(xs : List Nat) (n : Nat) : (n :: xs).sum = n + xs.sum", "by simp"),
    (
        "(xs ys : List Nat) : (xs ++ ys).sum = xs.sum + ys.sum",
        "by\n  induction xs with\n  | nil => simp\n  | cons x xs ih => simp [ih, Nat.add_assoc]",
    ),
    ("(n : Nat) : (List.range n).length = n", "List.length_range"),
    ("(i n : Nat) : i ∈ List.range n ↔ i < n", "List.mem_range"),
    (
        "(xs : List Nat) (h : ∀ x ∈ xs, x = 0) : xs.sum = 0",
        "by\n  induction xs with\n  | nil => rfl\n  | cons x xs ih =>\n    rw [List.sum_cons, h x (by simp), ih fun y hy => h y (by simp [hy])]",
    ),
    (
        "(p : Nat → Bool) (xs : List Nat) (h : xs.all p = true) (x : Nat) (k : x ∈ xs) : p x = true",
        "List.all_eq_true.mp h x k",
    ),
    ("(α : Type) (o : Option α) : o.isSome = !o.isNone", "by cases o <;> rfl"),
    ("(α : Type) (a b : α) (h : some a = some b) : a = b", "Option.some.inj h"),
    ("(α β : Type) (f : α → β) (o : Option α) : (o.map f).isSome = o.isSome", "by cases o <;> rfl"),
    ("(α : Type) (o : Option α) : o.bind some = o", "by cases o <;> rfl"),
    ("(α : Type) (a : α) : some a ≠ none", "nofun"),
    ("(α β : Type) (p : α × β) : (p.1, p.2) = p", "rfl"),
    ("(α β : Type) (p q : α × β) (h : p.1 = q.1) (k : p.2 = q.2) : p = q", "Prod.ext h k"),
    ("(α β : Type) (p : α × β) : p.swap.swap = p", "rfl"),
    (
        "(α β : Type) (s : α ⊕ β) : (∃ a, s = .inl a) ∨ (∃ b, s = .inr b)",
        "match s with\n  | .inl a => Or.inl ⟨a, rfl⟩\n  | .inr b => Or.inr ⟨b, rfl⟩",
    ),
    ("(u : Unit) : u = ()", "rfl"),
    ("(α : Type) (f : Empty → α) : f = fun e => nomatch e", "by\n  funext e\n  exact nomatch e"),
    ("(a b c : Bool) : (a && (b || c)) = (a && b || a && c)", "by cases a <;> rfl"),
    ("(a b : Bool) : (a ^^ b) = (b ^^ a)", "by cases a <;> cases b <;> rfl"),
    ("(b : Bool) (h : b ≠ true) : b = false", "by simpa using h"),
    ("(b : Bool) : (if b then 1 else 1) = 1", "by simp"),
    ("(p : Prop) [Decidable p] (a : Nat) : (if p then a else a) = a", "by split <;> rfl"),
    ("(x y : Nat) : (if x ≤ y then x else y) ≤ y", "by\n  split\n  · assumption\n  · exact Nat.le_refl y"),
    (': "abc" ++ "d" = "abcd"', "by decide"),
    (': "abc" ≠ "abd"', "by decide"),
    (": 'a' ≠ 'b'", "by decide"),
    (": 'a'.toNat = 97", "rfl"),
    ("(s : String) : s = s", "rfl"),
    (': "".length = 0', "rfl"),
    (": #[1, 2, 3].size = 3", "rfl"),
    (": #[1, 2, 3][0] = 1", "rfl"),
    ("(α : Type) (a : Array α) (x : α) : (a.push x).size = a.size + 1", "by simp"),
    ("(n : Nat) (i : Fin n) : i.val < n", "i.isLt"),
    ("(n : Nat) (i j : Fin n) (h : i.val = j.val) : i = j", "Fin.ext h"),
    ("(i : Fin 0) : False", "i.elim0"),
    ("(i : Fin 2) : i = 0 ∨ i = 1", "by\n  revert i\n  decide"),
    ("(x y : BitVec 8) : x + y = y + x", "BitVec.add_comm x y"),
    ("(x : BitVec 4) : x ^^^ x = 0", "by simp"),
    ("(α : Type) (f : α → α) (x : α) : (f ∘ f) x = f (f x)", "rfl"),
    ("(α β : Type) (f : α → β) : (fun x => f x) = f", "rfl"),
    ("(α β : Type) (f : α → β) : f ∘ id = f", "rfl"),
    ("(f : Nat → Nat → Nat) (h : ∀ x y, f x y = f y x) : f 1 2 = f 2 1", "h 1 2"),
    ("(x : Nat) (h : x = 3) : (match x with | 3 => true | _ => false) = true", "by\n  subst h\n  rfl"),
    ("(x : Nat) : let y := x + 1; x < y", "by\n  intro y\n  exact Nat.lt_succ_self x"),
    ("(xs : List Nat) : xs.isEmpty = true ↔ xs = []", "by cases xs <;> simp"),
    ("(a b : Nat) (xs : List Nat) : (a :: b :: xs).length ≥ 2", "by simp"),
    ("(n : Nat) : n ∈ [n, n + 1]", "by simp"),
    ("(α : Type) (xs ys : List α) (h : xs ++ ys = []) : xs = [] ∧ ys = []", "List.append_eq_nil_iff.mp h"),
    ("(α : Type) (xs ys zs : List α) (h : xs ++ ys = xs ++ zs) : ys = zs", "List.append_cancel_left h"),
)
"""What follows the theorem's name, and a proof."""

_TREE = """\
inductive Tree where
  | leaf
  | node (l : Tree) (v : Nat) (r : Tree)
def Tree.size : Tree → Nat
  | .leaf => 0
  | .node l _ r => l.size + 1 + r.size
def Tree.mirror : Tree → Tree
  | .leaf => .leaf
  | .node l v r => .node r.mirror v l.mirror"""
_POINT = """\
structure Point where
  x : Nat
  y : Nat
def Point.flip (p : Point) : Point := ⟨p.y, p.x⟩"""
_EVEN = """\
inductive Even : Nat → Prop where
  | zero : Even 0
  | step (n : Nat) : Even n → Even (n + 2)"""
_TERM = """\
inductive Term where
  | const (n : Nat)
  | plus (a b : Term)
def Term.value : Term → Nat
  | .const n => n
  | .plus a b => a.value + b.value
def Term.swapped : Term → Term
  | .const n => .const n
  | .plus a b => .plus b.swapped a.swapped"""
_MONOID = """\
class Monoid' (α : Type) where
  mul : α → α → α
  one : α
  assoc : ∀ a b c, mul (mul a b) c = mul a (mul b c)
  one_mul : ∀ a, mul one a = a
  mul_one : ∀ a, mul a one = a"""
_SUM = "def sumTo : Nat → Nat\n  | 0 => 0\n  | n + 1 => sumTo n + (n + 1)"

WITH_PREAMBLE: tuple[tuple[str, str, str], ...] = (
    (
        _TREE,
        "(t : Tree) : t.mirror.size = t.size",
        "by\n  induction t with\n  | leaf => rfl\n  | node l v r hl hr => simp only [Tree.mirror, Tree.size, hl, hr]; omega",
    ),
    (
        _TREE,
        "(t : Tree) : t.mirror.mirror = t",
        "by\n  induction t with\n  | leaf => rfl\n  | node l v r hl hr => rw [Tree.mirror, Tree.mirror, hl, hr]",
    ),
    (
        _TREE,
        "(t : Tree) (h : t.size = 0) : t = .leaf",
        "by\n  cases t with\n  | leaf => rfl\n  | node l v r => simp [Tree.size] at h",
    ),
    (_TREE, ": (Tree.node .leaf 3 .leaf).size = 1", "rfl"),
    (_TREE, "(l r : Tree) (v : Nat) : Tree.leaf ≠ .node l v r", "nofun"),
    (_POINT, "(p : Point) : p.flip.flip = p", "rfl"),
    (_POINT, "(p q : Point) (h : p.x = q.x) (k : p.y = q.y) : p = q", "by\n  cases p\n  cases q\n  simp_all"),
    (
        _POINT,
        "(p : Point) (h : p.x = p.y) : p.flip = p",
        "by\n  cases p with\n  | mk x y => simp only at h; subst h; rfl",
    ),
    (_POINT, "(a b : Nat) : (Point.mk a b).flip.x = b", "rfl"),
    (_EVEN, ": Even 4", ".step 2 (.step 0 .zero)"),
    (
        _EVEN,
        "(n : Nat) (h : Even n) : n % 2 = 0",
        "by\n  induction h with\n  | zero => rfl\n  | step n _ ih => omega",
    ),
    (
        _EVEN,
        "(m n : Nat) (h : Even m) (k : Even n) : Even (m + n)",
        "by\n  induction k with\n  | zero => exact h\n  | step n _ ih => exact .step _ ih",
    ),
    (_EVEN, ": ¬ Even 1", "nofun"),
    (
        _TERM,
        "(t : Term) : t.swapped.value = t.value",
        "by\n  induction t with\n  | const n => rfl\n  | plus a b ha hb => rw [Term.swapped, Term.value, Term.value, ha, hb, Nat.add_comm]",
    ),
    (_TERM, ": ∃ t : Term, t.value = 7", "⟨.plus (.const 3) (.const 4), rfl⟩"),
    (
        _MONOID,
        "(α : Type) [Monoid' α] (e : α) (h : ∀ a, Monoid'.mul e a = a) : e = Monoid'.one",
        "by rw [← Monoid'.mul_one e, h]",
    ),
    (
        _MONOID,
        "(α : Type) [Monoid' α] (a b c : α) (h : Monoid'.mul b a = Monoid'.one) (k : Monoid'.mul a c = Monoid'.one) : b = c",
        "by rw [← Monoid'.mul_one b, ← k, ← Monoid'.assoc, h, Monoid'.one_mul]",
    ),
    (
        _SUM,
        "(n : Nat) : 2 * sumTo n = n * (n + 1)",
        "by\n  induction n with\n  | zero => rfl\n  | succ n ih =>\n    rw [sumTo, Nat.mul_add, ih, ← Nat.add_mul, Nat.mul_comm]",
    ),
    (_SUM, ": sumTo 10 = 55", "rfl"),
    (
        "variable {α : Type} (f : α → α)\ndef twice (x : α) : α := f (f x)",
        "(n : Nat) : twice (· + 1) n = n + 2",
        "rfl",
    ),
    ("namespace Outer\ndef two : Nat := 2", ": two + two = 4", "rfl"),
    ("section\nvariable (p q : Prop)", ": p ∧ q → q", "fun h => h.2"),
    ("open Nat in\ndef three : Nat := succ 2", ": three = 3", "rfl"),
    ('local infixl:65 " ⊕⊕ " => fun (a b : Nat) => a + b + 1', ": 1 ⊕⊕ 2 = 4", "rfl"),
    ("universe u\nvariable (α : Type u)", "(x : α) : x = x", "rfl"),
)
"""A trusted preamble, what follows the theorem's name, and a proof."""
