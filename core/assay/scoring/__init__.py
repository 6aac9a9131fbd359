"""Scoring: samples in, scorecards out."""

from assay.scorecard import ComponentScore, Scorecard
from assay.scoring.stack import Stack

__all__ = ["ComponentScore", "Scorecard", "Stack"]
