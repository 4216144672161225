"""python -m ganbook train MODEL: train a model from a named image set, and write its weights."""

from ganbook.commands import (
    train_classifier,
    train_codes,
    train_cyclegan,
    train_gan,
    train_segmenter,
    train_style,
    train_vae,
)

FAMILIES = (
    train_gan,
    train_classifier,
    train_vae,
    train_codes,
    train_cyclegan,
    train_style,
    train_segmenter,
)


def add(commands) -> None:
    """Add the command, and under it one a model, each with its own options."""
    train = commands.add_parser("train", help="train a model")
    models = train.add_subparsers(required=True, metavar="MODEL")
    for family in FAMILIES:
        family.add(models)
