"""The exercises of the VQ-VAE chapter that are answered with numbers."""

import math
from functools import partial

from ganbook.checks._evaluation_numbers import numbers, one_number
from ganbook.checks._verdict import NotQuite, exercise, show

LN2 = math.log(2)
SHARES = (1 / 2, 1 / 4, 1 / 8, 1 / 8)
ENTROPY = -sum(p * math.log(p) for p in SHARES)  # nats
CODES, POSITIONS, PIXELS = 128, 64, 1024
NATS = 2.0
BITS = dict(
    A=(POSITIONS * 7, {
        POSITIONS * 7 / 8: "That is in bytes: 8 bits to one.",
        7: "That is one code: the grid has 64.",
        CODES * 7: "128 is the number of codes to choose from; 64 are sent.",
        POSITIONS * CODES: "A code of 128 needs log2(128) bits, and not 128.",
        POSITIONS * math.log(CODES): "That is in nats: take log2.",
        POSITIONS * 8: "7 bits tell 128 codes apart.",
        POSITIONS * 32 * 7: "The decoder has the codebook: indices are sent, not vectors.",
    }),
    B=(POSITIONS * 7 / PIXELS, {
        7.0: "That is a code: there are 16 pixels to one.",
        PIXELS / (POSITIONS * 7): "That is pixels for a bit: turn it round.",
        7 / 64: "That is 7 bits for 64 pixels; a code stands for 4 × 4.",
        POSITIONS * math.log(CODES) / PIXELS: "That is in nats: take log2.",
        0.5: "7 bits tell 128 codes apart, not 8.",
        14.0: "448 bits for 32 pixels: there are 32 × 32.",
    }),
    C=(8 * PIXELS / (POSITIONS * 7), {
        16: "That is pixels for a code. A pixel has 8 bits, a code 7.",
        PIXELS / (POSITIONS * 7): "A pixel has 8 bits: that divides numbers of pixels by bits.",
        POSITIONS * 7 / (8 * PIXELS): "That is the share that is left: turn it round.",
        8 * PIXELS / (POSITIONS * math.log(CODES)): "The codes are in nats there, the pixels in "
        "bits.",
    }),
    D=(math.exp(ENTROPY), {
        4: "Four are in use, but not alike: the perplexity weighs them.",
        CODES: "That is the size of the codebook: only four of its codes were ever chosen.",
        ENTROPY / LN2: "That is the entropy in bits: 2 to that power.",
        ENTROPY: "That is the entropy in nats: e to that power.",
        math.exp(ENTROPY / LN2): "e to the power of *bits*: 2 to the power of bits, or e to that "
        "of nats.",
        2**ENTROPY: "2 to the power of *nats*: e to the power of nats, or 2 to that of bits.",
        1 / sum(p * p for p in SHARES): "That is one over the sum of squares; the perplexity is "
        "the exponential of the entropy.",
        math.exp(-ENTROPY): "The sign of the entropy: -Σ p log p.",
        math.exp(ENTROPY) / CODES: "That is its share of the codebook.",
    }),
    E=(POSITIONS * NATS / LN2, {
        POSITIONS * NATS: "That is in nats: a bit is ln 2 of one.",
        POSITIONS * NATS * LN2: "A nat is more than a bit: divide by ln 2.",
        NATS / LN2: "That is one code: the grid has 64.",
        POSITIONS * 7 * NATS / LN2: "The 7 bits are what it costs without a prior.",
        POSITIONS * NATS / LN2 / PIXELS: "That is for a pixel: an image was asked for.",
        PIXELS * NATS / LN2: "There are 64 codes: pixels do not count here.",
    }),
    F=(math.log(CODES), {
        7: "That is in bits.",
        1 / CODES: "That is the probability: minus its logarithm.",
        -math.log(CODES): "The sign: minus the log of 1/128.",
        POSITIONS * math.log(CODES): "That is a whole image: a code was asked for.",
        0: "Knowing nothing costs the most: 128 codes are equally likely.",
        math.log(POSITIONS): "That is log 64: there are 128 codes to choose from.",
        math.inf: "It gives every code 1/128, and not nothing: minus the logarithm of that.",
        CODES: "Its perplexity is 128: nats are the logarithm of that.",
    }),
)  # fmt: skip


