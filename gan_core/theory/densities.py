r"""Two normal densities on a line, p of the data and q of the generator: the best D and its value.

The best D is $D^* = p/(p+q)$, so its logit is $\log p - \log q$, and $V(D^*) = -\log 4 + 2\,\mathrm{JSD}(p \| q)$
(arXiv:1406.2661, section 4.1). Nats throughout. Integrals are sums over a grid that is fine and wide enough for an
error below 1e-6; the Wasserstein distance is the mean distance of equal quantiles, which has a formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import ConfigError

Floats = NDArray[np.float64]

_CELLS: Final = 4_001
_SMOOTH_CELLS: Final = 1_001
"""Points without a kink: there a sum comes as near to the integral with a quarter of them."""
_REACH: Final = 12.0
"""Standard deviations on either side that are integrated over."""


@dataclass(frozen=True)
class Pair:
    """Two normal densities.

    Attributes:
        mean: Mean of q; that of p is 0.
        std: Standard deviation of q, positive; that of p is 1.

    Raises:
        ConfigError: If the standard deviation is not positive.
    """

    mean: float
    std: float = 1.0

    def __post_init__(self) -> None:
        if not self.std > 0:
            raise ConfigError(f"std={self.std} is not allowed: it must be positive")

    def log_densities(self, x: Floats) -> tuple[Floats, Floats]:
        """Log p and log q at points."""
        half_log = 0.5 * math.log(2 * math.pi)
        log_q = -0.5 * ((x - self.mean) / self.std) ** 2 - half_log - math.log(self.std)
        return -0.5 * x**2 - half_log, log_q

    def grid(self, n: int) -> Floats:
        """So many points over all of both densities."""
        reach = _REACH * max(1.0, self.std)
        return np.linspace(min(0.0, self.mean) - reach, max(0.0, self.mean) + reach, n)


def best_logit(pair: Pair, x: Floats) -> Floats:
    """Logit of the best D at points: log p - log q."""
    log_p, log_q = pair.log_densities(x)
    return log_p - log_q


def jensen_shannon(pair: Pair) -> float:
    """JSD(p ‖ q) in nats: 0 for equal densities, log 2 where they do not overlap."""
    x = pair.grid(_SMOOTH_CELLS)
    log_p, log_q = pair.log_densities(x)
    log_mean = np.logaddexp(log_p, log_q) - math.log(2)
    integrand = 0.5 * (np.exp(log_p) * (log_p - log_mean) + np.exp(log_q) * (log_q - log_mean))
    return float(np.trapezoid(integrand, x))


def value_of_best(pair: Pair) -> float:
    """V(D*), the most that D can reach: -log 4 for equal densities, 0 where they do not overlap."""
    return 2 * jensen_shannon(pair) - math.log(4)


def wasserstein(pair: Pair) -> float:
    """W1(p, q): how far mass must be moved on average, from each quantile to the other density's same quantile.

    That distance is |mean + (std - 1) t| for a standard normal t: the mean of a folded normal.
    """
    spread = abs(pair.std - 1)
    if spread == 0:
        return abs(pair.mean)
    folded = math.sqrt(2 / math.pi) * spread * math.exp(-0.5 * (pair.mean / spread) ** 2)
    return folded + pair.mean * math.erf(pair.mean / (spread * math.sqrt(2)))


def bayes_accuracy(pair: Pair) -> float:
    """Compute the accuracy of the best D, with as many real as generated samples."""
    x = pair.grid(_CELLS)
    log_p, log_q = pair.log_densities(x)
    return float(np.trapezoid(np.exp(np.maximum(log_p, log_q)), x) / 2)
