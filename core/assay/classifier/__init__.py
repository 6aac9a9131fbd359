"""Sequence-classification models as scores: what reward models, process rewards and their training share.

`Rater` is the whole way from (prompt, answer) to a score in [0, 1]; `Encoder`, `Classifier` and `Calibration`
are its parts. Nothing here imports a numerical library before a model is loaded.
"""

from assay.classifier.calibration import FILE, Calibration, bounded
from assay.classifier.encoder import Conversation, Encoder, Prompt
from assay.classifier.model import Classifier
from assay.classifier.options import LIBRARIES, MODEL_ENV, ClassifierOptions
from assay.classifier.rater import Rated, Rater, TooLong, unrated

__all__ = [
    "FILE",
    "LIBRARIES",
    "MODEL_ENV",
    "Calibration",
    "Classifier",
    "ClassifierOptions",
    "Conversation",
    "Encoder",
    "Prompt",
    "Rated",
    "Rater",
    "TooLong",
    "bounded",
    "unrated",
]
