"""python -m ganbook train cyclegan: two translators, between the two classes of an image set."""

import torch

from ganbook import data, runtime, training
from ganbook.commands import runs
from ganbook.models import cyclegan

MIRRORED = ("stripes", "horse2zebra")  # sets whose mirror images are as likely as the images


def add(models) -> None:
    """Add the command and its options to the parser."""
    parser = runs.add_command(models, "cyclegan", run, help="two translators, without pairs")
    parser.set_defaults(data="stripes", lr=2e-4, batch=1)
    add = parser.add_argument
    add("--width", type=int, default=64, help="channels of the widest image layer of a generator")
    add("--judge-width", type=int, help="the same of a discriminator; default: as the generator's")
    add("--layers", type=int, default=3, help="strided layers of a discriminator")
    add("--blocks", type=int, help="residual blocks; default: 6 up to 128 pixels, 9 above")
    add("--adversarial", type=float, default=1.0, help="weight of the adversarial loss")
    add("--cycle", type=float, default=10.0, help="weight of the cycle loss")
    add("--identity", type=float, default=5.0, help="weight of the identity loss")
    add("--pool", type=int, default=50, help="older fakes that a discriminator is shown too")
    add("--ema", type=float, help="decay a step of averaged weights; default: none")


def run(options) -> None:
    """Train, resuming if OUT holds a run state; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = data.load(options.data, size=options.size, channels=options.channels)
    if len(real.classes) != 2:
        raise ValueError(f"expected data of two classes, got {options.data} of {real.classes}")
    device, channels = runtime.device(), real.images.shape[1]
    blocks = cyclegan.blocks_for(options.size) if options.blocks is None else options.blocks
    arguments = dict(channels=channels, width=options.width, blocks=blocks)
    judge = dict(width=options.judge_width or options.width, layers=options.layers)
    model = cyclegan.CycleGAN(**arguments).to(device)
    step = training.CycleGANStep(
        model,
        [cyclegan.PatchDiscriminator(channels=channels, **judge).to(device) for _ in real.classes],
        adversarial=options.adversarial,
        cycle=options.cycle,
        identity=options.identity,
        pool=options.pool,
        lr=options.lr,
        steps=options.steps,
        seed=options.seed,
        autocast=runs.mixed(options),
        ema=options.ema,
    )
    history = runs.fit(step, pairs(real, options, device), options).history
    last = {name: values[-1] for name, values in history.items() if name != "step"}
    print(", ".join(f"{name} {value:.3f}" for name, value in last.items()))
    runs.save(model if step.ema is None else step.ema.module, arguments, options)


def pairs(real: data.ImageSet, options, device):
    """Yield batches (x, y) of the two classes, drawn and, where it is fair, mirrored apart."""
    streams = [
        data.batches(
            real.images[real.labels == domain],
            batch_size=options.batch,
            device=device,
            seed=2 * options.seed + domain,
        )
        for domain in range(2)
    ]
    if options.data in MIRRORED:
        streams = [mirrored(x, seed=2 * options.seed + domain) for domain, x in enumerate(streams)]
    return zip(*streams, strict=True)


def mirrored(batches, *, seed: int):
    """Yield batches (B, C, H, W) with each image mirrored half of the time, as `seed` has it."""
    random = torch.Generator().manual_seed(seed)
    for images in batches:
        mirror = torch.rand(len(images), generator=random).to(images.device) < 0.5
        yield torch.where(mirror[:, None, None, None], images.flip(-1), images)
