"""How sure an A/B test is, at any moment and however often it is looked at.

Every success (an exported page, say) came from one side. While the sides do equally well, each success is from side b
with probability `share`, whatever the rate of success is, however it changes with time, and however late successes are
told: pages are divided by a hash that knows nothing of them. So the sides of the successes, in order, are tosses of a
coin, and the ratio of a mixture's likelihood to the coin's is a martingale that exceeds 1/alpha with probability alpha
at most, ever (Ville's inequality). That is the mixture SPRT for counts of

    M. Lindon, A. Malek, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 2022 (arXiv:2011.03567),

with two categories and a beta mixture; the idea of mixing goes back to H. Robbins, "Statistical Methods Related to the
Law of the Iterated Logarithm", Ann. Math. Statist. 41 (1970). No correction for peeking is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, lgamma, log

ALPHA = 0.05
# As if this many successes had been seen before: sharpest for lifts of about 1.2 to 1.5.
_CONCENTRATION = 100.0
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the counts say.

    Attributes:
        p_value: valid at any moment: under equal sides it falls to x or below, ever, with probability x at most.
        lift: side b's rate of success over side a's; None without successes on both sides.
        low: the lowest lift the counts allow, with 95 % confidence at all moments together.
        high: the highest; None where there is no bound yet.
    """

    p_value: float
    lift: float | None
    low: float
    high: float | None


def evidence(a: int, b: int, share: float) -> Evidence:
    """Judge `a` and `b` successes of the two sides; `share` (0 to 1, both excluded) of the pages went to b."""
    odds = share / (1 - share)
    low, high = _interval(a, b, share)
    return Evidence(
        p_value=min(1.0, exp(-log_ratio(a, b, share, share))),
        lift=b / a / odds if a and b else None,
        low=low / (1 - low) / odds,
        high=None if high >= 1 else high / (1 - high) / odds,
    )


def log_ratio(a: int, b: int, chance: float, share: float) -> float:
    """The log-likelihood of a mixture centred on `share` over that of a coin that shows b with `chance`."""
    prior_b, prior_a = _CONCENTRATION * share, _CONCENTRATION * (1 - share)
    mixture = _log_beta(prior_a + a, prior_b + b) - _log_beta(prior_a, prior_b)
    return mixture - _times_log(b, chance) - _times_log(a, 1 - chance)


def _interval(a: int, b: int, share: float) -> tuple[float, float]:
    """The chances of b that are not rejected: the ratio grows with the distance from b / (a + b)."""
    seen = b / (a + b) if a + b else share
    return _edge(a, b, share, 0.0, seen), _edge(a, b, share, 1.0, seen)


def _edge(a: int, b: int, share: float, outside: float, inside: float) -> float:
    limit = -log(ALPHA)
    if log_ratio(a, b, outside, share) < limit:
        return outside
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if log_ratio(a, b, middle, share) < limit:
            inside = middle
        else:
            outside = middle
    return inside


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _times_log(count: int, chance: float) -> float:
    if count == 0:
        return 0.0
    return count * log(chance) if chance > 0 else -inf
