"""`python -m memewatch`: the command line, without an installed script."""

from memewatch.cli.main import run

run()
