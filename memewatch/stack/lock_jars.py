"""Resolve `requirements/kafka.in` to `kafka.lock`; run as `python -m memewatch.stack.lock_jars`."""

from __future__ import annotations

from memewatch.stack.jars import JARS_DIRECTORY, LOCK_FILE, sha256_of


def main() -> None:
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=JARS_DIRECTORY, timeout=60)
    wanted = [
        # "!": without it jgo lets log4j's own dependency list override Kafka's versions.
        maven.create_dependency(line + "!")
        for line in LOCK_FILE.with_suffix(".in").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    direct, transitive = maven.resolver.resolve(wanted)
    lines = {
        f"{a.groupId}:{a.artifactId}:{a.version} {sha256_of(a.resolve())}"
        for a in (
            dependency.artifact
            for dependency in (*direct, *transitive)
            if dependency.scope not in ("test", "provided", "system")
        )
    }
    LOCK_FILE.write_text("\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    main()
