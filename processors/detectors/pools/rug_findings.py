"""What speaks for a drain of one pool and against it, weighed and told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from processors.detectors.pools.rug_signs import SIGNS, SignName, odds_of
from processors.rug_model.standing import shipped
from schemas.alerts import Evidence


@dataclass(frozen=True, slots=True)
class RugWarningParameters:
    """Where the lines lie, and why there."""

    #: How many of the pools that somebody watches are drained, before anything is known of one. Of
    #: all pools ever made most are, but of those hardly any is watched. A warning is to be rare.
    prior: float = 0.05
    #: From this probability on there is a warning.
    probability: float = 0.5
    #: How much likelier the signs together must make it: what honest makers do now and then is no
    #: warning by itself, however the pool stands.
    signs_odds: float = 5.0
    #: Part of the shares that insiders must be able to take out at once.
    in_reach: float = 0.5
    #: Part of the pool's quote that others must have brought by buying: else there is no loot.
    brought: float = 0.05
    #: How often somebody must have bought: one's own first purchase is no loot either.
    purchases: int = 5
    #: Part of all tokens in known pools that the pool must hold: a dust pool is nobody's loss.
    pool_part: float = 0.05
    #: Milliseconds for which a sign counts: makers prepare within a day, or wait for a better one.
    span_ms: int = 86_400_000
    #: Milliseconds after a warning in which there is none about the same pool, unless its shares
    #: were locked meanwhile: as long as it is followed.
    cool_down_ms: int = 21_600_000
    #: Pools of a token, and holders of a pool's shares, that are kept up.
    pools: int = 4
    holders: int = 24


PARAMETERS = RugWarningParameters()


@dataclass(frozen=True, slots=True)
class RugFindings:
    """What is known of one pool: parts of its shares and money, of each sign how much was seen,
    and the rug model's inputs."""

    parameters: RugWarningParameters
    in_reach: float
    locked: float
    brought: float
    signs: dict[SignName, float]
    inputs: dict[str, float]

    @property
    def probability(self) -> float:
        """Of a drain, after all that is known."""
        standing = shipped().score_one(self.inputs)
        log_odds = _logit(self.parameters.prior) + standing + math.log(odds_of(self.signs))
        return 1.0 / (1.0 + math.exp(-log_odds))

    def explanation(self) -> str:
        signs = ", and ".join(SIGNS[name].words.format(part) for name, part in self.signs.items())
        return (
            f"Insiders can take {self.in_reach:.1%} of a pool whose money came to "
            f"{self.brought:.1%} from buyers; {self.locked:.1%} is locked. Now {signs}."
        )

    def evidence(self) -> list[Evidence]:
        """Each with its part of all that was added to the log odds or taken from them."""
        model, inputs, parameters = shipped(), self.inputs, self.parameters
        standing = model.explain_one(inputs)
        added: dict[str, float] = {
            "prior_probability": _logit(parameters.prior),
            "shares_in_reach": standing.get("creator_liquidity", 0.0),
            "shares_locked": standing.get("locked_liquidity", 0.0),
            "share_holders": standing.get("holder_mean", 0.0),
            "creator_token_share": standing.get("creator_tokens", 0.0),
        }
        added |= {name: math.log(SIGNS[name].odds) for name in self.signs}
        values: dict[str, float | None] = {
            "prior_probability": parameters.prior,
            "shares_in_reach": self.in_reach,
            "shares_locked": self.locked,
            "share_holders": 100.0 / inputs["lp_avg"] if "lp_avg" in inputs else None,
            "creator_token_share": inputs.get("token_creator_holding_ratio"),
            "brought_by_buyers": self.brought,
        }
        values |= dict(self.signs.items())
        lines: dict[str, float] = {
            "shares_in_reach": parameters.in_reach,
            "brought_by_buyers": parameters.brought,
        }
        lines |= {name: SIGNS[name].line for name in self.signs}
        whole = abs(model.bias) + sum(abs(each) for each in added.values())
        return [
            Evidence(
                feature=feature,
                value=value,
                baseline=0.0 if feature in self.signs else None,
                threshold=lines.get(feature),
                weight=abs(added.get(feature, 0.0)) / whole,
            )
            for feature, value in values.items()
            if value is not None
        ]


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
