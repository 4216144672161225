"""Our VQ-VAE step against the textbook's, on the same network, batch and losses.

    python benchmarks/vqvae_steps.py [--width 64] [--batch 64] [--rounds 30] [--threads 2]

The textbook step is written as most code for the VQ-VAE is: all squared distances by the binomial
formula, one-hot rows, codes by a matrix product, default Adam, `.item()` for the log. It is run
with a codebook learned by its loss and with one that follows running averages. Both sides run in
one process, in turn, and end with the same weights, which is checked at the first steps; medians
and the ratio of medians are printed.
"""

import argparse
import copy

import torch
from steps import alternate, report
from torch.nn.functional import one_hot

import ganbook as gb
from ganbook import training
from ganbook.models.vqvae import VQVAE

COMMITMENT = 0.25


class TextbookStep:
    """Equation 3 and, with a decay, appendix A.1 of the paper, with one-hot rows."""

    def __init__(self, model, decay):
        self.encoder, self.decoder, self.decay = model.encoder, model.decoder, decay
        self.codebook = model.codebook
        self.counts = torch.zeros(len(self.codebook))
        self.sums = torch.zeros_like(self.codebook)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def __call__(self, real):
        z_e = self.encoder(real)  # (B, D, h, w)
        flat = z_e.permute(0, 2, 3, 1).reshape(-1, z_e.shape[1])
        distances = (
            flat.pow(2).sum(dim=1, keepdim=True)
            + self.codebook.pow(2).sum(dim=1)
            - 2 * flat @ self.codebook.t()
        )
        chosen = one_hot(distances.argmin(dim=1), len(self.codebook)).float()
        e = (chosen @ self.codebook).view(len(real), *z_e.shape[2:], -1).permute(0, 3, 1, 2)
        codebook_loss = ((z_e.detach() - e) ** 2).sum() / len(real)
        commitment_loss = ((z_e - e.detach()) ** 2).sum() / len(real)
        images = self.decoder(z_e + (e - z_e).detach())
        error = ((images - real) ** 2).sum() / len(real)
        loss = error + COMMITMENT * commitment_loss
        if self.decay is None:
            loss = loss + codebook_loss
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.decay is not None:
            with torch.no_grad():
                self.follow(flat, chosen)
        shares = chosen.mean(dim=0)
        perplexity = torch.exp(-(shares * torch.log(shares + 1e-10)).sum())
        return error.item(), codebook_loss.item(), perplexity.item()

    def follow(self, flat, chosen):
        self.counts = self.decay * self.counts + (1 - self.decay) * chosen.sum(dim=0)
        self.sums = self.decay * self.sums + (1 - self.decay) * chosen.t() @ flat
        seen = self.counts > 0
        self.codebook[seen] = self.sums[seen] / self.counts[seen, None]


def compare(decay, width, batch, rounds):
    images = gb.load("fashion_mnist", size=32, on_missing="stand-in").images
    batches = gb.batches(images, batch_size=batch)
    gb.seed(0)
    model = VQVAE(width=width, decay=decay)
    model.codebook.data.normal_()  # so that many codes are used from the start
    settings = dict(lr=1e-3, commitment=COMMITMENT)
    textbook = TextbookStep(copy.deepcopy(model), decay)
    same = training.VQVAEStep(copy.deepcopy(model), restart=None, **settings)
    for real in (next(batches) for _ in range(3)):
        textbook(real)
        same(real)
    torch.testing.assert_close(textbook.codebook, same.model.codebook, rtol=1e-3, atol=1e-4)
    for a, b in zip(textbook.encoder.parameters(), same.model.encoder.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)
    ours = training.VQVAEStep(copy.deepcopy(model), **settings)
    half = training.VQVAEStep(copy.deepcopy(model), autocast=torch.bfloat16, **settings)
    real = next(batches)
    contestants = {
        "textbook, float32": lambda: textbook(real),
        "ganbook, no restarts": lambda: same(real),
        "ganbook, float32": lambda: ours(real),
        "ganbook, bfloat16 autocast": lambda: half(real),
    }
    kind = "its loss" if decay is None else "running averages"
    title = f"One step of VQ-VAE, codebook by {kind}, 32 pixels, width {width}, batch {batch}"
    threads = torch.get_num_threads()
    report(f"{title}, {threads} threads", alternate(contestants, rounds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for decay in (None, 0.99):
        compare(decay, arguments.width, arguments.batch, arguments.rounds)
