#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write golden traces: the losses of the first steps of the reference models, in float64.

    make_golden.py OUT [--data MNIST] [--seed 42] [--batch N] [--steps N] [MODEL ...]

OUT gets a MODEL-batch-N.json of each, of MNIST's images with --data (a folder), else of the input
`uniform`.  Everything that a trace depends on is defined here, and nothing of it is taken from
figment.  Needs numpy and torch on the CPU.

Random numbers: Philox4x32-10, key (seed & 0xffffffff, seed >> 32), counter (i // 4, step, stream,
0); element i takes word i % 4 of the four.
    uniform   u = (w >> 8) * 2**-24                         in [0, 1)
    normal    words 0 and 1 make elements 0 and 1 of a block, words 2 and 3 the others:
              r = sqrt(-2 ln(((wa >> 8) + 1) * 2**-24)), t = 2 pi (wb >> 8) * 2**-24;
              r cos t and r sin t
    streams   0x1000 + k  initial values of parameter k, in order of creation, at step 0
              0x2000 + k  noise source k of the model, at each step
              0x3000      the input `uniform`: element i of the batch at step t is u^4
Weights begin Glorot uniform, (2u - 1) sqrt(6 / (inputs + outputs)); biases 0; of batch norm 1 and
0.  Shapes are PyTorch's.  Batches of MNIST are its training images in their order, pixel / 255.
"""
import argparse
import gzip
import json
import math
import pathlib

import numpy as np
import torch
from torch.nn import functional

WEIGHTS, NOISE, INPUT = 0x1000, 0x2000, 0x3000

torch.set_default_dtype(torch.float64)
bce = functional.binary_cross_entropy_with_logits


class Random:
    def __init__(self, seed):
        self.seed = seed

    def words(self, stream, step, count):
        """At least `count` words of 32 bits, whole blocks of four."""
        blocks, mask = (count + 3) // 4, np.uint64(0xFFFFFFFF)
        c = [np.arange(blocks, dtype=np.uint64), np.full(blocks, step, np.uint64),
             np.full(blocks, stream, np.uint64), np.zeros(blocks, np.uint64)]
        key = [self.seed & 0xFFFFFFFF, self.seed >> 32]
        for _ in range(10):
            p, q = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
            c = [(q >> np.uint64(32)) ^ c[1] ^ np.uint64(key[0]), q & mask,
                 (p >> np.uint64(32)) ^ c[3] ^ np.uint64(key[1]), p & mask]
            key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
        return (np.stack(c, 1).reshape(-1) >> np.uint64(8)).astype(np.float64)

    def uniform(self, stream, step, shape):
        count = math.prod(shape)
        return torch.from_numpy(self.words(stream, step, count)[:count].reshape(shape) * 2.0 ** -24)

    def normal(self, stream, step, shape):
        count = math.prod(shape)
        w = self.words(stream, step, count).reshape(-1, 2) * 2.0 ** -24
        r, t = np.sqrt(-2 * np.log(w[:, 0] + 2.0 ** -24)), 2 * np.pi * w[:, 1]
        z = np.stack([r * np.cos(t), r * np.sin(t)], 1).reshape(-1)
        return torch.from_numpy(z[:count].reshape(shape))


class Model:
    """Parameters in order of creation, and what makes layers of them."""

    def __init__(self, random):
        self.random = random
        self.names, self.params = [], []

    def add(self, name, values):
        self.names.append(name)
        self.params.append(values.requires_grad_())
        return self.params[-1]

    def weight(self, name, shape, fans):
        u = self.random.uniform(WEIGHTS + len(self.params), 0, shape)
        return self.add(name + ".weight", (2 * u - 1) * math.sqrt(6 / fans))

    def bias(self, name, count):
        return self.add(name + ".bias", torch.zeros(count))

    def dense(self, name, inputs, outputs, bias=True):
        w = self.weight(name, (outputs, inputs), inputs + outputs)
        b = self.bias(name, outputs) if bias else None
        return lambda x: functional.linear(x, w, b)

    def conv(self, name, inputs, outputs):
        """Kernel 5, stride 2."""
        w = self.weight(name, (outputs, inputs, 5, 5), (inputs + outputs) * 25)
        b = self.bias(name, outputs)
        return lambda x: functional.conv2d(x, w, b, 2, 2)

    def deconv(self, name, inputs, outputs, stride, bias):
        """Kernel 5; the output is `stride` times as large."""
        w = self.weight(name, (inputs, outputs, 5, 5), (inputs + outputs) * 25)
        b = self.bias(name, outputs) if bias else None
        return lambda x: functional.conv_transpose2d(x, w, b, stride, 2, stride - 1)

    def batchnorm(self, name, channels):
        w, b = self.add(name + ".weight", torch.ones(channels)), self.bias(name, channels)
        return lambda x: functional.batch_norm(x, None, None, w, b, True, 0.1, 1e-5)

    def network(self, name, widths, last=None):
        """Dense layers with relu between them, and `last` behind."""
        layers = [self.dense(f"{name}.{k}", *ends)
                  for k, ends in enumerate(zip(widths, widths[1:]))]

        def run(x):
            for layer in layers[:-1]:
                x = torch.relu(layer(x))
            return last(layers[-1](x)) if last else layers[-1](x)
        return run


class Adam:
    def __init__(self, params, rate=1e-3, beta1=0.9):
        self.params, self.rate, self.beta1, self.steps = params, rate, beta1, 0
        self.m, self.v = ([torch.zeros_like(p) for p in params] for _ in range(2))

    def step(self, loss):
        self.steps += 1
        for p, g, m, v in zip(self.params, torch.autograd.grad(loss, self.params), self.m, self.v):
            m.mul_(self.beta1).add_((1 - self.beta1) * g)
            v.mul_(0.999).add_(0.001 * g * g)
            mean, square = m / (1 - self.beta1 ** self.steps), v / (1 - 0.999 ** self.steps)
            p.data -= self.rate * mean / (square.sqrt() + 1e-8)


class Adadelta:
    """Rate 1, rho .95, epsilon 1e-7."""

    def __init__(self, params):
        self.params = params
        self.a, self.u = ([torch.zeros_like(p) for p in params] for _ in range(2))

    def step(self, loss):
        for p, g, a, u in zip(self.params, torch.autograd.grad(loss, self.params), self.a, self.u):
            a.mul_(0.95).add_(0.05 * g * g)
            d = (u + 1e-7).sqrt() / (a + 1e-7).sqrt() * g
            u.mul_(0.95).add_(0.05 * d * d)
            p.data -= d


# --- Models: each adds its parameters and returns step(x, t), which trains on x [batch, 784] and
# returns the losses.

def autoencoder(model, widths, error, optimizer):
    network = model.network("ae", widths)
    descent = optimizer(model.params)

    def step(x, t):
        loss = error(network(x), x)
        descent.step(loss)
        return {"loss": loss}
    return step


def squared(logits, x, reduction="mean"):
    return functional.mse_loss(torch.sigmoid(logits), x, reduction=reduction)


def variational(model, encoder, latent, decoder, error):
    body = model.network("encoder", encoder, torch.relu)
    mean, logvar = (model.dense(f"encoder.{name}", encoder[-1], latent)
                    for name in ("mean", "logvar"))
    tail = model.network("decoder", decoder)
    descent = Adam(model.params)

    def step(x, t):
        hidden = body(x)
        mu, lv = mean(hidden), logvar(hidden)
        code = mu + model.random.normal(NOISE, t, mu.shape) * torch.exp(0.5 * lv)
        reconstruction = error(tail(code), x, reduction="sum") / len(x)
        kl = -0.5 * (1 + lv - mu * mu - lv.exp()).sum() / len(x)
        descent.step(reconstruction + kl)
        return {"loss": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
    return step


class Contest:
    """Of a generator, whose parameters come first, and a discriminator."""

    def __init__(self, model, generator, discriminator, latent, real_label):
        names = model.names
        self.random, self.latent, self.real_label = model.random, latent, real_label
        self.generator, self.discriminator = generator, discriminator
        self.climb, self.descent = (
            Adam([p for p, name in zip(model.params, names) if name.startswith(part)], 2e-4, 0.5)
            for part in ("generator.", "discriminator."))

    def draw(self, source, t, count):
        return self.generator(self.random.normal(NOISE + source, t, (count, self.latent)))

    def step(self, real, t):
        column = torch.ones(len(real), 1)
        said = self.discriminator(torch.cat([real, self.draw(0, t, len(real)).detach()]))
        discriminator = bce(said, torch.cat([self.real_label * column, 0 * column]))
        self.descent.step(discriminator)
        generator = bce(self.discriminator(self.draw(1, t, len(real))), column)
        self.climb.step(generator)
        return {"discriminator": discriminator, "generator": generator}


def gan_dense(model):
    generator = model.network("generator", (100, 256, 512, 1024, 784), torch.tanh)
    discriminator = model.network("discriminator", (784, 1024, 512, 256, 1))
    contest = Contest(model, generator, discriminator, 100, 0.9)
    return lambda x, t: contest.step(2 * x - 1, t)


def gan_small(model):
    generator = model.network("generator", (100, 256, 512, 784), torch.sigmoid)
    discriminator = model.network("discriminator", (784, 512, 256, 1))
    return Contest(model, generator, discriminator, 100, 1).step


def conv_generator(model):
    first = model.dense("generator.0", 100, 256 * 49, bias=False)
    layers = [model.batchnorm("generator.1", 256),
              torch.relu,
              model.deconv("generator.2", 256, 128, stride=1, bias=False),
              model.batchnorm("generator.3", 128),
              torch.relu,
              model.deconv("generator.4", 128, 64, stride=2, bias=False),
              model.batchnorm("generator.5", 64),
              torch.relu,
              model.deconv("generator.6", 64, 1, stride=2, bias=True),
              torch.tanh]

    def run(z):
        x = first(z).reshape(-1, 256, 7, 7)
        for layer in layers:
            x = layer(x)
        return x
    return run


def conv_discriminator(model):
    convs = [model.conv(f"discriminator.{k}", *channels)
             for k, channels in enumerate(((1, 64), (64, 128), (128, 256)))]
    last = model.dense("discriminator.3", 256 * 16, 1)

    def run(x):
        for conv in convs:
            x = functional.leaky_relu(conv(x), 0.2)
        return last(x.flatten(1))
    return run


def gan_conv(model):
    generator = conv_generator(model)
    contest = Contest(model, generator, conv_discriminator(model), 100, 0.9)
    return lambda x, t: contest.step((2 * x - 1).reshape(-1, 1, 28, 28), t)


def latent_gan(model):
    encoder, decoder = model.dense("encoder.0", 784, 32), model.dense("decoder.0", 32, 784)
    descent = Adam(list(model.params))
    generator = model.network("generator", (32, 64, 32), torch.relu)
    contest = Contest(model, generator, model.network("discriminator", (32, 64, 1)), 32, 1)

    def step(x, t):
        error = squared(decoder(torch.relu(encoder(x))), x)
        descent.step(error)
        code = torch.relu(encoder(x)).detach()  # of the encoder as just updated
        return {"autoencoder": error, **contest.step(code, t)}
    return step


MODELS = {  # what builds it, batch, steps
    "ae-deep": (lambda model: autoencoder(model, (784, 128, 64, 32, 64, 128, 784), bce, Adadelta),
                256, 20),
    "ae-256-128": (lambda model: autoencoder(model, (784, 256, 128, 784), squared, Adam), 256, 20),
    "ae-shallow": (lambda model: autoencoder(model, (784, 64, 784), squared, Adam), 256, 20),
    "vae-dense": (lambda model: variational(model, (784, 128, 64), 32, (32, 64, 128, 784),
                                            squared), 128, 20),
    "vae-400-20": (lambda model: variational(model, (784, 400), 20, (20, 400, 784), bce), 128, 20),
    "gan-dense": (gan_dense, 64, 10),
    "gan-small": (gan_small, 64, 20),
    "gan-conv": (gan_conv, 16, 6),
    "latent-gan": (latent_gan, 128, 20),
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("models", nargs="*", metavar="MODEL", default=list(MODELS))
    return parser.parse_intermixed_args()


def mnist(folder):
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return torch.from_numpy(pixels.reshape(-1, 784) / 255)


def trace(arguments, images, name):
    build, batch, steps = MODELS[name]
    batch, steps = arguments.batch or batch, arguments.steps or steps
    random = Random(arguments.seed)
    model = Model(random)
    step = build(model)
    initial = [float(p.detach().norm()) for p in model.params]
    losses = []
    for t in range(steps):
        x = (random.uniform(INPUT, t, (batch, 784)) ** 4 if images is None
             else images[t * batch:(t + 1) * batch])
        losses.append({key: float(loss.detach()) for key, loss in step(x, t).items()})
    return {"model": name, "input": "uniform" if images is None else "mnist",
            "seed": str(arguments.seed), "batch": batch, "steps": steps, "losses": losses,
            "parameters": [{"name": name, "shape": list(p.shape), "initial_norm": norm,
                            "final_norm": float(p.detach().norm())}
                           for name, p, norm in zip(model.names, model.params, initial)]}


def main():
    arguments = parse()
    images = mnist(arguments.data) if arguments.data else None
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.models:
        golden = trace(arguments, images, name)
        path = arguments.out / f"{name}-batch-{golden['batch']}.json"
        path.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
        print(path, golden["losses"][0], "->", golden["losses"][-1], flush=True)


if __name__ == "__main__":
    main()
