"""The rug model: forests and regressions that learn example by example, and agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from river import forest, linear_model, optim

from processors.rug_model.features import derive
from processors.rug_model.kernel import KernelRegression

#: Where the steps of the logistic regression's features lie, in standard units, and how steep.
_KNOTS = (-1.5, -0.75, 0.0, 0.75, 1.5)
_STEEPNESS = 4.0
#: No member is believed beyond these odds, about 330 to 1.
_MOST_LOG_ODDS = 5.8
#: An example changes the remembered balance of the classes by this share.
_BALANCE_STEP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be tuned. ``processors.tuning.rug`` chose the values.

    ``forests`` and ``regressions`` hold for each member how far it makes up for a rare class: an
    example counts (others / its own class) to this power, at most ``most_weight``. ``kernels`` is
    how many regressions on random waves there are, ``cut_prior`` how many benign pools the cut is
    presumed to have found beforehand: the more, the longer it stays at even odds.
    """

    forests: tuple[float, ...] = (0.0, 0.25, 1.0)
    regressions: tuple[float, ...] = (0.25,)
    most_weight: float = 10.0
    trees: int = 12
    features_a_leaf: int = 8
    grace_period: int = 5
    delta: float = 0.1
    tau: float = 0.9
    max_depth: int = 12
    learning_rate: float = 0.02
    kernels: int = 2
    waves: int = 300
    narrowness: float = 0.25
    variance: float = 8.0
    cut_prior: float = 20.0
    seed: int = 7


class RugModel:
    """The probability that a pool's liquidity will be pulled.

    Use: ``score_one`` says the probability before the outcome is known, ``learn_one`` takes the
    outcome in, ``explain_one`` says what speaks for and against. Empty at first; then it answers
    one half.

    How: adaptive random forests (a tree whose errors drift is grown anew) that split early,
    because examples are few; a logistic regression over soft steps of each feature, which learns
    faster; and regressions on random waves of all features, alone the best of the three on a few
    thousand pools. Members differ in how much they make up for the rarer class; on the labelled
    tokens that gained less than chance explains. The answer is their mean log-odds, moved so that
    one half is where the F1 of the benign class is greatest (``_Cut``).

    Weakness: where nearly all pools are alike (the creator holds all liquidity and locked none),
    the few benign ones are found less than half the time, by a batch learner too. Labels come
    late in life, so it knows the market of weeks ago. The move makes a rug a little less likely
    than it is (by a quarter in log-odds at an F1 of .88).

    Bounded: trees have at most ``max_depth`` levels, regressions as many weights as at first.
    Deterministic and picklable.

    Sources: Gomes et al., "Adaptive random forests for evolving data stream classification",
    Machine Learning 106 (2017), section 3; Wang, Minku and Yao, "Resampling-based ensemble
    methods for online class imbalance learning", IEEE TKDE 27 (2015), section 3; those of
    ``KernelRegression`` and ``_Cut``.
    """

    def __init__(self, settings: Settings = Settings()) -> None:
        self._members: list[_Forest | _Regression | _Kernel] = [
            *(_Forest(power, settings, place) for place, power in enumerate(settings.forests)),
            *(_Regression(power, settings) for power in settings.regressions),
            *(_Kernel(settings, place) for place in range(settings.kernels)),
        ]
        self._cut = _Cut(settings.cut_prior)
        self._balance = 0.5

    def score_one(self, inputs: Mapping[str, float | None]) -> float:
        """The probability of a rug, from the numbers named in ``features.INPUTS``."""
        return self._score(derive(inputs))

    def learn_one(self, inputs: Mapping[str, float | None], is_rug: bool) -> None:
        """Take in what became of a pool."""
        features = derive(inputs)
        self._cut.learn(said_benign=self._score(features) < 0.5, is_benign=not is_rug)
        self._balance += _BALANCE_STEP * (is_rug - self._balance)
        own = self._balance if is_rug else 1 - self._balance
        for member in self._members:
            member.learn(features, is_rug, (1 - own) / own)

    def explain_one(self, inputs: Mapping[str, float | None]) -> tuple[tuple[str, float], ...]:
        """What each derived feature adds to the regressions' log-odds of a rug, largest first."""
        regressions = [member for member in self._members if isinstance(member, _Regression)]
        if not regressions:
            return ()
        added = {
            name: sum(member.added(name, value) for member in regressions) / len(regressions)
            for name, value in derive(inputs).items()
        }
        return tuple(sorted(added.items(), key=lambda item: (-abs(item[1]), item[0])))

    def _score(self, features: dict[str, float]) -> float:
        log_odds = sum(member.log_odds(features) for member in self._members)
        return _probability(log_odds / len(self._members) + self._cut.log_odds())


