"""The exercises of the CycleGAN chapter that are answered with numbers."""

from ganbook.checks._evaluation_numbers import numbers
from ganbook.checks._verdict import exercise
from ganbook.checks._vqvae_numbers import tell

MAPS = (
    ("all maps from X to Y", 256, {
        24: "Those reach each image once: any map was asked for, and each of four images has four "
        "places to go.",
        16: "That is 4 · 4, the number of pairs of images: each of four images has four choices.",
        8: "The four choices multiply, one factor for each image: 4⁴.",
        4: "Each of the four images of X has four choices, and they multiply.",
    }),
    ("perfect maps G", 24, {
        1: "The adversarial loss sees the distribution alone: who goes where, it cannot see.",
        256: "Among all maps are some that reach one image twice, and another never: D_Y sees it.",
        4: "That counts the choices of the first image: three are left for the next, then two.",
        16: "Each image of Y is reached once: 4 choices, then 3, then 2, then 1.",
        10: "The choices multiply: 4 · 3 · 2 · 1.",
        2: "Any permutation will do: 4 · 3 · 2 · 1.",
    }),
    ("perfect pairs (G, F)", 576, {
        24: "That couples each G with one F: the two adversarial losses do not know of each other.",
        48: "The choices of G and of F multiply.",
        65536: "That is all pairs of maps: G and F must each be perfect.",
        1: "The adversarial losses see distributions alone.",
        552: "A pair may well be inverse to each other: those count, too.",
    }),
    ("pairs whose cycle loss is 0 as well", 24, {
        1: "The cycle wants F to undo G. Whatever permutation G is, one F does that.",
        576: "For a given G, F(G(x)) = x leaves one F.",
        0: "The inverse of a permutation is a permutation: each G has its F.",
        2: "Every permutation has an inverse, which is perfect as well.",
        10: "Of G = F there are 10, permutations that undo themselves: F need not be G.",
        12: "(G, F) and (F, G) are two pairs: G leads from X to Y.",
    }),
    ("perfect maps between unequal shares", 2, {
        1: "The two images of share ⅛ can change places, and no distribution tells.",
        24: "An image of share ½ that goes to one of share ¼ makes that too frequent.",
        6: "Only images of equal share can change places.",
        4: "The two of share ⅛ have two orders; ½ and ¼ have one place each.",
        3: "½ cannot be made of ¼, ⅛ and ⅛: the image of share ½ would have no place left.",
    }),
    ("perfect maps from four images to two", 6, {
        16: "That is all of them: two images must go to each one of Y.",
        12: "Which two go to the first image? Their order does not count.",
        2: "Which two of the four go to the first image? There are 4 · 3 / 2 choices.",
        4: "Which two of the four go to the first image? There are 4 · 3 / 2 choices.",
        3: "Two images of X go to the first of Y, and two to the second: which goes where counts.",
        8: "Two of the four must go to each: one and three are not equally likely.",
        24: "The order of two images that go to the same place does not count.",
        0: "A map may send two images to one: each image of Y then has the share ½.",
    }),
    ("pairs with a cycle loss of 0 in case 6", 0, {
        6: "Two images of X that become one cannot both come back.",
        12: "Two images of X that become one cannot both come back.",
        24: "Two images of X that become one cannot both come back.",
        1: "Two images of X that become one cannot both come back.",
        2: "Two images of X that become one cannot both come back.",
        4: "Two images of X that become one cannot both come back.",
        36: "That is 6 · 6, all pairs, and not those that undo each other. Two images of X that "
        "become one cannot both come back.",
        96: "Two images of X that become one cannot both come back.",
    }),
)  # fmt: skip
PATCHES = (
    ("the width of a patch for n = 3", 70, {
        46: "That leaves one of the two convolutions of stride 1 out.",
        22: "That leaves both convolutions of stride 1 out.",
        34: "That is n = 2.",
        142: "That is n = 4.",
        94: "That takes the fourth convolution to have a stride of 2 as well: it has 1.",
        16: "Strides make later steps longer: after one of stride 2, a step is 2 pixels.",
        91: "A step is as long as the strides *before* the convolution multiply to; its own counts "
        "from the next one on.",
        93: "A kernel of 4 adds 3 steps, and not 4.",
        92: "A kernel of 4 adds 3 steps, and not 4; and it begins with the pixel itself, 1.",
        69: "It begins with 1, the pixel itself.",
        4: "That is one convolution: there are five.",
        20: "Kernels do not simply add: after a stride of 2, a step is 2 pixels.",
        4900: "That is its area: the width was asked for.",
        256: "A logit does not see the whole image: that is what the patch is.",
    }),
    ("the shift of one patch against the next", 8, {
        0: "Patches overlap, so that no pixel lies between them; but they are not the same patch: "
        "by how many pixels is one shifted?",
        1: "Neighbouring logits are one step apart *behind* three strides of 2.",
        2: "Three strides of 2 multiply.",
        6: "Three strides of 2 multiply, they do not add.",
        4: "There are three convolutions of stride 2 for n = 3.",
        16: "There are three convolutions of stride 2 for n = 3: the fourth has stride 1.",
        32: "Only the first three of the five have stride 2.",
        70: "Patches overlap: that is their width.",
        62: "That is by how much they overlap.",
    }),
    ("the logits of an image of 256 × 256, n = 3", 900, {
        30: "That is a side: the logits form a square.",
        1024: "With a padding of 1, a kernel of 4 and stride 1 take one off a side: 32, 31, 30.",
        961: "That forgets one of the two convolutions of stride 1.",
        1: "One for each patch: that is what makes it a PatchGAN.",
        784: "With a padding of 1, a kernel of 4 and stride 1 take 1 off a side, and not 2.",
        576: "Patches may reach over the edge: there is a padding.",
        3844: "That is n = 2.",
        196: "That is n = 4.",
        65536: "Three strides of 2 divide a side by 8.",
        64: "The first three alone have a stride of 2.",
    }),
    ("the width of a patch for n = 2", 34, {
        70: "That is n = 3.",
        16: "That is n = 1.",
        22: "That leaves one of the two convolutions of stride 1 out.",
        10: "That leaves both convolutions of stride 1 out.",
        46: "That takes the third convolution to have a stride of 2 as well: it has 1.",
        13: "Strides make later steps longer: after one of stride 2, a step is 2 pixels.",
        43: "A step is as long as the strides *before* the convolution multiply to.",
        45: "A kernel of 4 adds 3 steps, and not 4.",
        33: "It begins with 1, the pixel itself.",
        35: "Half of 70 is not it: count the steps, 1, 2, 4 and 4.",
    }),
    ("the logits of an image of 32 × 32, n = 2", 36, {
        6: "That is a side: the logits form a square.",
        64: "With a padding of 1, a kernel of 4 and stride 1 take one off a side: 8, 7, 6.",
        49: "That forgets one of the two convolutions of stride 1.",
        4: "That is n = 3.",
        1: "A patch is wider than the image, but the padding lets it reach over the edge.",
        0: "A patch is wider than the image, but the padding lets it reach over the edge.",
        16: "With a padding of 1, a kernel of 4 and stride 1 take 1 off a side, and not 2.",
        196: "That is n = 1.",
    }),
    ("the least n for 128 pixels", 4, {
        3: "Its patches are 70 pixels wide.",
        5: "It is wide enough, with 286 pixels. Is it the least?",
        7: "2⁷ is 128, but a step is not a patch: each kernel adds three of them, and patches grow "
        "faster.",
        6: "It is wide enough. Is it the least?",
        2: "Its patches are 34 pixels wide.",
        142: "That is its width: n was asked for.",
    }),
)  # fmt: skip


