"""python -m ganbook train segmenter."""

from ganbook import data, metrics, runtime, training
from ganbook.commands import runs
from ganbook.models import segmenter


def add(models) -> None:
    """Add the command and its options to the parser."""
    parser = runs.add_command(models, "segmenter", run, help="a judge of shape", data="stripes")
    parser.set_defaults(lr=1e-2, steps=2000)
    parser.add_argument("--width", type=int, default=16, help="channels of each layer")


def run(options) -> None:
    """Train, resuming if OUT holds a run state; print its IoU; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = read(options, "train")
    device = runtime.device()
    arguments = dict(channels=real.images.shape[1], width=options.width)
    model = segmenter.Segmenter(**arguments).to(device)
    step = training.SegmenterStep(model, steps=options.steps, lr=options.lr, seed=options.seed)
    masks = real.factors["mask"][:, 0] / 255  # (N, H, W)
    batches = data.batches(
        real.images, masks, batch_size=options.batch, device=device, seed=options.seed
    )
    runs.fit(step, batches, options)
    test = read(options, "test")
    found = model.eval().masks(data.to_float(test.images).to(device)).cpu()
    iou = metrics.mean_iou(found, test.factors["mask"][:, 0])
    print(f"mean IoU {iou:.4f} of {len(test):,} test images")
    runs.save(model, arguments, options)


def read(options, split) -> data.ImageSet:
    """Return a split of an image set with masks."""
    images = data.load(options.data, size=options.size, channels=options.channels, split=split)
    if "mask" not in images.factors:
        raise ValueError(f"expected data with masks, as stripes has them, got {options.data}")
    return images
