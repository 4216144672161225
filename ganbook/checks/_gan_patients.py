"""The exercise of the chapter "The game" that reads the losses of five runs."""

from ganbook.checks._verdict import NotQuite, exercise, show

CAUSES = ("healthy", "collapse", "stalled generator", "dead discriminator", "overflow")
FINITE = "An overflow leaves nan, and these numbers are finite."
SYMPTOMS = dict(
    A=("stalled generator", {
        "healthy": "d_loss at 0 is the discriminator's victory, and the generator's defeat.",
        "collapse": "A collapsed generator still fools the judge at times; g_loss 9 means never.",
        "dead discriminator": "The discriminator is alive: at d_loss 0 it is never wrong.",
        "overflow": FINITE + " Who is losing, and does not get better?",
    }),
    B=("healthy", {
        "collapse": "The fakes vary, and both losses stay near their values at D = 1/2.",
        "stalled generator": "g_loss stays near log 2: the generator fools the judge quite often.",
        "dead discriminator": "The losses are near those of D = 1/2, but they move: it learns.",
        "overflow": FINITE,
    }),
    C=("collapse", {
        "healthy": "The losses say D = 1/2, yet all the fakes are alike: always look at samples.",
        "stalled generator": "g_loss near log 2: this generator fools its judge, with one sample.",
        "dead discriminator": "A dead one never moves; these losses swing a little.",
        "overflow": FINITE,
    }),
    D=("dead discriminator", {
        "healthy": "At equilibrium at the first step, before anything was learnt?",
        "collapse": "Nothing moved since the first step: it is not the samples, it is the judge.",
        "stalled generator": "A judge that learnt would soon tell noise from data.",
        "overflow": FINITE + " These are log 4 and log 2, to four decimals.",
    }),
    E=("overflow", {
        "healthy": "nan is not a number: nothing can be learnt from it any more.",
        "collapse": "A collapse leaves finite numbers; nan comes from log(0) or 0 times infinity.",
        "stalled generator": "A stall leaves finite numbers; nan comes from log(0).",
        "dead discriminator": "A dead one leaves log 4, a finite number; nan comes from log(0).",
    }),
)  # fmt: skip


def plain(name) -> str:
    """Write a name in small letters, with single spaces for underscores and hyphens."""
    return " ".join(str(name).lower().replace("_", " ").replace("-", " ").split())


@exercise(
    why="The same number can mean health or death: curves are read together, and with samples.",
    hints=(
        "1.3863 is log 4, 0.6931 log 2: who says D = 1/2 after learning, and who from the start?",
        "g_loss = -log D(G(z)): at 9, D(G(z)) is about e^-9. d_loss near 0 says the same.",
    ),
)
def diagnosis(answer):
    """A dict that gives each of the runs A to E one of the causes."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(SYMPTOMS):
        raise NotQuite(f"A dict with the keys A to E was expected, and {show(answer)} came.")
    if ... in answer.values():
        raise NotQuite(f"Still without a cause: {[k for k, v in answer.items() if v is ...]}.")
    named = {str(run).upper(): cause for run, cause in answer.items()}
    for run, (right, messages) in SYMPTOMS.items():
        cause = plain(named[run])
        if cause not in CAUSES:
            raise NotQuite(f"{named[run]!r} is none of the causes: {', '.join(CAUSES)}.")
        if cause != right:
            raise NotQuite(f"Run {run} is no case of {cause!r}. {messages[cause]}")