class _Cut:
    """From which probability on a pool is best called benign, learned from the answers so far.

    The F1 of a class is greatest where everything is called so that is at least half as likely as
    the best F1 is high. The F1 reached so far stands for the best one. Weakness: it holds as far as
    the probabilities are right. Source: Lipton, Elkan and Naryanaswamy, "Optimal thresholding of
    classifiers to maximize F1 measure", ECML PKDD 2014.
    """

    def __init__(self, prior: float) -> None:
        self._found = prior
        self._benign_and_said = 2.0 * prior

    def log_odds(self) -> float:
        """The log odds of a benign pool at the cut; never above even."""
        return math.log(self._found / (self._benign_and_said - self._found))

    def learn(self, *, said_benign: bool, is_benign: bool) -> None:
        self._found += said_benign and is_benign
        self._benign_and_said += said_benign + is_benign


class _Forest:
    """An adaptive random forest that sees an example of the rarer class several times."""

    def __init__(self, power: float, settings: Settings, place: int) -> None:
        self._power = power
        self._most = settings.most_weight
        self._model = forest.ARFClassifier(
            n_models=settings.trees,
            max_features=settings.features_a_leaf,
            grace_period=settings.grace_period,
            delta=settings.delta,
            tau=settings.tau,
            max_depth=settings.max_depth,
            seed=settings.seed + place,
        )

    def log_odds(self, features: dict[str, float]) -> float:
        answer = self._model.predict_proba_one(features)
        return _log_odds(answer.get(True, 0.0)) if answer else 0.0

    def learn(self, features: dict[str, float], is_rug: bool, others: float) -> None:
        for _ in range(round(_weight(others, self._power, self._most))):
            self._model.learn_one(features, is_rug)


class _Regression:
    """A logistic regression over each feature and soft steps of it."""

    def __init__(self, power: float, settings: Settings) -> None:
        self._power = power
        self._most = settings.most_weight
        self._model = linear_model.LogisticRegression(optim.SGD(settings.learning_rate))

    def log_odds(self, features: dict[str, float]) -> float:
        answer: dict[bool, float] = self._model.predict_proba_one(_stepped(features))
        return _log_odds(answer[True])

    def learn(self, features: dict[str, float], is_rug: bool, others: float) -> None:
        weight = _weight(others, self._power, self._most)
        self._model.learn_one(_stepped(features), is_rug, w=weight)

    def added(self, name: str, value: float) -> float:
        """What this feature adds to the log-odds."""
        weights = self._model.weights
        return float(sum(weights.get(k, 0.0) * x for k, x in _stepped({name: value}).items()))


class _Kernel:
    """A regression on random waves; each its own waves."""

    def __init__(self, settings: Settings, place: int) -> None:
        self._model = KernelRegression(
            waves=settings.waves,
            narrowness=settings.narrowness,
            variance=settings.variance,
            seed=settings.seed + place,
        )

    def log_odds(self, features: dict[str, float]) -> float:
        return _clipped(self._model.score_one(features))

    def learn(self, features: dict[str, float], is_rug: bool, others: float) -> None:  # noqa: ARG002
        self._model.learn_one(features, is_rug)


def _stepped(features: Mapping[str, float]) -> dict[str, float]:
    stepped: dict[str, float] = {}
    for name, value in features.items():
        stepped[name] = value
        for place, knot in enumerate(_KNOTS):
            stepped[f"{name}>{place}"] = _probability(_STEEPNESS * (value - knot))
    return stepped


def _weight(others: float, power: float, most: float) -> float:
    return min(most, max(1.0, math.pow(others, power)))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-min(30.0, max(-30.0, log_odds))))


def _log_odds(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        return _MOST_LOG_ODDS if probability > 0.5 else -_MOST_LOG_ODDS
    return _clipped(math.log(probability / (1 - probability)))


def _clipped(log_odds: float) -> float:
    return min(_MOST_LOG_ODDS, max(-_MOST_LOG_ODDS, log_odds))
