"""Under root PostgreSQL refuses to run: who runs it instead, and what that user can reach."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from memewatch.errors import OperatorError

_USER_NAMES = ("nobody", "daemon")
#: Where a cluster lies whose data directory the unprivileged user cannot reach.
_FALLBACK_HOME = Path("/var/lib/memewatch")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a process runs as; both None keeps the caller's own account."""

    user_id: int | None
    group_id: int | None

    def own(self, path: Path) -> None:
        """Give ``path`` to this account."""
        if self.user_id is not None and self.group_id is not None:
            os.chown(path, self.user_id, self.group_id)


def database_account() -> Account:
    """The caller's own account, or for root an unprivileged one."""
    if os.geteuid() != 0:
        return Account(None, None)
    for name in _USER_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise OperatorError(
        f"PostgreSQL does not run as root and there is no user {' or '.join(_USER_NAMES)}: "
        "start memewatch as an ordinary user"
    )


def is_reachable(path: Path) -> bool:
    """Whether any user may pass through ``path``'s directories and read ``path``."""
    resolved = path.resolve()
    for place in (resolved, *resolved.parents):
        needed = stat.S_IROTH | stat.S_IXOTH if place == resolved else stat.S_IXOTH
        if place.stat().st_mode & needed != needed:
            return False
    return True


def reachable_home(directory: Path, account: Account) -> Path:
    """``directory``, or where its content lies because ``account`` cannot reach it there.

    ``directory`` is then a link. Nobody's permissions are changed to make it reachable.
    """
    if directory.is_symlink():
        return directory.resolve()
    directory.parent.mkdir(parents=True, exist_ok=True)
    if account.user_id is None:
        directory.mkdir(exist_ok=True)
        return directory.resolve()
    if directory.exists() or _may_pass(directory.parent):
        directory.mkdir(exist_ok=True)
        return directory.resolve()
    if not _FALLBACK_HOME.exists():
        _FALLBACK_HOME.mkdir(parents=True)
        # Whatever the umask: the account must pass through it.
        _FALLBACK_HOME.chmod(0o711)
    home = _FALLBACK_HOME / os.urandom(8).hex()
    home.mkdir()
    directory.symlink_to(home)
    return home


def readable_copy(source: Path, copy: Path, account: Account) -> Path:
    """``source`` itself where ``account`` can read it, else a copy of it at ``copy``."""
    if account.user_id is None or is_reachable(source):
        return source
    if not copy.exists():
        partial = copy.with_name(copy.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial, symlinks=True)
        for place in (partial, *partial.rglob("*")):
            if not place.is_symlink():
                mode = place.stat().st_mode
                place.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
        partial.rename(copy)
    return copy


def _may_pass(directory: Path) -> bool:
    return all(
        place.stat().st_mode & stat.S_IXOTH
        for place in (directory.resolve(), *directory.resolve().parents)
    )
