# ruff: noqa: E501 - Lean texts are easier to read on one line
"""True theorems of core Lean, each with a proof: what a sound checker accepts."""

from __future__ import annotations

from assay_verifiers.lean.theorems_data import DATA
from assay_verifiers.lean.theorems_logic import LOGIC

THEOREMS: tuple[tuple[str, str], ...] = (
    # by computation
    (": 2 + 2 = 4", "rfl"),
    (": 10 * 10 = 100", "by rfl"),
    (": (7 : Nat) < 9", "by decide"),
    (": ¬ (3 : Nat) ∣ 10", "by decide"),
    (": ∀ x : Fin 5, x.val < 5", "by decide"),
    (": (true && false) = false", "rfl"),
    (": [1, 2, 3].length = 3", "rfl"),
    (": [1, 2] ++ [3] = [1, 2, 3]", "rfl"),
    (": (5 : Int) - 7 = -2", "by decide"),
    (": Nat.gcd 12 18 = 6", "by decide"),
    (": 2 ^ 10 = 1024", "by decide"),
    (": (3 : Nat) ≠ 4", "by decide"),
    (': "ab".length = 2', "by decide"),
    (": ∃ n : Nat, n * n = 49", "⟨7, rfl⟩"),
    (": ∃ x y : Nat, x + y = 10 ∧ x * y = 21", "⟨3, 7, by decide⟩"),
    # logic
    ("(p : Prop) (h : p) : p", "h"),
    ("(p q : Prop) (h : p ∧ q) : q ∧ p", "⟨h.2, h.1⟩"),
    (
        "(p q : Prop) : p ∨ q → q ∨ p",
        "by\n  intro h\n  cases h with\n  | inl a => exact Or.inr a\n  | inr b => exact Or.inl b",
    ),
    ("(p q : Prop) : (p → q) → ¬ q → ¬ p", "fun h nq a => nq (h a)"),
    ("(p : Prop) : ¬ ¬ p → p", "fun h => Classical.byContradiction h"),
    ("(p : Prop) : p ∨ ¬ p", "Classical.em p"),
    (
        "(p q : Prop) : ¬ (p ∨ q) ↔ ¬ p ∧ ¬ q",
        "by\n  constructor\n  · intro h\n    exact ⟨fun a => h (Or.inl a), fun b => h (Or.inr b)⟩\n  · rintro ⟨a, b⟩ (c | d)\n    · exact a c\n    · exact b d",
    ),
    (
        "(p q r : Prop) : (p ∧ q) ∧ r ↔ p ∧ (q ∧ r)",
        "by\n  constructor\n  · rintro ⟨⟨a, b⟩, c⟩; exact ⟨a, b, c⟩\n  · rintro ⟨a, b, c⟩; exact ⟨⟨a, b⟩, c⟩",
    ),
    ("(p q : Prop) (hp : p) (hq : q) : p ∧ q", "by\n  constructor <;> assumption"),
    ("(α : Type) (P : α → Prop) (h : ∀ x, P x) (a : α) : P a", "h a"),
    ("(α : Type) (P : α → Prop) : (¬ ∃ x, P x) → ∀ x, ¬ P x", "fun h x hx => h ⟨x, hx⟩"),
    ("(a b c : Nat) (h : a = b) (k : b = c) : a = c", "h.trans k"),
    ("(α β : Type) (f g : α → β) (h : ∀ x, f x = g x) : f = g", "funext h"),
    ("(p q : Prop) (h : p ↔ q) : p = q", "propext h"),
    ("(p : Prop) (h : False) : p", "h.elim"),
    ("(p q r : Prop) : (p → q) → (q → r) → p → r", "by\n  intro f g a\n  exact g (f a)"),
    ("(p q : Prop) : p → (p → q) → q", "by\n  intro a f\n  apply f\n  exact a"),
    # linear arithmetic
    ("(x y : Nat) : x + y = y + x", "by omega"),
    ("(x y : Nat) (h : x + 3 = y) : y - 3 = x", "by omega"),
    ("(x : Nat) (h : x < 10) : x ≤ 9", "by omega"),
    ("(a b : Int) (h : a < b) : a + 1 ≤ b", "by omega"),
    ("(x y : Nat) (h : 2 * x = 2 * y) : x = y", "by omega"),
    ("(n : Nat) : n % 2 = 0 ∨ n % 2 = 1", "by omega"),
    ("(a b c : Nat) (h : a ≤ b) (k : b ≤ c) : a ≤ c", "Nat.le_trans h k"),
    ("(x : Int) (h : 0 ≤ x) : -x ≤ 0", "by omega"),
    ("(n : Nat) (h : 4 ∣ n) : 2 ∣ n", "by omega"),
    ("(x y z : Nat) (h : x < y) (k : y < z) : x + 1 < z", "by omega"),
    ("(n : Nat) (h : n ≠ 0) : 0 < n", "Nat.pos_of_ne_zero h"),
    # simp and rewriting
    ("(xs : List Nat) : xs.reverse.reverse = xs", "by simp"),
    ("(xs ys : List Nat) : (xs ++ ys).length = xs.length + ys.length", "by simp"),
    ("(x : Nat) : x + 0 = x", "by simp"),
    ("(x : Nat) : 0 + x = x", "Nat.zero_add x"),
    ("(a b c : Nat) : a * (b + c) = a * b + a * c", "by rw [Nat.mul_add]"),
    ("(a b : Nat) : a * b = b * a", "by rw [Nat.mul_comm]"),
    (
        "(a b c : Nat) : a + b + c = c + b + a",
        "by\n  rw [Nat.add_comm a b, Nat.add_comm (b + a) c, Nat.add_assoc]",
    ),
    ("(xs : List Nat) : xs.map id = xs", "by simp"),
    ("(xs : List Nat) : [] ++ xs = xs", "by simp"),
    ("(a b : Nat) (h : a = b) : b = a", "by\n  subst h\n  rfl"),
    ("(b : Bool) : (!(!b)) = b", "by cases b <;> rfl"),
    ("(a b : Bool) : (a && b) = (b && a)", "by cases a <;> cases b <;> rfl"),
    ("(f : Nat → Nat) (h : ∀ x, f x = x) : f (f 2) = 2", "by rw [h, h]"),
    (
        "(x : Option Nat) (h : x ≠ none) : ∃ y, x = some y",
        "by\n  cases x with\n  | none => exact absurd rfl h\n  | some y => exact ⟨y, rfl⟩",
    ),
    ("(a b : Nat) (h : (a, b) = (1, 2)) : a = 1", "by\n  injection h"),
    # induction
    (
        "(n : Nat) : 0 + n = n",
        "by\n  induction n with\n  | zero => rfl\n  | succ n ih => rw [← Nat.add_assoc, ih]",
    ),
    (
        "(n : Nat) : n < 2 ^ n",
        "by\n  induction n with\n  | zero => decide\n  | succ n ih => rw [Nat.pow_succ]; omega",
    ),
    (
        "(xs : List Nat) : xs ++ [] = xs",
        "by\n  induction xs with\n  | nil => rfl\n  | cons x xs ih => rw [List.cons_append, ih]",
    ),
    ("(n : Nat) : n * 0 = 0", "by\n  induction n with\n  | zero => rfl\n  | succ n ih => simp"),
    (
        "(n : Nat) : n ≤ n * n",
        "by\n  cases n with\n  | zero => decide\n  | succ n => exact Nat.le_mul_of_pos_left _ (Nat.succ_pos n)",
    ),
    (
        "(n : Nat) (h : 0 < n) : ∃ m, n = m + 1",
        "by\n  cases n with\n  | zero => omega\n  | succ m => exact ⟨m, rfl⟩",
    ),
    # structured proofs
    (
        "(a b c d : Nat) (h : a = b) (k : c = d) : a + c = b + d",
        "by\n  calc a + c = b + c := by rw [h]\n    _ = b + d := by rw [k]",
    ),
    ("(p q : Prop) (hp : p) (hpq : p → q) : ∃ _ : p, q", "by\n  have hq : q := hpq hp\n  exact ⟨hp, hq⟩"),
    ("(x y : Nat) (h : x = y ∨ y = x) : x = y", "by\n  rcases h with h | h\n  · exact h\n  · exact h.symm"),
    ("(x : Nat) (h : ∃ k, x = 2 * k) : x % 2 = 0", "by\n  obtain ⟨k, hk⟩ := h\n  omega"),
    (
        "(P : Nat → Prop) (h0 : P 0) (h : ∀ n, P n → P (n + 1)) (n : Nat) : P n",
        "by\n  induction n with\n  | zero => exact h0\n  | succ n ih => exact h n ih",
    ),
    ("(a b : Nat) (h : a ≤ b) : ∃ c, b = a + c", "⟨b - a, by omega⟩"),
    ("(x : Nat) : (if x < 5 then x else 5) ≤ 5", "by\n  split <;> omega"),
    ("(α : Type) (a b : α) (h : a = b) (P : α → Prop) (k : P a) : P b", "h ▸ k"),
    *LOGIC,
    *DATA,
)
"""What follows the theorem's name, and a proof."""

