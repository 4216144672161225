"""The exercise of the CycleGAN chapter that asks which loss objects to a pair of maps."""

from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

VOICES = ("nobody", "adversarial", "cycle", "both")
FILLED = "G fills [1, 3] evenly, and F fills [-1, 1]"
PAIRS = (  # right, what the adversarial losses see, what the cycle sees
    ("nobody", FILLED, "x + 2 - 2 = x, and back the same"),
    ("nobody", f"{FILLED}: 2 - x is turned round, but as evenly spread", "2 - (2 - x) = x"),
    ("cycle", f"each map by itself is perfect: {FILLED}", "F(G(x)) = 2 - (x + 2) = -x, which is "
     "not x"),
    ("adversarial", "G(x) stays within [1.5, 2.5], and F(y) goes from -2 to 2", "2 (2 + x/2) - 4 = "
     "x: each undoes the other"),
    ("cycle", f"{FILLED}: 2|x| is uniform on [0, 2]", "F(G(x)) = 2|x| - 1, as x and -x have become "
     "one"),
    ("adversarial", "G(x) = x never leaves [-1, 1], where no y is", "doing nothing twice changes "
     "nothing: F(G(x)) = x"),
    ("nobody", f"{FILLED}: the halves change places, and no place is filled twice", "F brings each "
     "half back to where it was"),
    ("both", "G(x) stays within [1.5, 2.5], where y goes from 1 to 3", "F(G(x)) = x/2, which is "
     "not x"),
)  # fmt: skip


@exercise(
    why="The cycle asks that F undo G, and no more: of the perfect couples it keeps every one.",
    hints=(
        "Adversarial: is G(x) uniform on [1, 3], and F(y) on [-1, 1]? Nothing else counts.",
        "Cycle: write F(G(x)) out, and G(F(y)): is it x, is it y?",
    ),
)
def objections(answer):
    """Eight words: "nobody", "adversarial", "cycle" or "both"."""
    if isinstance(answer, dict):
        answer = tuple(answer.values())
    if not isinstance(answer, tuple | list) or len(answer) != len(PAIRS):
        raise NotQuite(f"{len(PAIRS)} words were expected, and {show(answer)} came.")
    if missing := [place for place, given in enumerate(answer, 1) if given is ...]:
        raise NotQuite(f"Still without a word: {', '.join(map(str, missing))}.")
    for place, (given, (right, adversarial, cycle)) in enumerate(
        zip(answer, PAIRS, strict=True), start=1
    ):
        voice = {"none": "nobody", "no one": "nobody"}.get(plain(given), plain(given))
        if voice not in VOICES:
            raise NotQuite(f"{given!r} is none of the words: {', '.join(VOICES)}.")
        if voice != right:
            said = [
                f"{name}: {seen}"
                for name, seen in (("Adversarial", adversarial), ("Cycle", cycle))
                if (voice in (name.lower(), "both")) != (right in (name.lower(), "both"))
            ]
            raise NotQuite(f"Pair {place} is not {voice!r}. {'. '.join(said)}.")
