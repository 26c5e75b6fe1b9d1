"""How much likelier a pool's standing is where the liquidity was pulled than where it was not.

``standing.json`` is made by ``processors.tuning.rug``, which also tells how.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from processors.rug_model.features import derive

ARTEFACT = "standing.json"
#: The derived numbers that say how a pool stands, whatever its age. All others (counts, rates,
#: periods, life) tell mostly for how long it could be watched: rugs until the pull, half of them
#: less than two hours, half of the others more than six weeks. With them a young honest pool would
#: look like a rug. The spread of holders says nothing beside their number, and far too much where
#: there are two.
FEATURES = (
    "holder_mean",
    "creator_liquidity",
    "locked_liquidity",
    "burned_tokens",
    "creator_tokens",
    "creator_launches",
)


class StandingModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A logistic regression over a pool's standing, with the classes' frequencies taken out.

    Use: ``explain_one`` says for each number what it adds to the log odds of a rug, in nats;
    ``score_one`` is their sum with the bias. It is a likelihood ratio: whoever uses it brings the
    odds beforehand. In the labelled tokens nine of ten are rugs, among those that somebody watches
    hardly. Weakness: numbers that are missing count as average ones, and nothing is known of what
    happens together. Learned by ``processors.tuning.rug``; King and Zeng 2001, "Logistic regression
    in rare events data", section 4.1, for taking the frequencies out.
    """

    #: Rises whenever the same pool may get another answer.
    version: int
    bias: float
    weights: dict[str, float]
    #: The labelled data it was learned from, and how many tokens of it.
    data_hash: str
    tokens: int

    def score_one(self, inputs: Mapping[str, float | None]) -> float:
        """The log of the likelihood ratio of a rug."""
        return self.bias + sum(self.explain_one(inputs).values())

    def explain_one(self, inputs: Mapping[str, float | None]) -> dict[str, float]:
        """What each number adds to it."""
        derived = derive(inputs)
        return {
            name: weight * derived[name] for name, weight in self.weights.items() if name in derived
        }


@cache
def shipped() -> StandingModel:
    """The model as it was learned last."""
    return msgspec.json.decode((files(__package__) / ARTEFACT).read_bytes(), type=StandingModel)
