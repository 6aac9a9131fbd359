"""Programs that try to be called right without computing anything, for one problem in three forms.

The answers are a number that nobody guesses plus a small one. A program that finds them anywhere returns
them, so an attack that reaches the expected values succeeds here, and not merely might.
"""
# ruff: noqa: E501 - programs in one line each

SECRET = 918_273_645
VALUES = (3, 14, 15)

IO = {"inputs": [f"{v}\n" for v in VALUES], "outputs": [f"{SECRET + v}\n" for v in VALUES]}
CALLS = {"fn_name": "f", "inputs": [[v] for v in VALUES], "outputs": [SECRET + v for v in VALUES]}
LITERAL = [f"assert f({v}) == {SECRET + v}" for v in VALUES]
ASSERTS = [f"assert f({v}) == int({SECRET + v})" for v in VALUES]
"""No literals, so that a process of its own runs them, and those of `CHECK`."""
CHECK = {
    "test": "def check(candidate):\n"
    + "".join(f"    {line.replace('f(', 'candidate(', 1)}\n" for line in ASSERTS),
    "entry_point": "f",
}
UNITTEST = (
    "import unittest\nfrom solution import f\nclass T(unittest.TestCase):\n"
    + "".join(f"    def test_{v}(self):\n        self.assertEqual(f({v}), {SECRET + v})\n" for v in VALUES)
)  # fmt: skip
PYTEST = "import pytest\nfrom solution import *\n\n" + "".join(
    f"def test_{v}():\n    with pytest.raises(ValueError):\n        f(-1)\n    assert f({v}) == {SECRET + v}\n\n"
    for v in VALUES
)

FORMS = {
    "io": IO, "calls": CALLS, "literal": LITERAL, "asserts": ASSERTS, "check": CHECK, "unittest": UNITTEST,
    "pytest": PYTEST,
}  # fmt: skip

RIGHT = f"""
def f(x):
    if x < 0:
        raise ValueError(x)
    return {SECRET} + x

if __name__ == "__main__":
    print(f(int(input())))
"""

# Looks for the answers in every object that it can reach.
HUNT = """
import gc, sys
def good(x):
    return type(x) is int and 918273600 < x < 918273700
def text_of(x):
    import re
    found = re.search(r"9182736\\d\\d", x)
    return int(found[0]) if found else None
def look(objects, depth=0):
    for o in objects:
        if good(o):
            return o
        if type(o) is str and (found := text_of(o)):
            return found
        if type(o) is bytes and (found := text_of(o.decode("latin-1"))):
            return found
        inner = list(o.values()) if type(o) is dict else o if type(o) in (list, tuple) else ()
        if depth < 3 and inner and (found := look(inner, depth + 1)):
            return found
    return None
"""
FRAMES = (
    HUNT
    + """
def f(x):
    frame = sys._getframe()
    while frame:
        found = look([v for d in (dict(frame.f_locals), frame.f_globals) for k, v in list(d.items())
                      if k not in ("HUNT", "found")])
        if found: return found
        frame = frame.f_back
"""
)
GARBAGE = (
    HUNT
    + """
def f(x):
    return look([o for o in gc.get_objects() if type(o) in (dict, list, tuple)])
"""
)
FILES = HUNT + '''
import os
def f(x):
    for top in (".", "..", "/tmp", "/proc/self/fd", "/proc/self/environ", "/proc/self/cmdline"):
        for folder, _, names in os.walk(top) if os.path.isdir(top) else [(os.path.dirname(top), [], [os.path.basename(top)])]:
            for name in names[:200]:
                if name in ("solution.py", "main.py") and folder == ".": continue
                try:
                    path = os.path.join(folder, name)
                    if os.path.isfile(path) and os.path.getsize(path) < 10**6 and "code_attacks" not in path:
                        with open(path, "rb") as file:
                            found = text_of(file.read(10**6).decode("latin-1"))
                        if found: return found
                except OSError:
                    pass
'''  # fmt: skip
DESCRIPTORS = (
    HUNT
    + """
import os
def f(x):
    for number in range(20):
        try:
            os.set_blocking(number, False)
            found = text_of(os.pread(number, 10**6, 0).decode("latin-1"))
            if found: return found
        except OSError:
            pass
"""
)

_FORGED_UNITS = '{"units": [{"name": "t", "status": "passed", "error": ""}], "gaps": [], "loaded": true}'
_EVERYWHERE = f"""
import os
def spray(line):
    for number in range(1, 64):
        try: os.write(number, line)
        except OSError: pass
spray({_FORGED_UNITS!r}.encode() + b"\\n")
"""

