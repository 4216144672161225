"""python -m ganbook train classifier."""

from ganbook import data, runtime, training
from ganbook.commands import runs
from ganbook.models import classifier

MIRRORED = ("fashion_mnist", "cifar10")  # sets whose mirror images are as likely as the images


def add(models) -> None:
    """Add the command and its options to the parser."""
    parser = runs.add_command(models, "classifier", run, help="a judge of samples", lr=2e-4)
    parser.add_argument("--width", type=int, default=32, help="channels of the widest image layer")


def run(options) -> None:
    """Train, resuming if OUT holds a run state; print its accuracy; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = data.load(options.data, size=options.size, channels=options.channels)
    device = runtime.device()
    arguments = dict(
        size=options.size,
        channels=real.images.shape[1],
        classes=len(real.classes),
        width=options.width,
    )
    model = classifier.Classifier(**arguments).to(device)
    step = training.ClassifierStep(
        model,
        steps=options.steps,
        lr=options.lr,
        flip=options.data in MIRRORED,
        seed=options.seed,
        autocast=runs.mixed(options),
    )
    batches = data.batches(
        real.images, real.labels, batch_size=options.batch, device=device, seed=options.seed
    )
    runs.fit(step, batches, options)
    test = data.load(options.data, size=options.size, channels=options.channels, split="test")
    right = training.predict(model, data.to_float(test.images).to(device)).cpu() == test.labels
    print(f"test accuracy {right.float().mean():.4f} of {len(test):,} images")
    runs.save(model, arguments, options)
