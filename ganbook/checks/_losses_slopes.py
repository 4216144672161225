"""The exercise of the chapter "Six games" that predicts who gets the largest and smallest slope."""

import torch

from ganbook import losses
from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

NAMES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")
ALIASES = {"lsgan": "least_squares", "wgan": "wasserstein", "rsgan": "relativistic"}
ROWS = dict(  # player, logit of the real image, logit of the fake, which slope is asked for
    A=("generator", 2.0, -4.0, "largest"),
    B=("generator", 2.0, -4.0, "smallest"),
    C=("generator", 4.0, 3.5, "smallest"),
    D=("generator", -3.0, 1.5, "smallest"),
    E=("generator", 0.5, 0.8, "largest"),
    F=("discriminator", 1.2, -1.3, "smallest"),
)
FORMULAS = {
    "generator": dict(
        minimax="-σ(l)",
        non_saturating="-(1 - σ(l))",
        least_squares="l - 1",
        wasserstein="-1 everywhere",
        hinge="-1 everywhere, for the generator's loss has no hinge",
        relativistic="-σ(r - l)",
    ),
    "discriminator": dict(
        minimax="σ(l)",
        non_saturating="σ(l)",
        least_squares="l",
        wasserstein="1 everywhere",
        hinge="1 above l = -1, and 0 below",
        relativistic="σ(l - r)",
    ),
}


def loss_and_slope(name, player, real, fake):
    """Return a game's loss for one real and one fake logit, and its slope in that of the fake."""
    logit = torch.tensor([fake], dtype=torch.float64, requires_grad=True)
    loss = getattr(getattr(losses, name), player)(torch.tensor([real], dtype=torch.float64), logit)
    loss.backward()
    return loss.item(), logit.grad.item()


def extreme(numbers, which) -> set:
    """Return the names whose number is the largest or smallest; equals share the place."""
    best = (max if which == "largest" else min)(numbers.values())
    return {name for name, number in numbers.items() if abs(number - best) < 1e-9}


def winners(player, real, fake, which, *, of="slope") -> set:
    both = {name: loss_and_slope(name, player, real, fake) for name in NAMES}
    place = dict(loss=0, slope=1)[of]
    return extreme({name: abs(pair[place]) for name, pair in both.items()}, which)


def reason(name, player, real, fake, which) -> str:
    """Say what is wrong with a game that was named."""
    other_way = {"largest": "smallest", "smallest": "largest"}[which]
    other = {"generator": "discriminator", "discriminator": "generator"}[player]
    slope = loss_and_slope(name, player, real, fake)[1]
    formula = f"There its slope is {FORMULAS[player][name]}: here {slope:.2g}."
    if name in winners(player, real, fake, other_way):
        return f"{formula} In size, that is the {other_way} of all; the {which} was asked for."
    if name in winners(player, real, fake, which, of="loss"):
        return f"Its loss is the {which}, but the slope was asked for. {formula}"
    if name in winners(other, real, fake, which):
        formula += f" That it is the {which} holds for the {other}'s loss."
    return f"{formula} Another game's is {'larger' if which == 'largest' else 'smaller'}."


def game_name(given) -> str | None:
    """Return the name of a game that was given by name or as the game itself."""
    if isinstance(given, losses.Game):
        return next((name for name in NAMES if getattr(losses, name) is given), None)
    known = {plain(name): name for name in NAMES} | ALIASES
    return known.get(plain(given)) if isinstance(given, str) else None


@exercise(
    why="Least squares pulls hardest from afar, a critic evenly, and minimax where it need not.",
    hints=(
        "Write down the derivative of each loss in the fake's logit l. That of softplus(l) is σ(l)."
        " Only its size counts.",
        "Generators: σ(l), 1 - σ(l), |l - 1|, 1, 1 and σ(r - l). A hinge is flat beyond its edge.",
    ),
)
def who_learns(answer):
    """A dict that names, for each of the rows A to F, the game with the slope asked for."""
    if isinstance(answer, tuple | list) and len(answer) == len(ROWS):
        answer = dict(zip(ROWS, answer, strict=True))
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(ROWS):
        raise NotQuite(f"A dict with the keys A to F was expected, and {show(answer)} came.")
    if any(given is ... for given in answer.values()):
        missing = [row for row, given in answer.items() if given is ...]
        raise NotQuite(f"Still without a game: {missing}.")
    named = {str(row).upper(): given for row, given in answer.items()}
    for row, question in ROWS.items():
        name = game_name(named[row])
        if name is None:
            raise NotQuite(f"{show(named[row])} is none of the games: {', '.join(NAMES)}.")
        if name not in winners(*question):
            raise NotQuite(f"For {row} you say {name}. {reason(name, *question)}")