FALSE: tuple[str, ...] = (
    ": (2 : Nat) + 2 = 5",
    ": False",
    "(n : Nat) : n < 100",
    "(p q : Prop) : p ∨ q → p ∧ q",
    ": ∃ n : Nat, n < 0",
    "(x y : Nat) : x - y + y = x",
    "(p q : Prop) : (p → q) → (q → p)",
    "(p : Prop) : p → ¬ p",
    "(α : Type) (P : α → Prop) : (∃ x, P x) → ∀ x, P x",
    "(α : Type) (a b : α) : a = b",
    "(n : Nat) : n % 3 = 0 ∨ n % 3 = 1",
    "(a b : Nat) (h : a * b = 12) : a = 3",
    "(n : Nat) : n * n < 2 ^ n + 1",
    "(a b : Int) (h : a * b > 0) : a > 0",
    "(x : Int) : x / 2 * 2 = x",
    ": ∀ x : Fin 7, x.val * x.val < 36",
    ": (7 : Int) % -3 = -1",
    "(xs : List Nat) : xs.reverse = xs",
    "(xs ys : List Nat) : xs ++ ys = ys ++ xs",
    "(xs : List Nat) : 0 < xs.length",
    "(xs : List Nat) (x : Nat) : x ∈ xs → xs = [x]",
    "(o : Option Nat) : o = none",
    "(b : Bool) : b = true",
    ': "ab" = "ba"',
    ": [1, 2, 3].length = 4",
    "(f : Nat → Nat) (x y : Nat) (h : f x = f y) : x = y",
    "(x y : Nat) : max x y = x",
    "(x : BitVec 8) : x.toNat < 255",
    "(s t : String) : s ++ t = t ++ s",
    "(p q r : Prop) : (p ∨ q) ∧ r ↔ p ∨ (q ∧ r)",
)
"""Statements that are refuted by a counterexample; nothing may prove them."""
