"""Exports whose verdict is known, in the format of ``Export.lean``: canaries for what replays."""

from __future__ import annotations

TRUE = (
    "theorem canary (x y : Nat) : x + y = y + x",
    "str 0 canary\nstr 0 Nat\nconst 2\nstr 0 Eq\nsucc 0\nconst 3 1\napp 1 0\nstr 0 HAdd\n"
    "str 4 hAdd\nconst 5 0 0 0\napp 3 0\napp 4 0\napp 5 0\nstr 0 instHAdd\nconst 6 0\n"
    "app 7 0\nstr 0 instAddNat\nconst 7\napp 8 9\napp 6 10\nvar 1\napp 11 12\nvar 0\n"
    "app 13 14\napp 2 15\napp 11 14\napp 17 12\napp 16 18\npi 0 19\npi 0 20\nstr 2 add_comm\n"
    "const 8\napp 22 12\napp 23 14\nlam 0 24\nlam 0 25\ntheorem 1 21 26\nend 1\n",
)
"""Statement and export."""

_FALSE = "theorem canary : False"
# names: 1 canary, 2 False, 3 True, 4 True.intro; expressions: 0 False, 1 True.intro
_HEAD = "str 0 canary\nstr 0 False\nstr 0 True\nstr 3 intro\nconst 2\nconst 4\n"

FALSE = (
    # the proof of something else
    (_FALSE, _HEAD + "theorem 1 0 1\nend 1\n"),
    # another statement
    (_FALSE, _HEAD + "const 3\ntheorem 1 2 1\nend 1\n"),
    # sorry
    (
        _FALSE,
        _HEAD + "str 0 sorryAx\nconst 5 0\nstr 0 Bool\nstr 6 false\nconst 7\napp 2 0\napp 4 3\n"
        "theorem 1 0 5\nend 1\n",
    ),
    # itself
    (_FALSE, _HEAD + "const 1\ntheorem 1 0 2\nend 1\n"),
    # another `False`
    (
        _FALSE,
        _HEAD + "sort 0\nstr 2 intro\ninductive 0 0 2 2 1 5 0\nconst 5\ntheorem 1 0 3\nend 2\n",
    ),
    # a variable that nothing binds
    (_FALSE, _HEAD + "var 0\ntheorem 1 0 2\nend 1\n"),
)
"""Statements that are false, and exports that pretend to prove them."""
