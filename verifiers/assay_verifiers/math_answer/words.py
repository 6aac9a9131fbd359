"""The words that announce, join, deny or doubt an answer, in the languages of common benchmarks.

Every pattern is for text in lower case: without folding, the search skips to first letters, which is
several times faster. Alternatives begin with letters for the same reason.
"""

from __future__ import annotations

import re

_ANSWER = "|".join(
    (
        r"(?<![a-z])answer(?:s|\s+choice)?(?:\s+(?:to|for|of|in)\s+[^.\n]{1,80}?)?",
        r"(?<![a-z])correct\s+(?:option|choice)",
        r"réponse(?:\s+finale|\s+correcte)?",
        r"respuesta(?:\s+final|\s+correcta)?",
        r"resposta(?:\s+final|\s+correta)?",
        r"risposta(?:\s+finale|\s+corretta)?",
        r"(?:antwort|lösung|ergebnis)(?:\s+lautet)?",
        r"ответ|відповідь|odpowiedź|cevap|jawaban(?:nya)?",
        r"đáp\s+(?:án|số)(?:\s+cuối\s+cùng|\s+đúng)?",
        "答案|答え|正解|정답|답",
        r"الإجابة(?:\s+النهائية|\s+الصحيحة)?|الجواب|उत्तर|जवाब|উত্তর|คำตอบ",
    )
)
STEMS = (
    *("###", "answer", "correct option", "correct choice", "respuesta", "resposta", "risposta", "antwort"),
    *("ergebnis", "odpowied", "cevap", "jawaban", "réponse", "lösung", "ответ", "відповідь", "đáp"),
    *("答案", "答え", "正解", "답", "الإجابة", "الجواب", "उत्तर", "जवाब", "উত্তর", "คำตอบ"),
)
"""One of these stands wherever `ANNOUNCED` matches; those in ASCII first."""
_IS = (
    r"is|are|was|equals?|should\s+be|must\s+be|therefore|thus|est|es|é|è|ist|lautet|là|هو|هي|है|হল|คือ|是|为|為"
    r"|は|은|는|adalah|равен|равна|равно"
)
ANNOUNCED = re.compile(
    rf"(?:{_ANSWER})[\s*_]{{0,4}}(?:(?:{_IS})(?![a-z])[\s*_]{{0,3}}(?:[:：=][\s*_]{{0,3}})?"
    r"|[:：=—–-][\s*_]{0,3}|(?<=[*r])\s*\n\s*|(?<=[रब]\s)(?=[-$\d])|(?=\$|\\\(|\\\[))"
    r"|#{3,6}(?!#)[ \t]*"
)
"""Where an announced answer begins: behind the match."""

_FILLERS = (
    r"(?:\s+(?:that|the|an?|about|approximately|roughly|around|exactly|only|just|simply|therefore|thus|then|now"
    r"|also|equal|to|interval|set|point|pair|ordered|number|value|matrix|ratio|equation|function|donc|de|environ"
    r"|alors|daher|genau|exactamente|aproximadamente|por|tanto|une?|eine?))*"
)
_VERBS = (
    r"is|are|was|were|equals?|gives?|yields?|becomes?|remains?|gets?|obtain|finds?|conclude|have|it['’]s|est|sont|es"
    r"|son|é|è|ist|sind|beträgt|lautet|adalah|là|bằng|равен|равна|равно|составляет"
    r"|(?:equal|comes?|amounts?|drops?|falls?|rises?|grows?|simplifies|reduces|evaluates|up)\s+to"
)
LINKED = re.compile(
    rf"(?:(?<![a-z])(?:{_VERBS}){_FILLERS}|هو|هي|يساوي|是|为|為|有|等于|得到|得|共|は|[=:：≈])[\s*_(\[]*$"
)
"""The words before a value that make it what the sentence says."""
LINKED_REACH = 80
"""How far before a value they are looked for."""

_CONCLUSIONS = (
    r"so(?!\s+that)|thus|hence|therefore|then|finally|in\s+total|altogether|donc|ainsi|por\s+lo\s+tanto"
    r"|por\s+tanto|entonces|portanto|quindi|also|daher|somit|поэтому|значит|следовательно|итак|vậy|do\s+đó"
    r"|因此|所以|故|总共|لذا|إذن|لذلك|इसलिए|अतः|したがって|よって|따라서"
)
CONCLUDES = re.compile(rf"[\s*_,;，]*(?:{_CONCLUSIONS})(?![a-z])")
CONCLUDING = re.compile(rf"(?<![^\s,;，。])(?:{_CONCLUSIONS})(?![a-z])")

