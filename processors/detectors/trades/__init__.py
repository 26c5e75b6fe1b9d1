"""What detectors that read trades are made of."""
