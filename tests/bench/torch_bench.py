#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times the reference models in PyTorch, for tests/bench/compare.py.

    torch_bench.py [--device cpu|cuda] [--threads N] [--compile] [--batch N] MODEL|product-SIDE

Prints one line of JSON: the median time of a training step, all phases of the model, in float32
(TF32 is off) on random data that is on the device already, each step waited for.  --compile is
torch.compile, on a GPU with CUDA graphs.  product-4096 is the fastest product of such squares.
Install: pip install torch (1.13 or later; --compile needs 2.0)
"""
import argparse
import json
import re
import statistics
import time

import torch
from torch import nn
from torch.nn import functional

SECONDS, WARM = 2, 5

cross_entropy = functional.binary_cross_entropy_with_logits


def dense(*widths, last=None):
    """Dense layers with relu between them, and `last` behind."""
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1], *([last] if last else []))


class Bench:
    """A model on a device; each of the makers returns its training step."""

    def __init__(self, device, compiled):
        self.device = device
        self.mode = "reduce-overhead" if device.type == "cuda" else "default"
        self.compiled = self.compile if compiled else lambda network: network

    def compile(self, network):
        return torch.compile(network, mode=self.mode)

    def autoencoder(self, widths, error, optimizer):
        network = dense(*widths).to(self.device)
        descent, run = optimizer(network.parameters()), self.compiled(network)

        def step(x):
            descent.zero_grad(set_to_none=True)
            error(run(x), x).backward()
            descent.step()
        return step

    def variational(self, encoder, latent, decoder, error):
        network = Variational(encoder, latent, decoder).to(self.device)
        descent, run = torch.optim.Adam(network.parameters()), self.compiled(network)

        def step(x):
            descent.zero_grad(set_to_none=True)
            drawn, mean, logvar = run(x)
            kl = -(1 + logvar - mean * mean - logvar.exp()).sum() / 2
            ((error(drawn, x, reduction="sum") + kl) / len(x)).backward()
            descent.step()
        return step

    def contest(self, generator, discriminator, latent, shape):
        generator, discriminator = generator.to(self.device), discriminator.to(self.device)
        climb = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
        descent = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
        draw, judge = self.compiled(generator), self.compiled(discriminator)

        def noise(x):
            return torch.randn(len(x), latent, device=self.device)

        def step(x):
            real, column = x.reshape(len(x), *shape), torch.ones(len(x), 1, device=self.device)
            with torch.no_grad():
                fake = draw(noise(x))
            descent.zero_grad(set_to_none=True)
            cross_entropy(judge(torch.cat([real, fake])),
                          torch.cat([0.9 * column, 0 * column])).backward()
            descent.step()
            discriminator.requires_grad_(False)
            climb.zero_grad(set_to_none=True)
            cross_entropy(judge(draw(noise(x))), column).backward()
            climb.step()
            discriminator.requires_grad_(True)
        return step

    def images(self, generator, discriminator, latent, shape):
        """A contest about images in the generator's range."""
        step = self.contest(generator, discriminator, latent, shape)
        return lambda x: step(2 * x - 1)

    def latent_gan(self):
        encoder = dense(784, 32, last=nn.ReLU()).to(self.device)
        decoder = dense(32, 784, last=nn.Sigmoid()).to(self.device)
        descent = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
        play = self.contest(dense(32, 64, 32, last=nn.ReLU()), dense(32, 64, 1), 32, (32,))

        def step(x):
            descent.zero_grad(set_to_none=True)
            functional.mse_loss(decoder(encoder(x)), x).backward()
            descent.step()
            with torch.no_grad():
                code = encoder(x)
            play(code)
        return step


class Variational(nn.Module):
    def __init__(self, encoder, latent, decoder):
        super().__init__()
        self.body = dense(*encoder, last=nn.ReLU())
        self.mean, self.logvar = (nn.Linear(encoder[-1], latent) for _ in range(2))
        self.decoder = dense(*decoder)

    def forward(self, x):
        body = self.body(x)
        mean, logvar = self.mean(body), self.logvar(body)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return self.decoder(code), mean, logvar


