"""The problems: what is asked, a reference program, and other right programs, with numbers filled in.

``K``, ``M`` and ``D`` stand for seeded numbers. References are in the language of `evaluator`; the other
programs need not be, and say the same in another way.
"""
# ruff: noqa: E501 - what is asked in one line each

from __future__ import annotations

from dataclasses import dataclass

INT, INTS, TEXT = "int", "list of integers", "text"


@dataclass(frozen=True, slots=True)
class Source:
    """One problem before its numbers are drawn."""

    name: str
    """Of the function."""
    params: tuple[tuple[str, str], ...]
    """Name and type of each argument."""
    returns: str
    ask: str
    reference: str
    others: tuple[str, ...]


SOURCES = (
    Source(
        "capped_sum", (("numbers", INTS),), INT,
        "returns M plus the sum of the numbers, where each number above K counts as K",
        """
def capped_sum(numbers):
    total = M
    for number in numbers:
        if number > K:
            total += K
        else:
            total += number
    return total
""",
        ("def capped_sum(numbers):\n    return M + sum(min(number, K) for number in numbers)",),
    ),
    Source(
        "runs", (("text", TEXT),), INT,
        "returns K times the number of runs of equal letters in the text, and M for an empty text",
        """
def runs(text):
    if text == "":
        return M
    count = 1
    for index in range(1, len(text)):
        if text[index] != text[index - 1]:
            count += 1
    return count * K
""",
        ("import itertools\n\ndef runs(text):\n    return K * len(list(itertools.groupby(text))) or M",),
    ),
    Source(
        "second_largest", (("numbers", INTS),), INT,
        "returns the second largest of the different numbers, and K when there are fewer than two",
        """
def second_largest(numbers):
    best = K
    second = K
    seen = 0
    for number in sorted(numbers):
        if seen == 0 or number != best:
            second = best
            best = number
            seen += 1
    if seen < 2:
        return K
    return second
""",
        ("def second_largest(numbers):\n    different = sorted(set(numbers))\n"
         "    return different[-2] if len(different) > 1 else K",),
    ),
    Source(
        "halvings", (("number", INT),), INT,
        "counts the steps until the number is at most D: an even number is halved, an odd one is lowered by 1; "
        "returns M plus that count",
        """
def halvings(number):
    steps = M
    while number > D:
        if number % 2 == 0:
            number = number // 2
        else:
            number = number - 1
        steps += 1
    return steps
""",
        ("def halvings(number):\n    if number <= D:\n        return M\n"
         "    return 1 + halvings(number - 1 if number % 2 else number // 2)",),
    ),
    Source(
        "rotated", (("numbers", INTS), ("shift", INT)), INTS,
        "returns the numbers rotated to the left by shift + K places",
        """
def rotated(numbers, shift):
    if len(numbers) == 0:
        return []
    start = (shift + K) % len(numbers)
    return numbers[start:] + numbers[:start]
""",
        ("from collections import deque\n\ndef rotated(numbers, shift):\n    row = deque(numbers)\n"
         "    row.rotate(-(shift + K))\n    return list(row)",),
    ),
    Source(
        "packed", (("text", TEXT),), TEXT,
        "writes each run of equal letters as the letter and its length plus D; a run of one is the letter alone",
        """
def packed(text):
    parts = []
    index = 0
    while index < len(text):
        length = 1
        while index + length < len(text) and text[index + length] == text[index]:
            length += 1
        parts.append(text[index])
        if length > 1:
            parts.append(str(length + D))
        index += length
    return "".join(parts)
""",
        ("from itertools import groupby\n\ndef packed(text):\n    found = ''\n"
         "    for letter, run in groupby(text):\n        length = sum(1 for _ in run)\n"
         "        found += letter + (str(length + D) if length > 1 else '')\n    return found",),
    ),
    Source(
        "neighbours", (("numbers", INTS),), INTS,
        "returns for each two neighbours a, b the number a + K * b; the number alone when there is only one",
        """
def neighbours(numbers):
    if len(numbers) == 1:
        return [numbers[0]]
    return [numbers[index] + K * numbers[index + 1] for index in range(len(numbers) - 1)]
""",
        ("def neighbours(numbers):\n    if len(numbers) < 2:\n        return list(numbers)\n"
         "    return [a + K * b for a, b in zip(numbers, numbers[1:])]",),
    ),
    Source(
        "depth", (("text", TEXT),), INT,
        'returns K times the deepest nesting of "a" (opens) and "b" (closes), other letters apart, '
        "and -M when they do not match",
        """
def depth(text):
    level = 0
    deepest = 0
    for letter in text:
        if letter == "a":
            level += 1
            deepest = max(deepest, level)
        if letter == "b":
            level -= 1
            if level < 0:
                return -M
    if level != 0:
        return -M
    return deepest * K
""",
        ("def depth(text):\n    levels = [0]\n    for letter in text:\n"
         "        levels.append(levels[-1] + (letter == 'a') - (letter == 'b'))\n"
         "    return K * max(levels) if min(levels) >= 0 and levels[-1] == 0 else -M",),
    ),
    Source(
        "digit_sum", (("number", INT),), INT,
        "returns M plus the sum of the digits of the number in base D; of a negative one, M less that sum",
        """
def digit_sum(number):
    left = abs(number)
    total = 0
    while left > 0:
        total += left % D
        left = left // D
    if number < 0:
        return M - total
    return M + total
""",
        ("def digit_sum(number):\n    def of(n):\n        return n % D + of(n // D) if n else 0\n"
         "    return M + of(number) if number >= 0 else M - of(-number)",),
    ),
    Source(
        "grade", (("points", INT),), TEXT,
        'returns "fine" for more than M points, "fair" from D points on, "odd" for a negative number that is odd, '
        'and "poor" otherwise',
        """
def grade(points):
    if points > M:
        return "fine"
    if points >= D:
        return "fair"
    if points < 0 and points % 2 == 1:
        return "odd"
    return "poor"
""",
        ("def grade(points):\n    return ('fine' if points > M else 'fair' if points >= D\n"
         "            else 'odd' if points < 0 and points % 2 else 'poor')",),
    ),
    Source(
        "merged", (("left", INTS), ("right", INTS)), INTS,
        "returns the numbers that occur in either list and are not K, each once, in ascending order",
        """
def merged(left, right):
    found = []
    for number in sorted(left + right):
        if number != K and (len(found) == 0 or found[-1] != number):
            found.append(number)
    return found
""",
        ("def merged(left, right):\n    return sorted((set(left) | set(right)) - {K})",),
    ),
    Source(
        "longest_rise", (("numbers", INTS),), INT,
        "returns K times the length of the longest run of neighbours that rise, each by at least D",
        """
def longest_rise(numbers):
    best = 0
    length = 0
    for index in range(len(numbers)):
        if index > 0 and numbers[index] - numbers[index - 1] >= D:
            length += 1
        else:
            length = 1
        best = max(best, length)
    return best * K
""",
        ("def longest_rise(numbers):\n    longest = run = 0\n    before = None\n    for number in numbers:\n"
         "        run = run + 1 if before is not None and number >= before + D else 1\n"
         "        longest, before = max(longest, run), number\n    return K * longest",),
    ),
    Source(
        "paths", (("rows", INT), ("columns", INT)), INT,
        "returns the number of shortest ways through a grid of rows by columns steps, plus K; "
        "only K when one of them is not positive",
        """
def ways(rows, columns):
    if rows == 0 or columns == 0:
        return 1
    return ways(rows - 1, columns) + ways(rows, columns - 1)

def paths(rows, columns):
    if rows <= 0 or columns <= 0:
        return K
    return ways(rows, columns) + K
""",
        ("from math import comb\n\ndef paths(rows, columns):\n"
         "    return K + (comb(rows + columns, rows) if rows > 0 and columns > 0 else 0)",),
    ),
    Source(
        "change", (("amount", INT),), INTS,
        "pays the amount with coins of M, D and 1, the largest first; returns how many of each, "
        "and nothing for an amount that is not positive",
        """
def change(amount):
    found = []
    if amount <= 0:
        return found
    for coin in [M, D, 1]:
        found.append(amount // coin)
        amount = amount % coin
    return found
""",
        ("def change(amount):\n    if amount < 1:\n        return []\n    large, rest = divmod(amount, M)\n"
         "    return [large, *divmod(rest, D)]",),
    ),
)  # fmt: skip
