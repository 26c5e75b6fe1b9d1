"""What detectors of holders and their moves are made of."""
