"""The exercise of the chapter "Stability" that chooses rates and a penalty for a small game."""

import math

from ganbook.checks._evaluation_numbers import numbers
from ganbook.checks._verdict import NotQuite, exercise

RATE_G, ROUNDS, SETTLED = 0.2, 50, 0.01


def dirac(rate_d, gamma):
    """Play the Dirac-GAN with R1 from (1, 1); return the distances (ROUNDS + 1,) from (0, 0)."""
    theta = psi = 1.0
    found = [math.hypot(theta, psi)]
    for _ in range(ROUNDS):
        psi += rate_d * (theta / (1 + math.exp(min(psi * theta, 700))) - gamma * psi)
        theta -= RATE_G * psi / (1 + math.exp(min(psi * theta, 700)))
        found.append(math.hypot(theta, psi))
        if not found[-1] < 1e3:
            break
    return found


@exercise(
    why="A faster discriminator, and friction on it: neither alone settles within 50 rounds.",
    hints=(
        "Print the last distance for rate_d 0.2, 0.5, 1, 2 and gamma 0, 0.3, 1, 3.",
        "Near (0, 0): without gamma it circles, with too much the discriminator cannot move. "
        "Friction is right where gamma² rate_d is near rate_g.",
    ),
)
def settle(answer):
    """A pair (rate_d, gamma) with which the Dirac-GAN is within 0.01 of (0, 0) after 50 rounds."""
    rate_d, gamma = numbers(answer, 2)
    if not (math.isfinite(rate_d) and math.isfinite(gamma)) or rate_d <= 0 or gamma < 0:
        raise NotQuite(
            f"A positive rate and a penalty of 0 or more were expected: {rate_d:g}, {gamma:g} came."
        )
    distances = dirac(rate_d, gamma)
    if max(distances[-10:]) < SETTLED:
        return
    said = f"With rate_d = {rate_d:g} and gamma = {gamma:g} the distance"
    if not distances[-1] < 1e3 or (distances[-1] > 0.5 and rate_d * gamma >= 2):
        raise NotQuite(
            f"{said} does not shrink: rate_d · gamma is {rate_d * gamma:.3g}, and from 2 on the "
            "penalty alone throws the discriminator past 0, as far as it was or further."
        )
    said = f"{said} in the last ten of {ROUNDS} rounds is up to {max(distances[-10:]):.2g}"
    if gamma == 0:
        raise NotQuite(f"{said}: without a penalty it circles, whatever the rates.")
    if gamma**2 * rate_d < 0.75 * RATE_G:
        raise NotQuite(f"{said}: it still circles. More friction: a larger rate_d, or gamma.")
    if gamma**2 * rate_d > RATE_G:
        raise NotQuite(
            f"{said}: it creeps. The penalty holds the discriminator down, and the generator is "
            "hardly told where to go: a smaller gamma, with a larger rate_d."
        )
    raise NotQuite(f"{said}: the friction is right, but both are slow. A larger rate_d.")
