"""Language consistency: it follows the true share, nothing neutral moves it, and no known trick lifts it."""

from __future__ import annotations

import itertools
import pickle
import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay import Expect, MissingDependencyError, Sample, Status, Verdict

pytest.importorskip("wordfreq")

from assay_plugins.language import (
    COLUMN_CONSISTENCY,
    CONSISTENCY,
    build_column_consistency,
    build_consistency,
    register_cases,
    register_rewards,
)
from assay_plugins.language.cases import NEUTRAL, parse, texts
from assay_plugins.language.evidence import decode, fresh
from assay_plugins.language.lexicon import lexicon
from assay_plugins.language.neutral import prose
from assay_plugins.language.scripts import SCRIPT, segment
from assay_plugins.language.share import identify, share

HELD_OUT = parse(
    (Path(__file__).parents[2] / "support" / "language_held_out.tsv").read_text(encoding="utf-8")
)
LISTED = [language for language in HELD_OUT if language != "mr"]
CASES = tuple(register_cases(spec=CONSISTENCY))
ENGLISH = "First we add the two numbers, and then we check whether the sum is even."
SYSTEM = {"role": "system", "content": "You are a helpful assistant."}
CHINESE = "我先把这两个数加起来，然后检查它们的和是不是偶数。"


def whole(language: str) -> str:
    return " ".join(sentence for _, sentence in HELD_OUT[language])


def judge(completion: str, prompt: object = ENGLISH, **options: object) -> Verdict:
    (verdict,) = build_consistency(**options)([Sample(completion=completion, prompt=prompt)])  # type: ignore[arg-type]
    return verdict


def worth(sample: Sample) -> float | None:
    (verdict,) = build_consistency()([sample])
    return 0.0 if verdict.status is Status.POLICY_FAULT else verdict.score


# --- the share ------------------------------------------------------------------------------------


def test_the_texts_are_in_fourteen_languages_and_more() -> None:
    """The figures rest on at least 14 languages, the same in both sets, with no sentence in both."""
    assert len(HELD_OUT) >= 14 and list(HELD_OUT) == list(texts())
    for language, rows in HELD_OUT.items():
        assert len(rows) >= 6 and language in SCRIPT
        assert not {s for _, s in rows} & {s for _, s in texts()[language]}


@pytest.mark.parametrize("language", HELD_OUT)
def test_a_text_is_in_its_language(language: str) -> None:
    """Of a text that was not used for tuning, all words are in its language, which is told by itself."""
    found = share(whole(language), language)
    assert found.other <= (0.1 if language == "mr" else 0.03) * found.total
    assert found.total == pytest.approx(sum(words for words, _ in HELD_OUT[language]), rel=0.13)
    assert identify(whole(language)) == language


@pytest.mark.parametrize("language", HELD_OUT)
def test_no_other_text_is_in_it(language: str) -> None:
    """Of a text in any other language, (nearly) nothing is."""
    for other in HELD_OUT:
        if other != language:
            found = share(whole(other), language)
            assert found.target <= 0.1 * found.total, other


def test_the_score_follows_the_true_share() -> None:
    """Over spliced held-out sentences the error is at most 0.05 in the mean, and 0.1 for 95 of 100."""
    rng, errors = random.Random(7), []
    for number in range(510):
        mine = LISTED[number % len(LISTED)]
        other = rng.choice([language for language in LISTED if language != mine])
        own, rest = (rng.sample(HELD_OUT[name], rng.randrange(1, 8)) for name in (mine, other))
        truth = sum(words for words, _ in own) / sum(words for words, _ in own + rest)
        pieces = [sentence for _, sentence in own + rest]
        rng.shuffle(pieces)
        found = share(" ".join(pieces), mine)
        errors.append(abs(found.target / found.total - truth))
    errors.sort()
    assert sum(errors) / len(errors) <= 0.05 and errors[int(0.95 * len(errors))] <= 0.1
    assert errors[-1] <= 0.2


def test_words_of_scripts_without_spaces() -> None:
    """A word of Chinese, Japanese and Thai is worth a fixed number of characters, wherever they stand."""
    assert share("我们", "zh").target == pytest.approx(2 / 1.65)
    assert share("我们 $x$ 得到", "zh") == share("我们得到", "zh")
    assert share("ที่นี่", "th").target == pytest.approx(2 / 3.5)  # signs above are not counted
    assert share("これは", "ja").target == pytest.approx(3 / 1.75)