_DENYING = (
    r"not|never|cannot|neither|nor|rather than|instead of|other than|anything but|without|wrong|incorrect"
    r"|false|mistake|mistaken|doubt|hardly|unlike|except|no idea|unable|non|pas|nicht|keine?|не"
    r"|không phải|tampoco|ni|ليس|ليست|नहीं"
)
DENIES = re.compile(rf"(?<!\w)(?:{_DENYING})(?!\w)|n['’]t\b|不是|并非|不对|ではない|아니")
RESUMES = re.compile(r"[,;.]\s*(?:therefore|so|thus|hence|but|then)\b|[,;，；](?:所以|因此)")
"""What ends a denial: ``it is not A, so it is B``."""
HEDGES = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|either|unsure|uncertain|guess(?:es|ing)?|alternatively|candidates?"
    r"|unclear|one of|not\s+(?:sure|certain|know))\b|\b(?:might|could|may)\s+(?:also\s+)?be\s+[-$\\\d]"
    r"|n['’]t\s+(?:sure|certain|know)\b|peut-être|vielleicht|quizás|tal vez|talvez|возможно|也许|可能|或者"
    r"|có lẽ|ربما|शायद"
)
CHANGES_BEFORE = re.compile(
    r"(?:\b(?:minus|negative|times|plus|moins|menos|least|most|than|over|under|above|below|exceed(?:s|ing)?|nearly"
    r"|almost|twice|thrice|half|double|triple|between|from|up to)"
    r"|\b(?<!total )(?<!value )(?<!probability )(?<!answer )of|负|[<>≤≥≠¬!±~√#|^/→])\s*[$(*]*$"
)
"""Words before a value that change it."""
CHANGES_AFTER = re.compile(
    r"\W{0,3}(?:(?:thousand|million|billion|trillion|hundred|dozen|plus|minus|squared|cubed|divided|multiplied"
    r"|modulo|mod|less|more|fewer|factorial|ish|if|when|unless|or|and|wrong|incorrect|false|mistaken|root"
    r"|(?:th|st|nd|rd)\s+root)\b|times\s+\S|万|亿)|\s*(?:[→⇒|±^²³√<>≤≥≠+×]|[:/–*-]\s*\d)"
)
"""Words behind a value that change it, or make it one of several."""
EXPLAINS = re.compile(
    r"\b(?:which|that|because|since|as|where|for|from|in|on|at|by|per|with|within|using|after|before|not"
    r"|rather than|instead of|i\.e|car|parce que|porque|weil|da|pas|non|nicht|no)\b|[(（]|因为|不是"
)
"""Words between the answer and another value that explain it, or deny that other value."""
IS_THE_ANSWER = re.compile(
    r"[\s$*]*(?:is|are|was)\s+(?:therefore\s+|thus\s+)?(?:the|our|my)\s+(?:final\s+|correct\s+|right\s+)?"
    r"(?:answer|result)\b"
)
SUPPOSES = re.compile(
    r"[\s*_]*(?:(?:let|suppose|assume|assuming|consider|say|try|check|question|hint|note|example|soit|sea|sei)\b"
    r"|(?:if|given|when)\b[^,:]*$)"
)
"""How a sentence begins that asserts nothing; for the words before a value."""
PREPOSED = re.compile(
    r"\b(?:in|after|within|for|from|on|at|per|each|every|of|with|by|among|out of|d['’]ici|dans|en|pendant"
    r"|nach|pro|por|para)\s+(?:(?:the|an?|all|next|first|last|les?|los|den)\s+){0,2}[$(]*$"
)
"""Words that make the value after them a circumstance: ``in 12 months``."""
REPORTED = re.compile(
    r"\b(?:suppose|assum(?:e|ing|es|ed|ption)|said|says|claim(?:s|ed)?|thinks|thought|believe[sd])\b"
)
"""Before an announcement: it is not the text's own."""
ADDS = re.compile(
    r"\W*\b(?:or|no|edit|hmm|alternatively|but|wait|actually)\b[^.\n]{0,60}?(?:[\d$\\]|\b[b-j]\b)"
    r"|\W*(?:[^\W\d_]+:\s*)?[-+$\\]*\d[\d.,]*\W*$"
)
"""How a sentence after the answer begins that states another one."""
COURTESY = re.compile(r"[\s*_]*(?:i\s+)?(?:hope|let me know|thanks?|please|feel free|if you have)\b")
TAKEN_BACK = re.compile(
    r"\b(?:wait|scratch that|never ?mind|actually|correction|corrected|sorry|wrong|mistake|incorrect|oops)\b"
)
_JOINS = ", ; and or & et ou y o und oder и или và hoặc e 和 或 与"
JOINS = frozenset(("", *_JOINS.split()))
"""Between two values of one list."""