def squared(logits, x, reduction="mean"):
    return functional.mse_loss(torch.sigmoid(logits), x, reduction=reduction)


def conv_generator():
    return nn.Sequential(
        nn.Linear(100, 256 * 49, bias=False), nn.Unflatten(1, (256, 7, 7)), nn.BatchNorm2d(256),
        nn.ReLU(), nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False), nn.BatchNorm2d(128),
        nn.ReLU(), nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(64),
        nn.ReLU(), nn.ConvTranspose2d(64, 1, 5, 2, 2, 1), nn.Tanh())


def conv_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(0.2), nn.Conv2d(128, 256, 5, 2, 2), nn.LeakyReLU(0.2), nn.Flatten(),
        nn.Linear(256 * 16, 1))


def adadelta(params):
    return torch.optim.Adadelta(params, lr=1.0, rho=0.95, eps=1e-7)


MODELS = {  # batch, and what makes its step
    "ae-deep": (256, lambda bench: bench.autoencoder((784, 128, 64, 32, 64, 128, 784),
                                                     cross_entropy, adadelta)),
    "ae-256-128": (256, lambda bench: bench.autoencoder((784, 256, 128, 784), squared,
                                                        torch.optim.Adam)),
    "ae-shallow": (256, lambda bench: bench.autoencoder((784, 64, 784), squared,
                                                        torch.optim.Adam)),
    "vae-dense": (128, lambda bench: bench.variational((784, 128, 64), 32, (32, 64, 128, 784),
                                                       squared)),
    "vae-400-20": (128, lambda bench: bench.variational((784, 400), 20, (20, 400, 784),
                                                        cross_entropy)),
    "gan-dense": (256, lambda bench: bench.images(
        dense(100, 256, 512, 1024, 784, last=nn.Tanh()), dense(784, 1024, 512, 256, 1), 100,
        (784,))),
    "gan-small": (256, lambda bench: bench.images(
        dense(100, 256, 512, 784, last=nn.Sigmoid()), dense(784, 512, 256, 1), 100, (784,))),
    "gan-conv": (64, lambda bench: bench.images(conv_generator(), conv_discriminator(), 100,
                                                (1, 28, 28))),
    "latent-gan": (128, lambda bench: bench.latent_gan()),
}


def product(side, device):
    """What multiplies two squares in place."""
    a, b, out = (torch.rand(side, side, device=device) for _ in range(3))
    return lambda: torch.matmul(a, b.T, out=out)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--batch", type=int, help="default: the model's")
    arguments = parser.parse_args()
    if arguments.model not in MODELS and not re.fullmatch(r"product-\d+", arguments.model):
        parser.error(f"no model {arguments.model}; there are {', '.join(MODELS)}, product-SIDE")
    return arguments


def measure(run, device):
    """Seconds of each run."""
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    for _ in range(WARM):
        run()
    wait()
    times = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        wait()
        times.append(time.perf_counter() - start)
    return times


def time_product(side, device):
    seconds = min(measure(product(side, device), device))
    return {"gflops": 2e-9 * side**3 / seconds}


def time_model(arguments):
    batch, make = MODELS[arguments.model]
    batch = arguments.batch or batch
    step = make(Bench(arguments.device, arguments.compile))
    x = torch.rand(batch, 784, device=arguments.device)
    seconds = statistics.median(measure(lambda: step(x), arguments.device))
    return {"batch": batch, "step_ms": 1e3 * seconds, "images_per_s": batch / seconds}


def main():
    arguments = parse()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    name, _, side = arguments.model.partition("product-")
    times = time_model(arguments) if name else time_product(int(side), arguments.device)
    cuda = f", CUDA {torch.version.cuda}" if arguments.device.type == "cuda" else ""
    print(json.dumps({"model": arguments.model, "engine": f"torch {torch.__version__}{cuda}",
                      **times}))


if __name__ == "__main__":
    main()
