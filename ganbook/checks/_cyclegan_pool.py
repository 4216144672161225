"""The exercise of the CycleGAN chapter that keeps a pool of earlier fakes."""

import random
from collections import Counter

import torch

from ganbook.checks._verdict import NotQuite, exercise, show

SHAPE = (1, 2, 2)  # an image is filled with its own number: fakes of X are above 0, of Y below
OWN = "Is the pool kept elsewhere? `store` is the domain's own, and is to be filled in place, with "
OWN += "`append` and `store[i] = ...`."


@exercise(
    why="Half the fakes a discriminator sees are old: it cannot forget what it has once refuted.",
    hints=(
        "One image at a time: is there room? If not, a coin: torch.rand(()) < 0.5. Detach first.",
        "fake, store[place] = store[place], fake exchanges the two. Gather what is handed on, and "
        "torch.stack it.",
    ),
)
def image_pool(answer):
    """A function of fakes (B, ...), a list and a size: what a discriminator is shown, (B, ...)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    state = random.getstate()
    try:
        with torch.random.fork_rng(devices=[]):
            random.seed(0)
            torch.manual_seed(0)
            expect_two_domains(answer)
            expect_exchanges(answer)
            expect_no_pool(answer)
    finally:
        random.setstate(state)


def call(answer, ids, store, size) -> list[int]:
    """Return the numbers of the images that an answer hands on for those with numbers `ids`."""
    weight = torch.ones((), requires_grad=True)  # the generator that made them
    fakes = torch.tensor([float(i) for i in ids]).view(-1, 1, 1, 1).expand(-1, *SHAPE) * weight
    result = answer(fakes, store, size)
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if not isinstance(result, torch.Tensor) or result.shape != fakes.shape:
        raise NotQuite(f"For fakes of shape {tuple(fakes.shape)} a tensor of that shape was "
                       f"expected, and {show(result)} came.")  # fmt: skip
    for kept in store:
        if not isinstance(kept, torch.Tensor) or kept.numel() != fakes[0].numel():
            raise NotQuite(f"Each item of `store` should be one image, and {show(kept)} is there.")
    if any(kept.requires_grad for kept in store):
        raise NotQuite("What is stored still carries its graph, and with it all that the generator "
                       "computed: store `fake.detach()`.")  # fmt: skip
    if result.requires_grad and not size:
        raise NotQuite("With size=0 what is handed through still carries its graph: detach it, "
                       "there as well.")  # fmt: skip
    if result.requires_grad:
        raise NotQuite("What is handed on still carries its graph: the discriminator's loss would "
                       "reach the generator. Detach it.")  # fmt: skip
    return numbers_of(result)


def numbers_of(images) -> list[int]:
    """Return the number that each image is filled with."""
    if not len(images):
        return []
    flat = torch.stack([image.detach().flatten() for image in images])
    if (flat != flat[:, :1].round()).any():
        raise NotQuite("Some image is none of those that came: are images mixed?")
    return flat[:, 0].int().tolist()


def expect_two_domains(answer):
    """Raise NotQuite where images of one domain turn up in the other, or where none are kept."""
    stores, size, record = ([], []), 3, []
    for i in range(1, 25):
        for sign, store in zip((1, -1), stores, strict=True):
            shown = call(answer, [sign * i], store, size)
            if any(sign * n < 0 for n in shown + numbers_of(store)):
                raise NotQuite(
                    "A fake of one domain was shown to the discriminator of the other: both share "
                    f"one pool. {OWN}"
                )
            record.append((shown, [sign * i], [*store], i, size))
    for step in record:
        expect_filling(*step)


def expect_filling(shown, came, store, filled, size):
    """Raise NotQuite unless images are kept, and handed on, while there is room."""
    if not store:
        raise NotQuite(f"After {filled} images `store` is still empty. {OWN}")
    if len(store) > size:
        raise NotQuite(f"For size={size} the store holds {len(store)} images after {filled}.")
    if len(store) < min(filled, size):
        raise NotQuite(f"For size={size} the store holds {len(store)} images after {filled}: while "
                       "there is room, every image is kept.")  # fmt: skip
    if filled <= size and shown != came:
        raise NotQuite(f"While the store has room, what comes is handed on: image {came[0]} came, "
                       f"and {shown[0]} was shown.")  # fmt: skip


def expect_exchanges(answer):
    """Raise NotQuite unless a full store exchanges half of what comes, evenly drawn."""
    for batch, size in ((2, 5), (4, 6)):
        store, before, coins, places = [], [], [], Counter()
        for start in range(1, 250 * batch, batch):
            came = [*range(start, start + batch)]
            shown = call(answer, came, store, size)
            expect_filling(shown, came, store, came[-1], size)
            first = came[: max(0, size - len(before))]  # those for which there was room
            now = numbers_of(store)
            expect_kept(before + came + first, shown, now, came, size)
            coins.append([new != old for new, old in zip(came, shown, strict=True)][len(first) :])
            places.update(before.index(old) for old in shown if old in before)
            before = now
        expect_coins(coins, batch)
        expect_even(places, size)


def expect_kept(had, shown, now, came, size):
    """Raise NotQuite unless every image is either kept or shown, and none both."""
    if Counter(had) == Counter(shown + now):
        return
    both = [n for n in shown if n in now]
    said = f"With size={size} and images {came[0]} to {came[-1]} of one batch: "
    if any(n not in had for n in shown + now):
        raise NotQuite(said + f"{shown} were shown, which were neither stored nor new.")
    if old := [n for n in both if n not in came]:
        raise NotQuite(said + f"image {old[0]} was shown out of the store, but it is still in "
                       "there: the new one takes the place of *that* one.")  # fmt: skip
    if both:
        raise NotQuite(said + f"image {both[0]} was put into a full store and shown as well: show "
                       "the one that it replaces. Take that out, then overwrite.")  # fmt: skip
    raise NotQuite(said + "an image was lost, neither kept nor shown.")


def expect_coins(coins, batch):
    """Raise NotQuite unless each image is exchanged with probability one half."""
    tossed = [coin for coin_row in coins for coin in coin_row]
    share = sum(tossed) / len(tossed)
    said = f"Of {len(tossed)} images that came to a full store {sum(tossed)} were exchanged"
    if not any(tossed):
        raise NotQuite(said + ": older fakes are never shown.")
    if all(tossed):
        raise NotQuite(said + ": the newest fake is never shown. Toss a coin for each image.")
    if not 0.4 < share < 0.6:
        raise NotQuite(f"{said}, a share of {share:.2f}: one half was asked for.")
    full = [row for row in coins if len(row) == batch]
    if all(len(set(row)) == 1 for row in full):
        raise NotQuite(f"In each batch of {batch} all images were exchanged, or none: toss a coin "
                       "for each image, not for each call.")  # fmt: skip


def expect_even(places, size):
    """Raise NotQuite unless every place of the store is drawn about as often."""
    total = sum(places.values())
    shares = [places[place] / total for place in range(size)]
    never = [place for place in range(size) if not places[place]]
    if len(never) > size / 2:
        raise NotQuite(f"Only images at the places {[*places]} of the store ever leave it: draw "
                       "evenly from all.")  # fmt: skip
    if never:
        raise NotQuite(f"Images at the places {never} of {size} never leave the store: does your "
                       "draw include both ends?")  # fmt: skip
    if max(shares) > 1.7 / size or min(shares) < 0.35 / size:
        told = ", ".join(f"{share:.2f}" for share in shares)
        raise NotQuite(f"The places of the store are drawn with shares of {told}: draw evenly.")


def expect_no_pool(answer):
    store = []
    try:
        shown = [call(answer, [n, n + 1], store, 0) for n in (1, 3, 5)]
    except NotQuite:
        raise
    except Exception as error:
        raise NotQuite(f"With size=0 your code raised {type(error).__name__}: {error}. Such a pool "
                       "changes nothing.") from None  # fmt: skip
    if shown != [[1, 2], [3, 4], [5, 6]] or store:
        raise NotQuite("With size=0 nothing is kept, and what comes is handed on.")
