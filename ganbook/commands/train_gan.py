"""python -m ganbook train dcgan."""

from ganbook import data, losses, runtime, training
from ganbook.commands import runs
from ganbook.models import dcgan

GAMES = ("non_saturating", "minimax")


def add(models) -> None:
    """Add the command and its options to the parser."""
    parser = runs.add_command(models, "dcgan", run, help="a generator, and who plays it", lr=2e-4)
    add = parser.add_argument
    add("--width", type=int, default=32, help="channels of the widest image layer")
    add("--latent", type=int, default=100, help="numbers in a latent")
    add("--game", choices=GAMES, default="non_saturating")
    add("--ema", type=float, default=0.999, help="decay a step of averaged weights")
    add("--compile", action="store_true", help="run through torch.compile")


def run(options) -> None:
    """Train, resuming if OUT holds a run state; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = data.load(options.data, size=options.size, channels=options.channels)
    device, channels = runtime.device(), real.images.shape[1]
    shape = dict(size=options.size, channels=channels, width=options.width)
    arguments = dict(shape, latent=options.latent)
    step = training.GANStep(
        dcgan.Generator(**arguments).to(device),
        dcgan.Discriminator(**shape).to(device),
        game=getattr(losses, options.game),
        lr=options.lr,
        ema=options.ema,
        seed=options.seed,
        autocast=runs.mixed(options),
        compile=options.compile,
    )
    batches = data.batches(real.images, batch_size=options.batch, device=device, seed=options.seed)
    history = runs.fit(step, batches, options).history
    print(f"d_loss {history['d_loss'][-1]:.3f}, g_loss {history['g_loss'][-1]:.3f}")
    runs.save(step.ema.module, arguments, options)
