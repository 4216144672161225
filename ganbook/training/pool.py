"""A pool of earlier fakes, so that a discriminator does not forget what it has already refuted."""

import torch
from torch import Tensor

from ganbook.expect import expect_integer


class ImagePool:
    """Keeps up to `size` images, and mixes them into the fakes that pass through.

    Until it is full, it keeps and returns what comes. From then on each image is, with probability
    one half, exchanged for one of the pool, drawn evenly. A pool of size 0 changes nothing. `seed`
    fixes the draws. Each domain needs a pool of its own.
    Source: Shrivastava et al. 2017, arXiv:1612.07828, section 2.3; Zhu et al. 2017,
    arXiv:1703.10593, section 4, with 50 images.
    """

    def __init__(self, size: int = 50, *, seed: int = 0):
        expect_integer("size", size, 0)
        self.size, self.images = size, []
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, fakes: Tensor) -> Tensor:
        """Return as many images as came, (B, ...), without a graph."""
        fakes = fakes.detach()
        return torch.stack([self.exchange(fake) for fake in fakes]) if self.size else fakes

    def exchange(self, fake: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(fake.clone())  # a view would keep its whole batch
            return fake
        if torch.rand((), generator=self.random) < 0.5:
            return fake
        place = int(torch.randint(self.size, (), generator=self.random))
        earlier, self.images[place] = self.images[place], fake.clone()
        return earlier

    def state_dict(self) -> dict:
        return dict(images=self.images, random=self.random.get_state())

    def load_state_dict(self, state: dict) -> None:
        self.images = list(state["images"])
        self.random.set_state(state["random"])
