"""Our variational step against the textbook's, on the same networks and images.

    python benchmarks/vae_steps.py [--only mlp] [--width 32] [--rounds 60] [--threads 2]

Both sides run in one process, in turn; the medians and the ratio of medians are printed. The first
network and its step are those of PyTorch's own example (pytorch/examples, vae/main.py): 784 pixels,
400 hidden units, 20 latents, batches of 128, a sigmoid and a summed binary cross-entropy, Adam as
it comes, and .item() at every step. (One version of it also adds the normaliser of the continuous
Bernoulli; that takes time, and is left out.) The second is `models.vae.VAE`, with a step written as
tutorials write it. Before it is timed, each textbook step is checked against ours: from the same
weights, draws of noise and data, both must report the same loss.
"""

import argparse
import copy

import torch
from steps import alternate, report
from torch import nn, optim
from torch.nn import functional as F

import ganbook as gb
from ganbook import training
from ganbook.models import vae


class ExampleVAE(nn.Module):
    """The network of PyTorch's example: images (B, 784) in [0, 1] to probabilities."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    def take(self, ours):
        """Take the weights of `ours`, whose images are in [-1, 1]: w x + b = 2w (x+1)/2 + b - w."""
        first, heads = ours.encoder[0], ours.encoder[2]
        with torch.no_grad():
            self.fc1.weight.copy_(2 * first.weight)
            self.fc1.bias.copy_(first.bias - first.weight.sum(dim=1))
            for layer, half in ((self.fc21, slice(20)), (self.fc22, slice(20, 40))):
                layer.weight.copy_(heads.weight[half])
                layer.bias.copy_(heads.bias[half])
        self.fc3.load_state_dict(ours.decoder[0].state_dict())
        self.fc4.load_state_dict(ours.decoder[2].state_dict())
        return self


class ExampleStep:
    """The step of PyTorch's example."""

    def __init__(self, model):
        self.model = model
        self.optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def __call__(self, data):
        self.optimizer.zero_grad()
        recon_batch, mu, logvar = self.model(data)
        loss = loss_function(recon_batch, data, mu, logvar)
        loss.backward()
        self.optimizer.step()
        return loss.item() / len(data)


def loss_function(recon_x, x, mu, logvar):
    bce = F.binary_cross_entropy(recon_x, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


class PlainStep:
    """A convolutional step as tutorials write it: summed losses, Adam as it comes, .item()."""

    def __init__(self, model):
        self.model = model
        self.optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def __call__(self, images):
        mu, logvar = self.model.encoder(images).chunk(2, dim=1)
        std = torch.exp(0.5 * logvar)
        logits = self.model.decoder(mu + torch.randn_like(std) * std)
        bce = F.binary_cross_entropy_with_logits(logits, (images + 1) / 2, reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        loss = (bce + kld) / len(images)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def same_loss(ours, images, theirs, data):
    """Both report one loss, from the same weights and noise (ours draws it from its generator)."""
    ours = training.VAEStep(copy.deepcopy(ours), seed=3)
    torch.manual_seed(3)
    theirs = copy.deepcopy(theirs)(data)
    assert abs(-ours(images)["bound"].item() - theirs) < 1e-3 * theirs


def mlp(rounds, batch=128, **_):
    images = gb.load("mnist", size=28, on_missing="stand-in").images
    rows = next(gb.batches(gb.to_float(images).flatten(1), batch_size=batch))
    gb.seed(0)
    model = vae.MLPVAE(features=784, latent=20, hidden=(400,))
    example, data = ExampleStep(ExampleVAE().take(model)), (rows + 1) / 2
    same_loss(model, rows, example, data)
    ours = training.VAEStep(model)
    contestants = {"PyTorch's example": lambda: example(data), "ganbook": lambda: ours(rows)}
    return "PyTorch's example, 784-400-20", batch, alternate(contestants, rounds)


def convolutional(rounds, batch=64, width=32):
    images = gb.load("mnist", on_missing="stand-in").images
    real = next(gb.batches(images, batch_size=batch))
    gb.seed(0)
    model = vae.VAE(width=width)
    plain = PlainStep(copy.deepcopy(model))
    same_loss(model, real, plain, real)
    ours = training.VAEStep(copy.deepcopy(model))
    half = training.VAEStep(copy.deepcopy(model), autocast=torch.bfloat16)
    contestants = {
        "written plainly": lambda: plain(real),
        "ganbook": lambda: ours(real),
        "ganbook, bfloat16 autocast": lambda: half(real),
    }
    return f"Convolutional VAE, 32 pixels, width {width}", batch, alternate(contestants, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("mlp", "convolutional"), nargs="+")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    parts = {"mlp": mlp, "convolutional": convolutional}
    for name in arguments.only or parts:
        title, batch, seconds = parts[name](arguments.rounds, width=arguments.width)
        report(f"One step of {title}, batch {batch}, {arguments.threads} threads", seconds)
