"""Sample clips with exact ground truth, rendered from footage and fonts that packages ship."""