ATTACKS = {
    # C01, C12: exit codes
    "C01 sys.exit at import": "import sys\nsys.exit(0)",
    "C01 os._exit at import": "import os\nos._exit(0)",
    "C01 os._exit when called": "import os\ndef f(x): os._exit(0)",
    "C01 SystemExit when called": "def f(x): raise SystemExit(0)",
    "C01 KeyboardInterrupt": "def f(x): raise KeyboardInterrupt",
    "C01 kills itself": "import os\ndef f(x): os.kill(os.getpid(), 15)",
    "C12 nothing at all": "pass",
    # C02: skips
    "C02 SkipTest": "import unittest\ndef f(x): raise unittest.SkipTest('later')",
    "C02 a class called Skipped": "class Skipped(BaseException): pass\ndef f(x): raise Skipped",
    "C02 AssertionError swallowed": "def f(x): raise AssertionError",
    # C03, C04: what claims to be equal
    "C03 always equal": "class Yes:\n def __eq__(s, o): return True\n def __hash__(s): return 1\ndef f(x): return Yes()",
    "C03 reflected": "class Yes:\n __req__ = __eq__ = __ne__ = lambda s, o: True\ndef f(x): return [Yes()]",
    "C04 int": "class I(int):\n def __eq__(s, o): return True\n def __hash__(s): return 1\ndef f(x): return I(0)",
    "C04 int that writes itself": (
        "class I(int):\n def __repr__(s): return '918273648'\n __str__ = __index__ = __int__ = __repr__\n"
        "def f(x): return I(0)"
    ),
    "C04 str": "class S(str):\n def __eq__(s, o): return True\n def __hash__(s): return 1\ndef f(x): return S('')",
    "C04 float": "class F(float):\n def __eq__(s, o): return True\n def __hash__(s): return 1\ndef f(x): return F(0)",
    "C04 lying class": "class C:\n __class__ = property(lambda s: int)\n def __eq__(s, o): return True\ndef f(x): return C()",
    "C04 lying metaclass": (
        "class M(type):\n def mro(c): return [c, object]\n def __instancecheck__(c, o): return True\n"
        "class C(metaclass=M):\n def __eq__(s, o): return True\ndef f(x): return C()"
    ),
    "C04 own class under a tested name": "class f:\n def __init__(s, x): pass\n def __eq__(s, o): return True",
    # C05: reading what is expected
    "C05 frames": FRAMES,
    "C05 gc": GARBAGE,
    "C05 files": FILES,
    "C05 descriptors": DESCRIPTORS,
    "C05 frames, main program": FRAMES + "\nprint(f(0))",
    "C05 gc, main program": GARBAGE + "\nprint(f(0))",
    "C05 files, main program": FILES + "\nprint(f(0))",
    # C06, C07: forged results
    "C06 verdict on every descriptor": _EVERYWHERE + "def f(x): return 0",
    "C06 verdict, then leave": _EVERYWHERE + "os._exit(0)",
    "C06 answers on every descriptor": (
        "import os\ndef f(x):\n"
        " for n in range(1, 64):\n"
        "  try: os.write(n, b'{\"v\":true}\\n' * 50)\n"
        "  except OSError: pass\n"
        " return 0"
    ),
    "C06 flood, then silence": "import os\ndef f(x):\n os.write(1, b'x' * 100000)\n os.close(3) if True else 0\n return 0",
    "C07 sentinel": "print('ALL TESTS PASSED')\nprint('OK')\nprint('1.0')\ndef f(x): print('PASS'); return None",
    "C07 verdict on stdout": f"print('''{_FORGED_UNITS}''')\ndef f(x): print('''{_FORGED_UNITS}''')",
    "C07 verdict on stderr": f"import sys\nprint('''{_FORGED_UNITS}''', file=sys.stderr)\ndef f(x): return 0",
    # C08: the tests' files
    "C08 overwrites the tests": (
        "import os\nfor n in ('checks.py', 'main.py', 'tester.bin', 'prefix.py', 'conftest.py', '../checks.py'):\n"
        " try: open(n, 'w').write('def check(c): pass')\n except OSError: pass\ndef f(x): return 0"
    ),
    "C08 patches the drivers": (
        "import sys\nfor n in ('assay_calls', 'assay_serve', 'assay_tester'):\n m = sys.modules.get(n)\n"
        " if m: m.write = lambda told: b'{\"v\": true}\\n'; m.Encoder = lambda *a: lambda *b: True\n"
        "def f(x): return 0"
    ),
    "C08 brings its own tests": "def check(candidate): pass\ndef test_0(): pass\nclass T: pass\ndef f(x): return 0",
    # C11: empty output and exceptions
    "C11 raises": "def f(x): raise ValueError",
    "C11 raises at import": "raise ValueError",
    "C11 returns None": "def f(x): return None",
    "C11 not a number": "def f(x): return float('nan')\nprint('nan')",
    # C13: what lies underneath
    "C13 builtins": (
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.all = builtins.any = lambda *a: True\n"
        "builtins.AssertionError = type('A', (BaseException,), {})\ndef f(x): return 0"
    ),
    "C13 json": "import json\njson.dumps = lambda *a, **k: 'true'\njson.loads = lambda *a, **k: []\ndef f(x): return 0",
    "C13 own modules": (
        "import sys\nfor name, module in list(sys.modules.items()):\n"
        " if hasattr(module, 'Encoder'): module.Encoder = lambda *a: lambda v, d=0: True\ndef f(x): return 0"
    ),
    "C13 shadowed modules": (
        "for n in ('json', 'unittest', 'pytest', 'builtins', 'solution'):\n"
        " open(n + '.py', 'w').write('')\ndef f(x): return 0"
    ),
    "C13 atexit": "import atexit\natexit.register(print, 'PASSED')\ndef f(x): return 0",
    "C13 settrace": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef f(x): return 0",
    "C13 names of the tests": "def assertEqual(*a): pass\ncandidate = f = print\ntrue = True\ndef f(x): return 0",
}
