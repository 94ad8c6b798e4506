#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times the dense reference models in tinygrad, for tests/bench/compare.py.

    tinygrad_bench.py [--device opencl|cpu] MODEL

On `opencl` tinygrad takes the first OpenCL device.  Prints one line of JSON: the median time of a
training step that was captured (TinyJit), on random data that is on the device already.
Install: pip install tinygrad (0.14)
"""
import argparse
import json
import os
import statistics
import time
from importlib.metadata import version

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model")
parser.add_argument("--device", default="opencl")
parser.add_argument("--threads", help="not used: the OpenCL driver has its own")
arguments = parser.parse_args()
os.environ.update(DEV="CPU" if arguments.device == "cpu" else "CL", TRAINING="1")

from tinygrad import Tensor, TinyJit, nn  # noqa: E402  (which reads them)
from tinygrad.nn.optim import Optimizer  # noqa: E402

SECONDS, WARM = 3, 5


class Network:
    """Dense layers with relu between them."""

    def __init__(self, *widths):
        self.layers = [nn.Linear(a, b) for a, b in zip(widths, widths[1:])]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


class Adadelta(Optimizer):
    """As PyTorch's: lr 1, rho .95, eps 1e-7."""

    def __init__(self, params, rho=0.95, eps=1e-7):
        super().__init__(params, 1.0)
        self.rho, self.eps = rho, eps
        self.square, self.delta = self._new_optim_param(), self._new_optim_param()

    def _step(self, params, grads):
        updates = []
        for i, grad in enumerate(grads):
            self.square[i].assign(self.rho * self.square[i] + (1 - self.rho) * grad * grad)
            step = (self.delta[i] + self.eps).sqrt() / (self.square[i] + self.eps).sqrt() * grad
            self.delta[i].assign(self.rho * self.delta[i] + (1 - self.rho) * step * step)
            updates.append(step)
        return updates, self.square + self.delta


def squared(logits, x):
    return (logits.sigmoid() - x).square()


def cross_entropy(logits, x):
    return logits.relu() - logits * x + (1 + (-logits.abs()).exp()).log()


def autoencoder(widths, error, optimizer):
    network = Network(*widths)
    return optimizer(nn.state.get_parameters(network)), lambda x: error(network(x), x).mean()


def variational(encoder, latent, decoder, error):
    body = Network(*encoder, 2 * latent)
    tail = Network(*decoder)

    def loss(x):
        mean, log_variance = body(x).split(latent, dim=1)
        code = mean + (log_variance / 2).exp() * Tensor.randn(*mean.shape)
        kl = -(1 + log_variance - mean.square() - log_variance.exp()).sum() / 2
        return (error(tail(code), x).sum() + kl) / x.shape[0]

    return nn.optim.Adam(nn.state.get_parameters([body, tail])), loss


MODELS = {
    "ae-deep": (256, lambda: autoencoder((784, 128, 64, 32, 64, 128, 784), cross_entropy,
                                         Adadelta)),
    "ae-256-128": (256, lambda: autoencoder((784, 256, 128, 784), squared, nn.optim.Adam)),
    "ae-shallow": (256, lambda: autoencoder((784, 64, 784), squared, nn.optim.Adam)),
    "vae-dense": (128, lambda: variational((784, 128, 64), 32, (32, 64, 128, 784), squared)),
    "vae-400-20": (128, lambda: variational((784, 400), 20, (20, 400, 784), cross_entropy)),
}


def main():
    if arguments.model not in MODELS:
        parser.error(f"no model {arguments.model}; there are {', '.join(MODELS)}")
    batch, build = MODELS[arguments.model]
    optimizer, loss = build()
    x = Tensor.rand(batch, 784).realize()

    @TinyJit
    def step():
        optimizer.zero_grad()
        value = loss(x).backward()
        optimizer.step()
        return value.realize()

    times = []
    for _ in range(WARM):
        step().item()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        step().item()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    print(json.dumps({"model": arguments.model, "engine": "tinygrad " + version("tinygrad"),
                      "batch": batch, "step_ms": 1e3 * seconds, "images_per_s": batch / seconds}))


if __name__ == "__main__":
    main()
