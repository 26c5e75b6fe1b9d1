"""What is watched, as rules of X's filtered stream; a search takes the same rules as queries."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.watch import WatchEntry

_log = logging.getLogger(__name__)

#: Rules of others in the same app stay as they are: only those with this tag are ours.
TAG = "memewatch"
_OR = " OR "
#: What X takes for a cashtag; other tickers are asked for as plain words.
_CASHTAG = re.compile(r"[A-Za-z]{1,6}([._][A-Za-z]{1,2})?")
_ACCOUNT = re.compile(r"[A-Za-z0-9_]{1,20}")
#: Tokens come first, so that they are the last to be left off when there are too many entries.
_RANK = {"token": 0, "account": 1, "keyword": 2}


def clauses_of(entries: Iterable[WatchEntry], longest: int) -> list[str]:
    """One clause for each cashtag, contract address, account and keyword, without doubles.

    Entries meant for another source, and what X could not look for, are passed over.
    """
    found: dict[str, str] = {}
    meant = [entry for entry in entries if entry.kind in _RANK and _is_meant(entry)]
    for entry in sorted(meant, key=lambda entry: (_RANK[entry.kind], entry.identity)):
        for clause in _clauses(entry):
            if len(clause) <= longest:
                found.setdefault(clause.casefold(), clause)
            else:
                _log.warning("X takes rules of %d characters: %r is left off", longest, entry.value)
    return list(found.values())


def packed(clauses: Sequence[str], longest: int) -> list[str]:
    """The clauses joined into as few rules as their order allows."""
    rules: list[str] = []
    for clause in clauses:
        if rules and len(rules[-1]) + len(_OR) + len(clause) <= longest:
            rules[-1] += _OR + clause
        else:
            rules.append(clause)
    return rules


def planned(clauses: Sequence[str], present: Iterable[str], longest: int, most: int) -> list[str]:
    """The rules to have, with as many of those ``present`` as are still right.

    A rule that stays goes on matching while others are exchanged.
    """
    wanted = set(clauses)
    kept: list[str] = []
    covered: set[str] = set()
    for rule in present:
        parts = rule.split(_OR)
        if len(rule) <= longest and wanted.issuperset(parts) and covered.isdisjoint(parts):
            kept.append(rule)
            covered.update(parts)
    rules = kept + packed([clause for clause in clauses if clause not in covered], longest)
    if len(rules) > most:
        rules = packed(clauses, longest)
    return within(rules, most)


def within(rules: list[str], most: int) -> list[str]:
    """The first ``most`` rules; what does not fit is said in the log."""
    if len(rules) > most:
        left_off = sum(rule.count(_OR) + 1 for rule in rules[most:])
        _log.warning(
            "X is asked for %d rules at most (MEMEWATCH_TWITTER_MOST_RULES): "
            "%d things of the watch list are left off",
            most,
            left_off,
        )
    return rules[:most]


class RulesClient(Protocol):
    """The part of tweepy's streaming client that is used here; answers are X's JSON."""

    async def rules(self) -> dict[str, Any]: ...

    async def add(self, values: list[str], tag: str) -> dict[str, Any]: ...

    async def delete(self, ids: list[str]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Synchronised:
    """``rules`` are in force. ``blind``: for a moment, not everything wanted was matched."""

    rules: list[str]
    blind: bool


async def synchronise(
    client: RulesClient, clauses: Sequence[str], longest: int, most: int
) -> Synchronised:
    """Bring X's rules to what is wanted, by difference.

    New rules come before old ones go, so nothing is missed in between; only where there is no room
    for both it is the other way round.

    Raises:
        RateLimitedError, AccessRefusedError, aiohttp.ClientError: as the client does.
    """
    present = (await client.rules()).get("data") or []
    ours = {str(rule["value"]): str(rule["id"]) for rule in present if rule.get("tag") == TAG}
    wanted = planned(clauses, ours, longest, most)
    add = [rule for rule in wanted if rule not in ours]
    obsolete = [identifier for value, identifier in ours.items() if value not in wanted]
    blind = bool(add and obsolete) and len(present) + len(add) > most
    if blind:
        await client.delete(obsolete)
    if add:
        await _add(client, add)
    if obsolete and not blind:
        await client.delete(obsolete)
    return Synchronised(wanted, blind)


async def _add(client: RulesClient, values: list[str]) -> None:
    """Add rules; one that X does not take must not keep out the others."""
    answer = await client.add(values, TAG)
    problems = answer.get("errors") or []
    # A rule that is there already is what was wanted.
    refused = [each for each in problems if each.get("title") != "DuplicateRule"]
    if not refused:
        return
    if len(values) == 1:
        _log.warning("X does not take the rule %r: %s", values[0], refused[0])
        return
    # X creates none of a request's rules when one is wrong, so the wrong one is looked for.
    middle = len(values) // 2
    await _add(client, values[:middle])
    await _add(client, values[middle:])


def _is_meant(entry: WatchEntry) -> bool:
    return entry.kind == "token" or entry.source in (None, "twitter")


def _clauses(entry: WatchEntry) -> list[str]:
    if entry.kind == "account":
        name = entry.value.removeprefix("@")
        return [f"from:{name}"] if _ACCOUNT.fullmatch(name) else []
    if entry.kind == "keyword":
        return _words(entry.value)
    if entry.chain is None:
        return _ticker(entry.symbol or entry.value)
    return _words(entry.value) + (_ticker(entry.symbol) if entry.symbol else [])


def _ticker(text: str) -> list[str]:
    ticker = text.removeprefix("$")
    return [f"${ticker}"] if _CASHTAG.fullmatch(ticker) else _words(ticker)


def _words(text: str) -> list[str]:
    """A quoted phrase: no word in it is an operator, and X knows no escape for a quote."""
    # The joint between clauses must not occur inside one, or a rule could not be taken apart.
    words = text.replace('"', " ").replace("\\", " ").replace(_OR, " or ").split()
    return [f'"{" ".join(words)}"'] if any(map(str.isalnum, "".join(words))) else []
