"""The live figure of the latent plane: its weights, and its decoder in the browser's language."""

import json
import shutil
import subprocess

import plane_weights
import pytest
import torch
from rename import ROOT

from ganbook import checkpoints

STATIC = ROOT / "book" / "_static"
RUN = """
require(process.argv[1] + "/plane.js");
require(process.argv[1] + "/plane-weights.js");
const weights = ganbookPlane.unpack(ganbookPlaneWeights);
const images = JSON.parse(process.argv[2]).map((z) => [...ganbookPlane.decode(weights, z)]);
process.stdout.write(JSON.stringify(images));
"""


def test_the_weights_are_those_of_the_shipped_decoder():
    assert (STATIC / "plane-weights.js").read_text("utf-8") == plane_weights.script()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node to run the page's script")
def test_the_page_decodes_as_the_package_does():
    z = torch.tensor([[0.0, 0.0], [-2.5, 1.7], [0.3, -1.1]])
    command = ["node", "-e", RUN, str(STATIC), json.dumps(z.tolist())]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wanted = checkpoints.load(plane_weights.NAME).decode(z).sigmoid().flatten(1)
    torch.testing.assert_close(torch.tensor(json.loads(output)), wanted.detach(), rtol=0, atol=1e-5)
