"""Write the passwords and the first API tokens of a compose deployment, once.

Usage: ``python deploy/make_secrets.py [FOLDER]``; ``make secrets`` does it. What exists is kept.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
PASSWORDS = (
    "postgres_superuser",
    "postgres_owner",
    "postgres_sink",
    "postgres_api",
    "postgres_producer",
)
#: JSON lists of one: whoever brings the first may read, the second also writes.
TOKENS = ("api_tokens", "api_write_tokens")
# The containers' user is not the host's, so the files are readable; the folder is not.
_FILE_MODE = 0o644
_FOLDER_MODE = 0o700


def make_secrets(folder: Path) -> list[Path]:
    """Create what is missing in ``folder`` and return the files written."""
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(_FOLDER_MODE)
    contents = {name: secrets.token_urlsafe(32) for name in PASSWORDS}
    contents |= {name: json.dumps([secrets.token_urlsafe(32)]) for name in TOKENS}
    missing = [folder / name for name in contents if not (folder / name).exists()]
    for file in missing:
        # A half-written secret would be kept for ever.
        partial = file.with_name(f"{file.name}.partial")
        partial.write_text(contents[file.name])
        partial.chmod(_FILE_MODE)
        partial.replace(file)
    return missing


if __name__ == "__main__":
    written = make_secrets(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    for path in written:
        sys.stderr.write(f"wrote {path}\n")
    if not written:
        sys.stderr.write("all secrets exist already and are kept\n")
