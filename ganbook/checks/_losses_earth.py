"""The exercise of the chapter "Six games" that moves earth by hand."""

import math

from ganbook.checks._evaluation_numbers import numbers
from ganbook.checks._verdict import NotQuite, exercise, same

LOG2 = math.log(2)
NO_WAY = "That is how much moves. How far it moves counts too: that is all that W₁ adds."
JENSEN = "That is the Jensen-Shannon divergence, which does not ask how far apart they are."
CROSSED = "That is what another plan costs: exchange the goals, and it is cheaper."
SPLIT = "That sends some of every heap to every goal; the cheapest plan need not."
SQUARES = "Those are squared distances: W₁ takes the distances as they are."
ROOT = "That is W₂, the root of mean squared distances; W₁ takes the distances as they are."
UNWEIGHTED = "Each way counts by the mass that goes it: weigh them."
FARTHEST = "That is the longest way; W₁ is the mean over all the mass."
MEANS = "That is how far apart the means are. Mass that goes left and mass that goes right do not "
MEANS += "cancel."

# p, q as pairs (mass, place); W₁; and the numbers that other ideas give
PAIRS = dict(
    A=(((1 / 2, 0), (1 / 2, 2)), ((1 / 2, 1), (1 / 2, 6)), 2.5, (
        (3.5, CROSSED), (3, SPLIT), (8.5, SQUARES), (8.5**0.5, ROOT), (5, UNWEIGHTED),
        (4, FARTHEST), (1, NO_WAY), (LOG2, JENSEN),
    )),
    B=(((1, 0),), ((1 / 2, -2), (1 / 2, 4)), 3, (
        (1, "That is how far apart the means are, or how much moves: half goes left and half "
         "right, and neither cancels the other."),
        (10, SQUARES), (10**0.5, ROOT), (6, UNWEIGHTED), (4, FARTHEST), (LOG2, JENSEN),
    )),
    C=(((1 / 2, 0), (1 / 2, 1)), ((1 / 4, -2), (1 / 4, 0), (1 / 2, 4)), 2, (
        (3, CROSSED), (2.5, SPLIT), (5.5, SQUARES), (5.5**0.5, ROOT), (5, UNWEIGHTED),
        (1, MEANS), (0.75, NO_WAY), (1.5, NO_WAY),
    )),
    D=(((1 / 2, (0, 0)), (1 / 2, (6, 0))), ((1 / 2, (3, 4)), (1 / 2, (6, 5))), 5, (
        (math.hypot(6, 5) / 2 + 2.5, CROSSED), (math.hypot(6, 5) / 4 + 3.75, SPLIT),
        (25, SQUARES), (10, UNWEIGHTED), (math.hypot(1.5, 4.5), MEANS), (1, NO_WAY),
        (LOG2, JENSEN), (6, "That is |dx| + |dy|; the straight way is sqrt(dx² + dy²)."),
        (4.5, "That is the larger of |dx| and |dy|; the straight way is sqrt(dx² + dy²)."),
    )),
)  # fmt: skip


@exercise(
    why="A plan bounds W₁ from above, any 1-Lipschitz critic from below; here they meet.",
    hints=(
        "On a line no two ways need to cross: fill the leftmost goal from the leftmost mass, and "
        "so on. In the plane, compare the plans.",
        "Check C with the other formula: the integral of |P - Q|, of the two distribution "
        "functions.",
    ),
)
def earth(answer):
    """The Wasserstein-1 distances of the pairs A, B, C and D, in that order."""
    if isinstance(answer, dict) and {str(key).upper() for key in answer} == set(PAIRS):
        named = {str(key).upper(): number for key, number in answer.items()}
        answer = [named[pair] for pair in PAIRS]
    given = numbers(answer, len(PAIRS))
    if all(same(n, 2 * w, 0.005) for n, (_, _, w, _) in zip(given, PAIRS.values(), strict=True)):
        raise NotQuite("All four are twice what they should be: every grain goes its way once.")
    for number, (name, (_, _, right, mistakes)) in zip(given, PAIRS.items(), strict=True):
        if not abs(number - right) <= 0.005:
            found = (message for wrong, message in mistakes if abs(number - wrong) <= 0.006)
            message = next(found, in_general(number, right))
            raise NotQuite(f"For {name} you have {number:.4g}. {message}".rstrip())


def in_general(number: float, right: float) -> str:
    """Name a wrong distance that is the same slip for every pair."""
    if number == -right:
        return "A distance is not negative: the ways are |x - y|."
    if number < 0:
        return "A distance is not negative."
    if abs(number - right / 2) <= 0.005:
        return "That is half of it: all the mass has to arrive."
    if number > right:
        return "There is a cheaper plan, or the sum went wrong."
    return "No plan is so cheap: does all the mass arrive?"
