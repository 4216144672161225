"""The exercise of the chapter "Stability" that names what five histories look like."""

from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

CAUSES = (
    "healthy", "wrong sign", "saturated", "overpowered discriminator", "weak discriminator",
    "collapsed",
)  # fmt: skip
ALIKE = "its spread is near 1: the fakes vary as the real points do."
TOLD = "D tells them apart at almost every point: it is anything but weak."
SYMPTOMS = dict(
    A=("wrong sign", {
        "healthy": "D has won, and nothing is learnt.",
        "saturated": "Nearly: but log(1 - D), the loss that saturates, is never positive.",
        "overpowered discriminator": "D wins, and yet g_loss falls: this generator is glad of it. "
        "A sound loss of the generator rises when its fakes are found out.",
        "weak discriminator": TOLD,
        "collapsed": "The spread is small, yes. But why is g_loss content while D(fake) goes to 0?",
    }),
    B=("collapsed", {
        "healthy": "The losses are those of the equilibrium. Read the last column, too.",
        "wrong sign": "Both losses stay where D = 1/2: no one is rewarded for the wrong thing.",
        "saturated": "D(fake) is 1/2; a saturated generator has it near 0.",
        "overpowered discriminator": "D is right half of the time.",
        "weak discriminator": "D is slow here, and that may be why. But what do the fakes do?",
    }),
    C=("saturated", {
        "healthy": "D has won, and nothing is learnt.",
        "wrong sign": "g_loss is negative: log(1 - D), and it did fall to 0 from below. No sign is "
        "wrong; the slope is gone.",
        "overpowered discriminator": "True, and there is a closer name: look at g_loss. How steep "
        "is log(1 - D) there?",
        "weak discriminator": TOLD,
        "collapsed": "The fakes are alike, but they do not fool D: they never got going.",
    }),
    D=("healthy", {
        "wrong sign": "d_loss is negative as mean D(fake) - mean D(real) is: it is a critic's.",
        "saturated": "g_loss is -mean D(fake), whose slope is 1 wherever the fakes are.",
        "overpowered discriminator": "Both means are low together: a critic's scores have no zero. "
        "Their difference, -d_loss, is small.",
        "weak discriminator": "At step 20 the critic saw a distance of 0.94; it is small now as "
        "the fakes have come near.",
        "collapsed": f"A collapsed run has a small spread; here {ALIKE}",
    }),
    E=("overpowered discriminator", {
        "healthy": "D is right four times in five, and the fakes reach less than half of the "
        "data's spread.",
        "wrong sign": "g_loss is high while D wins, as it should be.",
        "saturated": "g_loss near 2 is -log D(fake): its slope is largest where D wins.",
        "weak discriminator": TOLD,
        "collapsed": "The fakes vary too little, yes; but first of all they are found out: a "
        "collapsed generator fools D.",
    }),
)  # fmt: skip


@exercise(
    why="No column decides alone: who wins, is its opponent content with that, and do fakes vary?",
    hints=(
        "First ask who wins: compare D(real) with D(fake), and remember that a critic has no zero.",
        "Then ask whether g_loss fits that: -log D(fake) is large, log(1 - D) is 0 where D wins.",
    ),
)
def patients(answer):
    """A dict that gives each of the runs A to E the name of a condition."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(SYMPTOMS):
        raise NotQuite(f"A dict with the keys A to E was expected, and {show(answer)} came.")
    if any(name is ... for name in answer.values()):
        missing = ", ".join(str(key) for key, name in answer.items() if name is ...)
        raise NotQuite(f"Still without a name: {missing}.")
    named = {str(run).upper(): plain(name) for run, name in answer.items()}
    for run, (right, messages) in SYMPTOMS.items():
        if named[run] not in CAUSES:
            raise NotQuite(f"{named[run]!r} is none of the names: {', '.join(CAUSES)}.")
        if named[run] != right:
            raise NotQuite(f"Run {run} is not {named[run]!r}. {messages[named[run]]}")
