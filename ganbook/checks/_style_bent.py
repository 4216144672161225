"""The exercise of the style chapter that bends a flat object by blending it."""

import torch

from ganbook.checks._evaluation_numbers import numbers
from ganbook.checks._verdict import NotQuite, exercise, same, show

LENGTH, FIRST, LAST = 12, 3, 8  # pixels; the mask
OBJECT = (4, 7)
BEND, BACKGROUND, GREY = 0.6, -0.5, 0.5


def blended(source, target):
    """Return the Poisson blend of a row, and what it adds to the source inside the mask."""
    seam = [target[q] - source[q] for q in (FIRST - 1, LAST + 1)]
    inside = LAST - FIRST + 1
    added = line(*seam, inside)
    row = list(target)
    row[FIRST : LAST + 1] = [source[FIRST + k] + added[k] for k in range(inside)]
    return row, added


def line(start, end, inside):
    """Return the numbers between two ends, evenly spaced, without the ends."""
    return [start + (end - start) * k / (inside + 1) for k in range(1, inside + 1)]


def source_row(left=BACKGROUND, right=BACKGROUND):
    row = [GREY if OBJECT[0] <= p <= OBJECT[1] else BACKGROUND for p in range(LENGTH)]
    row[FIRST - 1], row[LAST + 1] = left, right
    return row


@exercise(
    why="What is added is a membrane, stretched over the seam: a good seam is one where both "
    "pictures agree.",
    hints=(
        "Inside, the blend has the source's slopes: the slopes of what is added are all alike.",
        "Of the target only pixels 2 and 9 are asked: there, target - source is what the line "
        "joins. The two ends of the object are 3 of its 7 steps apart.",
    ),
)
def bent_object(answer):
    """A dict(target=, added=, mended=): 12 numbers, 6 numbers and 2 numbers."""
    if isinstance(answer, tuple | list) and len(answer) == 3:
        answer = dict(zip(("target", "added", "mended"), answer, strict=True))
    if not isinstance(answer, dict) or set(answer) != {"target", "added", "mended"}:
        raise NotQuite(
            f"dict(target=..., added=..., mended=...) was expected, and {show(answer)} came."
        )
    missing = [key for key, given in answer.items() if given is ...]
    if missing:
        raise NotQuite(f"Still missing: {', '.join(missing)}.")
    target = read("target", answer["target"], LENGTH)
    added = read("added", answer["added"], LAST - FIRST + 1)
    mended = read("mended", answer["mended"], 2)
    expect_broken(target)
    expect_explained(added, target)
    expect_mended(mended, target)


def read(name, given, count):
    try:
        return numbers(given, count)
    except NotQuite as wrong:
        raise NotQuite(f"`{name}`: {wrong}") from None


def expect_broken(target):
    """Raise NotQuite unless a target in range bends the object."""
    if not all(-1 - 1e-6 <= t <= 1 + 1e-6 for t in target):
        raise NotQuite("The target leaves [-1, 1].")
    row, _ = blended(source_row(), target)
    bend = abs(row[OBJECT[1]] - row[OBJECT[0]])
    if bend >= BEND - 1e-6:
        return
    ends = abs(target[LAST + 1] - target[FIRST - 1])
    varied = max(target) - min(target)
    why = (
        "A flat target moves the whole object up or down, and keeps it flat." if varied < 1e-6 else
        "Only pixels 2 and 9 of the target are asked, the neighbours of the mask, and there it is "
        "the same." if ends < 1e-6 else
        "Of the target only pixels 2 and 9 are asked: let these two differ more."
    )  # fmt: skip
    raise NotQuite(f"The object's ends come out {bend:.2g} apart, at {row[OBJECT[0]]:.2g} and "
                   f"{row[OBJECT[1]]:.2g}; {BEND} was asked for. {why}")  # fmt: skip


def expect_explained(added, target):
    """Raise NotQuite unless `added` is the line that joins the differences at the seam."""
    row, right = blended(source_row(), target)
    if same(added, right, 6e-3):
        return
    inside = len(right)
    source = source_row()
    low, high = target[FIRST - 1], target[LAST + 1]
    first, last = low - BACKGROUND, high - BACKGROUND
    own = [target[p] - source[p] for p in (FIRST, LAST)]
    known = (
        (row[FIRST : LAST + 1], "That is the blend itself: take the source off."),
        ([-a for a in right], "The sign is turned: target - source is what is added."),
        ([(first + last) / 2] * inside, "That is a constant, and it keeps the object flat: what is "
         "added must fit at both ends."),
        (right[::-1], "The line runs the wrong way: it has target - source at pixel 2 on its left "
         "and at pixel 9 on its right."),
        (line(low, high, inside), "That joins the target's values: it is target - source that the "
         "line joins, and the source is -0.5 there."),
        (torch.linspace(first, last, inside).tolist(), "The line has its ends at pixels 2 and 9, "
         "which are outside the mask; yours has them at 3 and 8."),
        (torch.linspace(*own, inside).tolist(), "The target at pixels 3 and 8 is never asked: the "
         "line has its ends at 2 and 9."),
        (line(*own, inside), "The target at pixels 3 and 8 is never asked: the line has its ends "
         "at 2 and 9."),
        ([target[p] - source[p] for p in range(FIRST, LAST + 1)], "That makes the target of it: "
         "inside the mask its pixels are not asked."),
        ([0.0] * inside, "With 0 added it would be the source, pasted as it is, with a seam."),
        ([row[p] - target[p] for p in range(FIRST, LAST + 1)], "That is what is added to the "
         "target: take the source off."),
    )  # fmt: skip
    said = next((message for wrong, message in known if same(added, wrong, 6e-3)), "")
    steps = torch.tensor(added).diff()
    if not said and not same(steps, steps.mean().expand(inside - 1), 6e-3):
        said = "It is no straight line: inside, the blend has the slopes of the source."
    place = next(n for n in range(inside) if not same(added[n], right[n], 6e-3))
    raise NotQuite(f"For your target {added[place]:.4g} is not what is added at pixel "
                   f"{FIRST + place}. {said}".rstrip())  # fmt: skip


def expect_mended(mended, target):
    """Raise NotQuite unless the source, painted over, keeps its grey in the target."""
    source = source_row(*mended)
    row, _ = blended(source, target)
    ends = [row[p] for p in OBJECT]
    if same(ends, [GREY, GREY], 6e-3):
        return
    low, high = target[FIRST - 1], target[LAST + 1]
    known = (
        ((high, low), "They have changed places."),
        ((-low, -high), "The sign is turned: source and target agree there, or nothing is mended."),
        ((low - BACKGROUND, high - BACKGROUND), "Those are the differences: it is the values "
         "themselves that must agree."),
        ((GREY, GREY), "Not with the object must pixels 2 and 9 agree, but with the target."),
        ((BACKGROUND, BACKGROUND), "Those are the values that they have."),
    )  # fmt: skip
    said = next((message for wrong, message in known if same(mended, wrong, 6e-3)), "")
    raise NotQuite(f"With {mended[0]:.3g} and {mended[1]:.3g} the object's ends are {ends[0]:.3g} "
                   f"and {ends[1]:.3g} in your target. {said}".rstrip())  # fmt: skip