@pytest.mark.parametrize(
    ("text", "target", "all_of_it"),
    [
        ("东京都千代田区永田町", "zh", True),
        ("東京都千代田区永田町", "ja", True),
        ("我们先把这个式子整理一下，然后两边除以二。", "ja", False),
        ("我们先把这个式子整理一下，然后两边除以二。", "zh-hans", True),
        ("我們先把這個式子整理一下，然後兩邊除以二。", "zh-hans", False),
        ("我們先把這個式子整理一下，然後兩邊除以二。", "zh-hant", True),
        ("我們先把這個式子整理一下，然後兩邊除以二。", "zh", True),
        ("Kwanza tunahesabu jumla ya namba zote, kisha tunagawanya kwa mbili", "en", False),
        ("qwer asdf zxcv uiop hjkl vbnm tyui ghjk", "en", False),
        ("The Sum Of The First Two Numbers Is Even", "en", True),
        ("THE SUM OF THE FIRST TWO NUMBERS IS EVEN", "de", False),
        ("Die Quadratwurzel der Gesamtzahl ist die kleinste Primzahl", "de", True),
    ],
)
def test_near_languages_and_none(text: str, target: str, all_of_it: bool) -> None:
    """Kanji, the two spellings of Chinese, a language without a list, keyboard noise, title case."""
    found = share(text, target)
    assert found.total > 3
    assert (found.other == 0) if all_of_it else (found.target == 0)


# --- neutral text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("so $x^2$ is", "so is"),
        ("it costs $5 and not $7 today", "it costs and not today"),
        (r"\(a\) or \[b\] or $$c$$", "or or"),
        (r"\begin{align}a&=b\end{align} holds \frac{a}{b} here", "holds here"),
        ("run `print(x)` now\n```py\nfor i in x: pass\n```\nend", "run now end"),
        ("```never closed, so prose", "```never closed, so prose"),
        ("see https://a.org/b?c=d, me@x.org and /usr/lib", "see and"),
        ("<b>bold</b> x_1 maxval2 a/b 10% 1,000", "bold"),
        ("所以x=3，我们", "所以 ，我们"),
        ("e.g. this", "e.g. this"),
    ],
)
def test_what_is_prose(text: str, left: str) -> None:
    """Mathematics, code, addresses, numbers and identifiers go; words and their marks stay."""
    assert " ".join(prose(text).split()) == left


def test_variables_and_functions_are_no_words() -> None:
    """Single letters are left out, and names of functions and units are where they are such."""
    assert segment("let n be sin x and o").latin == ["let", "be", "and", "o"]
    assert segment("sin embargo").latin == ["sin", "embargo"]
    assert share("km cm kg", "en").total == 0


PLACES = st.integers(0, 1_000)
INSERTED = st.one_of(
    st.sampled_from([text for _, _, text in NEUTRAL]),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: f"${number}$"),
    st.from_regex(r"\A[a-z]{1,8}_[a-z0-9]{1,8}\Z"),
    st.from_regex(r"\A```[a-z ]{0,20}\n[a-z =()\n]{0,60}\n```\Z"),
    st.from_regex(r"\Ahttps://[a-z]{1,9}\.org/[a-z?=&%.]{0,20}\Z"),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(LISTED), st.sampled_from(LISTED), st.lists(st.tuples(PLACES, INSERTED), max_size=4))
def test_neutral_text_moves_nothing(mine: str, other: str, inserted: list[tuple[int, str]]) -> None:
    """Whatever neutral stands between any two words: the score is exactly the same (G02 to G05, G13)."""
    words = f"{whole(mine)} {whole(other)}".split()
    before = share(" ".join(words), mine)
    for place, text in inserted:
        words.insert(place % (len(words) + 1), text)
    assert share(" ".join(words), mine) == before


# --- the reward -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_cases(case) -> None:  # type: ignore[no-untyped-def]
    """RVH-G01 to RVH-G16: what must be paid is, what must not be is not, and orders hold."""
    found = worth(case.sample)
    if case.expect is Expect.ACCEPT:
        assert found == 1.0
    elif case.expect is Expect.REJECT:
        assert not found
    elif case.expect is Expect.EQUAL:
        assert found == worth(case.other)
    else:
        than = worth(case.other)
        assert found is not None and than is not None and found > than


def test_every_family_has_a_case() -> None:
    """G01 to G16 are all tried, but G08, which is about randomness and belongs to the checks for it."""
    families = Counter(case.family for case in CASES)
    for number in range(1, 17):
        assert number == 8 or families[f"RVH-G{number:02d}"], number


@pytest.mark.parametrize(
    "completion", ["", "<think></think> 4", f"<think> \n\u200b</think>{ENGLISH}", ENGLISH]
)
def test_no_reasoning_earns_the_least(completion: str) -> None:
    """Without tags, or with nothing between them, the completion is to blame: it never earns 1 (G10, G12)."""
    assert judge(completion).status is Status.POLICY_FAULT
    assert CONSISTENCY.range == (0.0, 1.0)


@pytest.mark.parametrize("text", ["Yes.", "12 345", "$x^2$", "`return x`", "Euler, Noether"])
def test_too_little_text_abstains(text: str) -> None:
    """Nothing can be told of a word, digits, mathematics, code or names alone (G01 to G05)."""
    assert judge(f"<think>{text}</think> 4").status is Status.ABSTAINED
    assert judge(f"<think>{ENGLISH}</think> 4", min_words=50).status is Status.ABSTAINED


def test_reasoning_behind_the_tags_can_only_lose() -> None:
    """What stands behind is ignored while it is shorter, and can lower the score when longer (G12)."""
    english, chinese = f"<think>{ENGLISH}</think>", f"<think>{CHINESE}</think>"
    assert judge(f"{english} 答案是四。").score == 1.0
    moved = judge(english + whole("zh")).score
    assert moved is not None and moved < 0.2
    assert judge(chinese + whole("en")).score == 0.0
    assert judge(english + whole("en")).score == 1.0


