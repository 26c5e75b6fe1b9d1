"""One file per pattern. A new pattern is one file and one line in ``registry.py``."""
