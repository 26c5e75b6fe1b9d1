"""Scripts that choose a setting on labelled data, and record how; run by hand, never live."""