@exercise(
    why="log2 K bits a code at most; what the prior has learnt is what it saves of them.",
    hints=(
        "A code among 128 takes log2(128) bits, and a nat is 1 / ln 2 = 1.4427 bits.",
        "The perplexity is 2 to the power of the entropy in bits: ½·1 + ¼·2 + ⅛·3 + ⅛·3.",
    ),
)
def bits(answer):
    """A dict that gives the numbers A to F."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(BITS):
        raise NotQuite(f"A dict with the keys A to F was expected, and {show(answer)} came.")
    if any(given is ... for given in answer.values()):
        missing = ", ".join(str(key) for key, given in answer.items() if given is ...)
        raise NotQuite(f"Still without a number: {missing}.")
    named = {str(key).upper(): one_number(given) for key, given in answer.items()}
    for key, (right, mistakes) in BITS.items():
        tell(f"For {key} you have", named[key], right, mistakes, within=2e-3)


def tell(said, given, right, mistakes, *, within):
    """Raise NotQuite unless a number is right to a relative tolerance, naming its slip."""
    near = partial(math.isclose, given, rel_tol=within, abs_tol=within / 10)
    if not near(right):
        found = (message for wrong, message in mistakes.items() if near(wrong))
        if any(math.isclose(given, float(f"{right:.{n}g}"), rel_tol=1e-5) for n in (1, 2)):
            found = iter(("That is rounded too far: give three significant digits.",))
        raise NotQuite(f"{said} {given:.4g}. {next(found, '')}".rstrip())


SLOPES = (
    ("the true slope of the reconstruction's error in w", 0.0, {
        22.5: "That is what straight-through makes of it. Move w a little: the code stays the "
        "same, and so does the picture.",
        -22.5: "Move w a little: the code stays the same, and so does the picture.",
    }),
    ("the straight-through slope in w", 22.5, {
        0.0: "That is the true one: here the slope at e is copied to z, as if e = z.",
        9.0: "That is the slope at e, or at z: the encoder's z = w x has the slope x = 2.5.",
        11.25: "The square has a 2 in its slope.",
        4.5: "The square has a 2 in its slope, and the encoder's z = w x the slope x = 2.5.",
        -22.5: "The sign: 3e + 1 is above x, and lower is better.",
        7.5: "That is 2 (x̂ - x) x: the decoder multiplies by 3.",
        3.0: "That is the slope at x̂: it goes on through the decoder and the encoder.",
        33.75: "That decodes z itself; the decoder sees e = 1.",
        13.5: "That decodes z itself, and stops at z.",
        45.0: "x̂ - x is 1.5.",
    }),
    ("the slope in w of ¼ of the commitment", 0.3125, {
        1.25: "Where is the ¼?",
        0.125: "That is the slope at z: z = w x has the slope x = 2.5.",
        0.15625: "The square has a 2 in its slope.",
        0.5: "That is the slope at z, without the ¼: z = w x has the slope x.",
        -0.3125: "The sign: z = 1.25 is above its code 1, and a larger w would take it further.",
        0.0: "That is the codebook loss's: in the commitment z is not stopped.",
        22.5: "That is the reconstruction's slope: the commitment's alone was asked for.",
        22.8125: "That is the whole slope in w: the commitment's part of it was asked for.",
        0.015625: "That is its value: take the slope in w.",
    }),
    ("the slope of the whole loss in the code e", -0.5, {
        0.5: "The sign: e lies below z, and a larger e would be nearer.",
        8.5: "Does the reconstruction move the code? Straight-through hands its whole slope to the "
        "encoder.",
        9.0: "That is the reconstruction's slope: straight-through hands it to the encoder.",
        9.5: "Does the reconstruction move the code? And the sign of the rest.",
        22.5: "That is the reconstruction's slope in w: it goes past the code, to the encoder.",
        -0.625: "The commitment does not move the code: e is stopped there.",
        -0.125: "That is the commitment's: e is stopped there, and z in the codebook's loss.",
        -0.25: "The square has a 2 in its slope.",
        -1.25: "That is multiplied by x: the slope is in e, and not in w.",
        0.0: "The codebook's loss moves it: z is stopped there, e is not.",
    }),
)  # fmt: skip


@exercise(
    why="The copied slope is not that of what is computed: it is a guess, and a useful one.",
    hints=(
        "z = 1.25 is nearest to 1. x̂ = 3 · 1 + 1 = 4, and (x̂ - x)² has the slope 2 · 1.5 in x̂.",
        "At e that is 3 · 3; straight-through says that z has it too, and dz/dw = x. The "
        "codebook's loss has the slope 2 (e - z) in e.",
    ),
)
def four_slopes(answer):
    """The true and the straight-through slope in w, the commitment's in w, and that in the code."""
    if isinstance(answer, dict):
        answer = tuple(answer.values())
    given = numbers(answer, len(SLOPES))
    for place, (number, (name, right, mistakes)) in enumerate(
        zip(given, SLOPES, strict=True), start=1
    ):
        tell(f"Number {place}, {name}, you have as", number, right, mistakes, within=2e-3)
