"""python -m ganbook train backbone, train stylist and train harmoniser."""

from pathlib import Path
from statistics import mean

import torch

from ganbook import backbones, brushwork, data, files, runtime, training
from ganbook.commands import runs
from ganbook.models import backbone, harmoniser, style
from ganbook.training import stylist


def add(models) -> None:
    """Add the commands and their options to the parser."""
    runs.add_command(models, "backbone", run_backbone, help="features for style", data="cifar10")
    add_stylist(
        runs.add_command(
            models,
            "stylist",
            run_stylist,
            help="a network that paints in one style",
            data="horse2zebra",
            size=128,
            batch=4,
            steps=2000,
            lr=2e-3,
        )
    )
    parser = runs.add_command(
        models,
        "harmoniser",
        run_harmoniser,
        help="a network that corrects the colours of a pasted piece",
        data="horse2zebra",
        size=64,
        batch=32,
        lr=2e-3,
    )
    parser.add_argument("--width", type=int, default=24, help="maps of its first layer")


def add_stylist(parser) -> None:
    add = parser.add_argument
    add("--style", default="swirls", help=f"one of {', '.join(brushwork.STYLES)}, or an image file")
    add("--style-size", type=int, default=256, help="pixels of the style")
    add("--backbone", default=backbones.OURS, help="the network that measures the style")
    add("--width", type=int, default=16, help="maps at full size")
    add("--blocks", type=int, default=3, help="residual blocks")
    add("--content-weight", type=float, default=1.0)
    add("--style-weight", type=float, default=20.0)
    add("--tv-weight", type=float, default=0.1)
    add("--crop", type=int, help="train on windows of so many pixels; default: whole photos")
    add("--content-layer", type=int, help="position in the backbone's maps; default: the middle")
    add("--recolour", action="store_true", help="want the content in the style's colours")


def run_backbone(options) -> None:
    """Train, resuming if OUT holds a run state; print its accuracy; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = data.load(options.data, size=options.size, channels=3)
    device = runtime.device()
    arguments = dict(classes=len(real.classes))
    model = backbone.Backbone(**arguments).to(device)
    step = training.ClassifierStep(
        model,
        steps=options.steps,
        lr=options.lr,
        shift=4,
        flip=True,
        seed=options.seed,
        autocast=runs.mixed(options),
    )
    batches = data.batches(
        real.images, real.labels, batch_size=options.batch, device=device, seed=options.seed
    )
    runs.fit(step, batches, options)
    test = data.load(options.data, size=options.size, channels=3, split="test")
    right = training.predict(model, data.to_float(test.images).to(device)).cpu() == test.labels
    print(f"test accuracy {right.float().mean():.4f} of {len(test):,} images")
    runs.save(model, arguments, options)


def run_stylist(options) -> None:
    """Train, resuming if OUT holds a run state; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    photos = data.load(options.data, size=options.size, channels=3).images
    device = runtime.device()
    maps = backbones.feature_maps(options.backbone).to(device)
    arguments = dict(width=options.width, blocks=options.blocks)
    model = style.Stylist(**arguments).to(device)
    step = training.StylistStep(
        model,
        maps,
        data.to_float(read_style(options.style, options.style_size))[None].to(device),
        lr=options.lr,
        steps=options.steps,
        content_weight=options.content_weight,
        style_weight=options.style_weight,
        tv_weight=options.tv_weight,
        content_layers=None if options.content_layer is None else (options.content_layer,),
        recolour=options.recolour,
        autocast=runs.mixed(options),
    )
    batches = data.batches(photos, batch_size=options.batch, device=device, seed=options.seed)
    if options.crop is not None:
        batches = stylist.crops(batches, options.crop, seed=options.seed)
    run = runs.fit(step, batches, options)
    last = {name: mean(run.history[name][-20:]) for name in ("content", "style", "tv")}
    print(", ".join(f"{name} {value:.4f}" for name, value in last.items()), "in training, at last")
    runs.save(model, arguments, options)


def read_style(name: str, size: int) -> torch.Tensor:
    """Return a style, by its name or from an image file, uint8 (3, size, size)."""
    if name in brushwork.STYLES:
        return brushwork.paint(name, size)
    if not Path(name).is_file():
        raise ValueError(
            f"expected one of {tuple(brushwork.STYLES)} or an image file, got {name!r}"
        )
    return files.read_images([Path(name)], size)[0]


def run_harmoniser(options) -> None:
    """Train, resuming if OUT holds a run state; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    photos = data.load(options.data, size=options.size, channels=3).images
    device = runtime.device()
    arguments = dict(width=options.width)
    model = harmoniser.Harmoniser(**arguments).to(device)
    step = training.HarmoniserStep(model, steps=options.steps, lr=options.lr, seed=options.seed)
    batches = data.batches(photos, batch_size=options.batch, device=device, seed=options.seed)
    runs.fit(step, batches, options)
    runs.save(model, arguments, options)
