"""Answers of a form that a machine checks: documents, calls, texts of a pattern, formulas.

Each right answer is broken by exactly one fault, so that the label follows from the construction. Nothing
here validates, matches or solves anything with the libraries that a plugin may use.
"""

from __future__ import annotations

from assay.conformance.corpora.structured import calls, documents, formulas, patterns

__all__ = ["calls", "documents", "formulas", "patterns"]
