"""Reports: of a run and of a pipeline one self-contained HTML page, and a short table for the terminal."""

from assay_trainer.report.console import print_summary
from assay_trainer.report.pipeline import render_pipeline
from assay_trainer.report.render import render_report

__all__ = ["print_summary", "render_pipeline", "render_report"]
