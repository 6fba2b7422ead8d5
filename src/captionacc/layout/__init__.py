"""Caption band and crop region from OCR boxes; box classification."""

from captionacc.layout.analysis import LayoutAnalysis, analyze_layout
from captionacc.layout.classify import BoxLabel, ClassifiedBox, classify_boxes

__all__ = ["BoxLabel", "ClassifiedBox", "LayoutAnalysis", "analyze_layout", "classify_boxes"]