def tell_all(answer, wanted):
    """Raise NotQuite at the first of so many numbers that is wrong."""
    if isinstance(answer, dict):
        answer = tuple(answer.values())
    for place, (given, (name, right, mistakes)) in enumerate(
        zip(numbers(answer, len(wanted)), wanted, strict=True), start=1
    ):
        tell(f"Number {place}, {name}, you have as", given, right, mistakes, within=1e-4)


@exercise(
    why="Distributions admit n! maps, and the cycle keeps n! couples: what goes where, "
    "neither of them says.",
    hints=(
        "Every image of Y must be reached by as large a share as it has itself.",
        "F(G(x)) = x fixes F once G is chosen; it asks that no two images have one translation.",
    ),
)
def perfect_maps(answer):
    """Seven numbers: how many maps and pairs of maps the losses admit."""
    tell_all(answer, MAPS)


@exercise(
    why="Few layers judge texture, many judge the whole: the patch is a choice.",
    hints=(
        "A kernel of 4 adds three steps to the width. A step is as long as the strides before it "
        "multiply to: 1, 2, 4, ...",
        "1 + 3 (1 + 2 + 4 + 8 + 8) for n = 3. A side goes from s to s / 2 with stride 2, and to "
        "s - 1 with stride 1.",
    ),
)
def patches(answer):
    """Six numbers: how wide the patches of a discriminator are, how far apart, and how many."""
    tell_all(answer, PATCHES)