def test_padding_does_not_lift() -> None:
    """A phrase counts once, however often it stands there, and digits and marks not at all (G11, G15)."""
    mixed = f"{ENGLISH} {CHINESE}"
    once = judge(f"<think>{mixed} Let me think again.</think>").score
    often = judge(f"<think>{mixed} {'Let me think again. ' * 500}</think>").score
    assert once is not None and often is not None and often - once < 0.05
    assert judge(f"<think>{mixed}</think>") == judge(f"<think>{mixed}{' 7 !! ...' * 500}</think>")
    assert fresh(list("abcabcabcabc"), 4) == 6


def test_a_cut_off_reasoning_is_judged() -> None:
    """An open tag, or a template that brings it, is enough: what there is of the reasoning counts."""
    assert judge(f"<think>{ENGLISH}").score == 1.0
    assert judge(CHINESE, prefilled=True).score == 0.0
    assert judge(ENGLISH, section="completion").score == 1.0


@pytest.mark.parametrize(
    ("prompt", "target"),
    [
        ("Was ist die Summe der beiden Zahlen?", "de"),
        ("求这两个数的和，并说明它为什么是偶数。Please put your answer in \\boxed{}.", "zh"),
        ((SYSTEM, {"role": "user", "content": "Каков ответ на этот вопрос?"}), "ru"),
        (({"role": "user", "content": [{"type": "text", "text": "¿Cuál es la respuesta correcta?"}]},), "es"),
    ],
)  # fmt: skip
def test_the_target_follows_the_prompt(prompt: object, target: str) -> None:
    """The language of the user's last message, not of the system prompt, is what is paid."""
    assert judge(f"<think>{ENGLISH}</think>", prompt).evidence["target"] == target


def test_a_prompt_without_language() -> None:
    """A formula has no language: it abstains, or takes the fallback."""
    assert judge(f"<think>{ENGLISH}</think>", "$2 + 2 = ?$").status is Status.ABSTAINED
    assert judge(f"<think>{ENGLISH}</think>", "$2 + 2 = ?$", fallback="en").score == 1.0


def test_a_fixed_target() -> None:
    """A fixed target needs no prompt; regions of a tag are understood, an unknown language is refused."""
    assert judge(f"<think>{CHINESE}</think>", target="zh-CN").score == 1.0
    assert judge(f"<think>{CHINESE}</think>", target="zh-TW").score != 1.0
    assert judge(f"<think>{ENGLISH}</think>", target="en_GB").score == 1.0
    with pytest.raises(ValidationError, match="unknown language 'xx'"):
        build_consistency(target="xx")


@pytest.mark.parametrize("value", [None, "", "xx", 3])
def test_a_target_in_a_column(value: object) -> None:
    """The column decides; one that names no known language is the dataset's fault."""
    check = build_column_consistency()
    completion = f"<think>{ENGLISH}</think>"
    assert COLUMN_CONSISTENCY.columns == ("language",)
    good, bad = check([Sample(completion=completion, columns={"language": tag}) for tag in ("en-US", value)])
    assert good.score == 1.0 and bad.status is Status.REFERENCE_FAULT


def test_without_the_word_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without wordfreq the reward says which extra brings it, when it is built."""
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    lexicon.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"assay\[language\]"):
        build_consistency()


def test_the_specs() -> None:
    """Specs travel to other processes, every option is described, and an empty batch gives no verdicts."""
    for spec in register_rewards():
        assert pickle.loads(pickle.dumps(spec)) == spec and spec.options is not None
        assert all(option.description for option in spec.options.model_fields.values())
        assert spec.factory()([]) == []


# --- laws -----------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.sampled_from(sorted(SCRIPT)))
def test_any_text_has_a_share(text: str, target: str) -> None:
    """No text raises; both sides are at least 0; the same text gives the same share."""
    found = share(text, target)
    assert found.target >= 0 and found.other >= 0 and share(text, target) == found
    assert identify(text) in {None, *SCRIPT}


@given(st.lists(st.floats(-20, 20), max_size=60))
def test_decoding_is_the_best_sequence(gains: list[float]) -> None:
    """No single place can be relabelled for a better total."""
    labels = decode(gains, 4.0)

    def total(states: list[bool]) -> float:
        changes = sum(a is not b for a, b in itertools.pairwise(states))
        own = sum(gain for gain, state in zip(gains, states, strict=True) if state)
        return own + 2.0 * states[0] - 4.0 * changes

    if gains:
        best = total(labels)
        for place in range(len(labels)):
            other = [*labels[:place], not labels[place], *labels[place + 1 :]]
            assert total(other) <= best + 1e-9


def test_the_data_is_words_and_sentences() -> None:
    """Each line of the data has a count and a sentence in the script of its language."""
    for rows in texts().values():
        assert all(words > 3 and re.search(r"\w", sentence) for words, sentence in rows)
