"""Thin Faust agents over pure detectors: event topics in, signals and alerts out."""
