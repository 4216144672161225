"""Write the weights of the live figure of the latent plane, from the shipped checkpoint.

    python tools/plane_weights.py

A page opened from a disk may not fetch a file, but may load a script: so it is one.
"""

import base64
from pathlib import Path

import numpy as np

from ganbook import checkpoints

NAME = "vae-2d-fashion-mnist"
FILE = Path(__file__).resolve().parents[1] / "book" / "_static" / "plane-weights.js"


def script() -> str:
    """Return a script that holds the decoder's tensors, float16 in base64, one after the other."""
    tensors = checkpoints.load(NAME).decoder.state_dict().values()
    packed = b"".join(tensor.numpy().astype(np.dtype("<f2")).tobytes() for tensor in tensors)
    text = base64.b64encode(packed).decode("ascii")
    return f'globalThis.ganbookPlaneWeights = "{text}"; // {NAME}\n'


if __name__ == "__main__":
    FILE.write_text(script(), encoding="utf-8")
    print(f"wrote {FILE}")
