"""python -m ganbook train vqvae, and train prior, which models the codes of a trained VQ-VAE."""

import torch

from ganbook import checkpoints, data, metrics, runtime, training
from ganbook.commands import runs
from ganbook.models import prior, vqvae


def add(models) -> None:
    """Add the commands and their options to the parser."""
    add_vqvae(runs.add_command(models, "vqvae", run_vqvae, help="an autoencoder with a codebook"))
    add_prior(runs.add_command(models, "prior", run_prior, help="a prior over a VQ-VAE's codes"))


def add_vqvae(parser) -> None:
    add = parser.add_argument
    add("--width", type=int, default=64, help="maps of the grid")
    add("--codes", type=int, default=128, help="vectors in the codebook")
    add("--dim", type=int, default=32, help="numbers in a code")
    add("--decay", type=float, default=0.99, help="a step, of the codebook's running averages")
    add("--by-loss", action="store_true", help="learn the codebook by its loss, not by averages")
    add("--commitment", type=float, default=0.25, help="weight of the commitment loss")
    add("--restart", type=float, default=0.05, help="share of the mean use below which a code dies")


def add_prior(parser) -> None:
    add = parser.add_argument
    add("--vqvae", default="vqvae-fashion-mnist", help="a checkpoint's name, or a file")
    add("--width", type=int, default=128, help="numbers at each place of the grid")
    add("--depth", type=int, default=4, help="blocks")
    add("--heads", type=int, default=4, help="heads of attention in a block")
    add("--drop", type=float, default=0.0, help="share of dropout")
    parser.set_defaults(size=None, channels=None)


def run_vqvae(options) -> None:
    """Train, resuming if OUT holds a run state; print figures; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    real = data.load(options.data, size=options.size, channels=options.channels)
    device = runtime.device()
    arguments = dict(
        size=options.size,
        channels=real.images.shape[1],
        width=options.width,
        codes=options.codes,
        dim=options.dim,
        decay=None if options.by_loss else options.decay,
    )
    model = vqvae.VQVAE(**arguments).to(device)
    step = training.VQVAEStep(
        model,
        lr=options.lr,
        steps=options.steps,
        commitment=options.commitment,
        restart=options.restart,
        seed=options.seed,
        autocast=runs.mixed(options),
    )
    batches = data.batches(real.images, batch_size=options.batch, device=device, seed=options.seed)
    run = runs.fit(step, batches, options)
    print(f"squared error {run.history['error'][-1]:.2f} an image of the last batch")
    indices = training.to_codes(model, real.images[:10_000].to(device))
    used = metrics.perplexity(indices, options.codes)
    print(f"perplexity {used:.1f} of {options.codes} codes, of {len(indices):,} training images")
    runs.save(model, arguments, options)


def run_prior(options) -> None:
    """Train, resuming if OUT holds a run state; print figures; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    device = runtime.device()
    model = checkpoints.load(options.vqvae).to(device)
    if not isinstance(model, vqvae.VQVAE):
        raise ValueError(f"expected a VQVAE, got {options.vqvae}, a {type(model).__name__}")
    indices = codes_of(model, options, "train")
    arguments = dict(
        codes=len(model.codebook),
        grid=model.grid,
        width=options.width,
        depth=options.depth,
        heads=options.heads,
        drop=options.drop,
    )
    network = prior.Prior(**arguments).to(device)
    step = training.PriorStep(
        network, lr=options.lr, steps=options.steps, autocast=runs.mixed(options)
    )
    batches = training.code_batches(indices, batch_size=options.batch, seed=options.seed)
    runs.fit(step, batches, options)
    print(f"nats per code {training.nats_per_code(network, indices[:10_000]):.4f} in training")
    if options.data != "photos" and not options.data.startswith("folder:"):
        unseen = codes_of(model, options, "test")
        print(f"nats per code {training.nats_per_code(network, unseen):.4f} of the test split")
    runs.save(network, arguments, options)


def codes_of(model, options, split) -> torch.Tensor:
    """Return the codes (N, h, w) of a split, of the size and channels that the model knows."""
    images = data.load(options.data, size=model.size, channels=model.channels, split=split).images
    return training.to_codes(model, images.to(next(model.parameters()).device))
