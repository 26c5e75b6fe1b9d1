"""What detectors of launches and pools are made of."""
