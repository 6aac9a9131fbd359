r"""The 75 inputs that hang, blow up or slow down graders: (name, reference, completion).

From the issues of Math-Verify and of those who built on it, and from the tests that they wrote since.
"""


def boxed(answer: str) -> str:
    return rf"\boxed{{{answer}}}"


def nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


def tower(*levels: int) -> str:
    """``9^{9^{9}}``."""
    text = str(levels[-1])
    for level in reversed(levels[:-1]):
        text = f"{level}^{{{text}}}"
    return text


def _matrix(size: int, entry: str = "a_{%d%d}") -> str:
    rows = (" & ".join(entry % (i, j) for j in range(size)) for i in range(size))
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


_SURDS = r"\sqrt{2}+\sqrt{3}+\sqrt{5}+\sqrt{7}"
_ANSWERS: list[tuple[str, str, str]] = [
    ("tower 9^9^9", "42", tower(9, 9, 9)),
    ("tower 9^9^9^9", "42", tower(9, 9, 9, 9)),
    ("10^10^10", "42", tower(10, 10, 10)),
    ("10^10^9", "42", tower(10, 10, 9)),
    ("2000^2000^2000", "42", tower(2000, 2000, 2000)),
    ("five storeys in a fraction", "42", rf"\frac{{{tower(7, 7, 7, 7, 7)}}}{{{tower(3, 3, 3, 3, 3)}}}"),
    ("3^10^8", r"3^{99999999}", "3^{100000000}"),
    ("3^10^8 against a decimal", "0.5", "3^{100000000}"),
    ("2^2^2^49", "42", tower(2, 2, 2, 49)),
    ("factorial of a power", "42", "(10^{10^{8}})!"),
    ("1000000!", "42", "1000000!"),
    ("100000000!", "42", "100000000!"),
    ("binomial of 10^6", "42", r"\binom{1000000}{500000}"),
    ("binomial of 10^9", "42", r"\binom{10^9}{5\cdot 10^8}"),
    ("sum of 1/k to 10^7", "42", r"\sum_{k=1}^{10000000} \frac{1}{k}"),
    ("sum of 1/k^k to 10^5", "42", r"\sum_{k=1}^{100000} \frac{1}{k^k}"),
    ("product of k to 10^6", "42", r"\prod_{k=1}^{1000000} k"),
    ("integral of x^x sin", "42", r"\int_0^1 x^x \sin(x^x) dx"),
    ("nested integral", "42", r"\int_0^1 \int_0^x \int_0^y e^{-z^2} \sin(z y x) dz dy dx"),
    ("limit", "42", r"\lim_{x \to 0} \frac{\sin(\tan x) - \tan(\sin x)}{x^7}"),
    ("geometric series of 800 terms", "2", "+".join(rf"\frac{{1}}{{2^{{{k}}}}}" for k in range(800))),
    ("(x+y+z)^60", "(x+y+z)^{59}(x+y+z)+1", "(x+y+z)^{60}"),
    ("(x+y+z+w)^40 + 1", "(x+y+z+w)^{40}", "(x+y+z+w)^{40}+1"),
    ("nested fractions, 100", "42", nested(r"\frac{1}{1+", "1", "}", 100)),
    ("nested fractions, 400", "42", nested(r"\frac{1}{1+", "1", "}", 400)),
    ("nested parentheses, 1000", "42", nested("(", "1", ")", 1000)),
    ("nested parentheses, 5000", "42", nested("(", "1", ")", 5000)),
    ("nested braces, 20000", "42", nested("{", "1", "}", 20000)),
    ("nested roots, 60", "42", nested(r"\sqrt{2+", "2", "}", 60)),
    ("nested roots, 200", "42", nested(r"\sqrt{2+", "2", "}", 200)),
    ("nested sines, 300", "42", nested(r"\sin(", "1", ")", 300)),
    ("plus or minus, 12", "42", "1" + r"\pm 1" * 12),
    ("plus or minus, 20", "42", "1" + r"\pm 1" * 20),
    ("100000 digits", "7" * 100_000, "7" * 100_000),
    ("1000000 digits", "42", "7" * 1_000_000),
]
_TEXTS: list[tuple[str, str, str]] = [
    ("20000 dollars", "42", "$ " * 20_000 + boxed("41")),
    ("3000 boxes that are not closed", "42", r"\boxed{" * 3000),
    ("5000 boxes", "42", boxed("1") * 5000),
    ("'answer', 20000 times", "42", "answer " * 20_000 + boxed("42")),
    ("'answer is =', 5000 times", "42", "answer is = " * 5000),
    ("a chain of 'and'", "42", " and ".join(["$x$"] * 5000)),
    ("opening brackets", "42", "[ " * 20_000),
    (r"\[ 5000 times", "42", r"\[ x " * 5000),
    ("1000000 spaces", "42", " " * 1_000_000 + boxed("42")),
]
_MORE: list[tuple[str, str, str]] = [
    ("5000 minus signs", "42", "-" * 5000 + "1"),
    ("3000 terms", "42", "+".join(f"x^{{{k}}}" for k in range(3000))),
    ("a product of 500 letters", "42", "".join(f"x_{{{k}}}" for k in range(500))),
    ("a product of 40 factors", "42", "".join(f"(x+{k})" for k in range(40))),
    ("determinant of 12 by 12 letters", "42", r"\det" + _matrix(12)),
    ("a power of a matrix", "42", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^{1000000}"),
    ("the inverse of 7 by 7 letters", "42", _matrix(7) + "^{-1}"),
    ("a set of 5000", r"\{1,2\}", r"\{" + ",".join(map(str, range(5000))) + r"\}"),
    ("a union of 300 intervals", "(0,1)", r" \cup ".join(f"({2 * k},{2 * k + 1})" for k in range(300))),
    ("a relation of degree 50", "x=1", "+".join(f"{k}x^{{{k}}}" for k in range(1, 51)) + "=0"),
    ("a relation of sines", "x=1", r"\sin(x)+\cos(2x)+\tan(3x)+\sin(5x)\cos(7x)=\frac{1}{3}"),
    ("a relation of roots", "x=1", r"\sqrt{x+1}+\sqrt{2x+3}+\sqrt{3x+5}+\sqrt[3]{x+7}=11"),
    ("a hard inequality", "x>1", r"\frac{x^5-3x+1}{x^4+x^2+7} > \sin(x) + e^{x}"),
    ("7^7^7^7 mod 10", "3", tower(7, 7, 7, 7) + r" \bmod 10"),
    ("(2+sqrt3)^1000", "42", r"(2+\sqrt{3})^{1000}"),
    ("floor of (2+sqrt3)^1000", "42", r"\lfloor (2+\sqrt{3})^{1000} \rfloor"),
    ("a large gamma", "42", r"\Gamma(1000001)"),
    ("nested logarithms", "42", nested(r"\log(", tower(10, 10, 10), ")", 20)),
    ("a tower with a tail", "42", tower(2, 4, 16, 32) + r"\cdot\ldots"),
    ("radicals to simplify", rf"({_SURDS})^2", rf"({_SURDS})({_SURDS})"),
    ("a product of 40 sines", "42", r"\cdot ".join(rf"\sin({k}^\circ)" for k in range(1, 41))),
    ("sin(10^10^5)", "42", r"\sin(10^{10^{5}})"),
    ("0.1^(-10^9)", "42", "0.1^{-10^{9}}"),
    ("1.0000001^(10^12)", "42", "1.0000001^{10^{12}}"),
    ("a huge gcd", "42", r"\gcd(2^{10^{6}}-1, 3^{10^{6}}-1)"),
]
_LAST: list[tuple[str, str, str]] = [
    ("2 MB of prose", "42", "It is so, and so it is. " * 85_000 + boxed("42")),
    ("a tower in the working", "42", f"First ${tower(2003, 2002, 2001)}$ is large. " + boxed("42")),
    ("a tower as the gold too", tower(9, 9, 9), boxed(tower(9, 9, 8))),
    ("the same tower twice", tower(9, 9, 9), boxed(tower(9, 9, 9))),
    ("1/2004! and 1/2006!", r"\frac{1}{2004!}", boxed(r"\frac{1}{2006!}")),
    ("roots of unity", r"e^{\frac{2\pi i}{7}}", boxed(r"\cos\frac{2\pi}{7}+i\sin\frac{2\pi}{7}")),
]

INPUTS: list[tuple[str, str, str]] = [
    *((name, gold, boxed(answer)) for name, gold, answer in _ANSWERS),
    *_TEXTS,
    *((name, gold, boxed(answer)) for name, gold, answer in _MORE),
    *_LAST,
]

VALUES: list[tuple[str, str, str]] = [
    (name, gold, answer) for name, gold, answer in (*_ANSWERS, *_MORE) if len(answer) <= 1000
]
"""Value against value: both sides can be a reference, so the verdict must not depend on which is."""
