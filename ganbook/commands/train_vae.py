"""python -m ganbook train vae."""

from ganbook import data, metrics, runtime, training
from ganbook.commands import runs
from ganbook.models import vae


def add(models) -> None:
    """Add the command and its options to the parser."""
    parser = runs.add_command(models, "vae", run, help="a variational autoencoder", batch=100)
    add = parser.add_argument
    add("--width", type=int, default=32, help="channels of the widest image layer")
    add("--latent", type=int, default=32, help="numbers in a latent")
    add("--beta", type=float, default=1.0, help="weight of the KL")
    add("--warm-up", type=int, default=0, help="steps over which beta rises from 0")
    add("--free-bits", type=float, default=0.0, help="nats a latent that cost nothing")
    add("--decay", type=int, default=0, help="steps over which the learning rate falls to 0")
    add("--binarise", action="store_true", help="draw pixels anew at each step, 0 or 1")


def run(options) -> None:
    """Train, resuming if OUT holds a run state; print its bound; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = data.load(options.data, size=options.size, channels=options.channels)
    device = runtime.device()
    arguments = dict(
        size=options.size,
        channels=real.images.shape[1],
        latent=options.latent,
        width=options.width,
    )
    model = vae.VAE(**arguments).to(device)
    step = training.VAEStep(
        model,
        lr=options.lr,
        decay=options.decay,
        beta=options.beta,
        warm_up=options.warm_up,
        free_bits=options.free_bits,
        binarise=options.binarise,
        seed=options.seed,
        autocast=runs.mixed(options),
    )
    batches = data.batches(real.images, batch_size=options.batch, device=device, seed=options.seed)
    runs.fit(step, batches, options)
    if options.data != "photos" and not options.data.startswith("folder:"):
        test = data.load(options.data, size=options.size, channels=options.channels, split="test")
        bound = metrics.elbo(model, data.to_float(test.images), binarise=options.binarise)
        print(f"bound {bound:.2f} nats an image, of {len(test):,} test images")
    runs.save(model, arguments, options)
