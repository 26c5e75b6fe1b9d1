"""Sources, the session they publish in, and the runner between them. The only writers of events."""
