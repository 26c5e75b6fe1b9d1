"""What detectors that read posts are made of."""
