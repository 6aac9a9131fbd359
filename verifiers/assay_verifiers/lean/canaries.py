"""Theorems whose verdict is known. A checker that accepts one of the false ones must not be trusted again."""

from __future__ import annotations

TRUE = (
    "theorem canary (x y : Nat) : x + y = y + x",
    "theorem canary (x y : Nat) : x + y = y + x := by omega",
)
"""Statement and proof."""

FALSE = (
    ("theorem canary : (1 : Nat) = 2", "theorem canary : (1 : Nat) = 2 := by sorry"),
    ("theorem canary : False", "axiom absurd_axiom : False\ntheorem canary : False := absurd_axiom"),
    ("theorem canary : (2 : Nat) + 2 = 5", "theorem canary : (2 : Nat) + 2 = 4 := rfl"),
    ("theorem canary (p : Prop) : p", "theorem canary (p : Prop) (h : p) : p := h"),
    (
        "theorem canary : 1 + 1 = 3",
        "local instance : Add Nat := ⟨fun _ _ => 3⟩\ntheorem canary : 1 + 1 = 3 := rfl",
    ),
    (
        "theorem canary (n : Nat) : n = 0",
        "theorem canary (n : Nat) : n = 0 := by\n  first | rfl | exact canary n",
    ),
)
"""Statements that are false, and what pretends to prove them."""
