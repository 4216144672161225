// A live figure: under the pointer, what the decoder of vae-2d-fashion-mnist makes of that place.
// It stands on the still picture of the plane, in the cell with the tag live-plane; without
// scripts the still picture stays. The weights come from tools/plane_weights.py.
"use strict";

(() => {
  const REACH = 2.5; // the still picture goes from -REACH to REACH, in TILES steps
  const TILES = 13;
  const MARGIN = 0.0135; // around them, as a share of the picture
  const SHAPES = [ // of the decoder's tensors, in the order of the weights
    [1024, 2], [1024], [64, 32, 4, 4], [32], [32, 16, 4, 4], [16], [16, 1, 4, 4], [1],
  ];

  function half(bits) { // a float16 as a number
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
  }

  function unpack(text) { // base64 of little-endian float16 -> one Float32Array a tensor
    const bytes = atob(text);
    let at = 0;
    return SHAPES.map((shape) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b));
      for (let i = 0; i < values.length; i++, at += 2) {
        values[i] = half(bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8));
      }
      return values;
    });
  }

  // Doubles height and width: kernel 4, stride 2, padding 1; maps are (channels, size, size).
  function up(maps, size, weight, bias) {
    const outputs = bias.length;
    const inputs = maps.length / size ** 2;
    const side = 2 * size;
    const result = new Float32Array(outputs * side * side);
    for (let o = 0; o < outputs; o++) {
      result.fill(bias[o], o * side * side, (o + 1) * side * side);
    }
    for (let i = 0; i < inputs; i++) {
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          const value = maps[(i * size + row) * size + column];
          if (value === 0) continue;
          for (let o = 0; o < outputs; o++) {
            for (let k = 0; k < 16; k++) { // the stamp of one number
              const y = 2 * row - 1 + (k >> 2);
              const x = 2 * column - 1 + (k & 3);
              if (y < 0 || y >= side || x < 0 || x >= side) continue;
              result[(o * side + y) * side + x] += value * weight[(i * outputs + o) * 16 + k];
            }
          }
        }
      }
    }
    return result;
  }

  const relu = (maps) => maps.map((value) => Math.max(value, 0));

  function decode([w0, b0, ...layers], z) { // -> 32 x 32 numbers from 0 (black) to 1
    let maps = b0.map((bias, i) => bias + w0[2 * i] * z[0] + w0[2 * i + 1] * z[1]);
    for (let layer = 0, size = 4; layer < layers.length; layer += 2, size *= 2) {
      maps = up(relu(maps), size, layers[layer], layers[layer + 1]);
    }
    return maps.map((logit) => 1 / (1 + Math.exp(-logit)));
  }

  globalThis.ganbookPlane = { unpack, decode };
  if (typeof document === "undefined") return;

  const here = document.currentScript.src;

  function liven(still, weights) {
    const figure = document.createElement("div");
    const canvas = document.createElement("canvas");
    const words = document.createElement("p");
    const place = [0, 0];
    figure.className = "gb-plane";
    canvas.width = canvas.height = 32;
    canvas.setAttribute("aria-hidden", "true");
    words.setAttribute("aria-live", "polite");
    figure.append(canvas, words);
    still.after(figure);
    still.tabIndex = 0;
    still.classList.add("gb-plane-still");

    function draw() {
      const image = new ImageData(32, 32);
      decode(weights, place).forEach((value, i) => {
        image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i);
      });
      canvas.getContext("2d").putImageData(image, 0, 0);
      const [across, upwards] = place.map((value) => value.toFixed(2));
      words.textContent = `z = (${across}, ${upwards}). ` +
        "Point at the plane, or use the arrow keys: your browser runs the decoder.";
    }

    function move(across, upwards) {
      place[0] = Math.min(REACH, Math.max(-REACH, across));
      place[1] = Math.min(REACH, Math.max(-REACH, upwards));
      draw();
    }

    const latent = (share) => { // 0 to 1 across the picture; a tile shows its centre
      const tile = (TILES * (share - MARGIN)) / (1 - 2 * MARGIN) - 0.5;
      return (2 * REACH * tile) / (TILES - 1) - REACH;
    };
    const point = (event) => {
      const box = still.getBoundingClientRect();
      move(
        latent((event.clientX - box.left) / box.width),
        -latent((event.clientY - box.top) / box.height),
      );
    };
    still.addEventListener("pointerdown", point);
    still.addEventListener("pointermove", point);
    still.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const [across, upwards] = steps[event.key];
      move(place[0] + 0.1 * across, place[1] + 0.1 * upwards);
    });
    draw();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const still = document.querySelector(".tag_live-plane img");
    if (!still) return;
    const script = document.createElement("script");
    script.src = here.replace(/plane\.js.*$/, "plane-weights.js");
    script.onload = () => liven(still, unpack(globalThis.ganbookPlaneWeights));
    document.head.append(script);
  });
})();
