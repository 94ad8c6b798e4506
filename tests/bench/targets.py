#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains models and measures them against the numbers that they must reach.

    tests/bench/targets.py FIGMENT DATA [--device DEV] [--epochs N] [LINE...]

FIGMENT is the command, DATA a folder with mnist/ in it; without LINE all are done. --epochs N cuts
every training short, to try the script. A row of a Markdown table is printed for each line and
seed: what must hold and whether it does, the numbers, the seconds, and how they were made. Anomaly
detection and the codec have scripts of their own, anomaly.sh and codec.sh.
"""
import argparse
import json
import operator
import os
import shlex
import subprocess
import tempfile
import time
from typing import NamedTuple

SIGNS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
THREE = (1, 2, 3)  # seeds of models whose luck matters


class Line(NamedTuple):
    train: str    # words behind `figment train`; {mnist} is the data
    measure: str  # the command and words behind the run; its object has the numbers
    rules: tuple  # "KEY SIGN NUMBER", "KEY SIGN LINE" or "KEY SIGN NUMBER * LINE": of that line's
    seeds: tuple = (1,)


EVAL = "eval --metrics "
RESTORE = "restore --corrupt -o {folder}/restored.png"
SAMPLES = EVAL + "fd84,kid84,precision,recall,density,coverage,classes,kl_uniform,confidence"
MNIST = " --data {mnist}"

# Frechet distances depend on the feature net, so published ones are told as shares of what samples
# of vae-400-20 had beside them, 85.
LINES = {
    "ae-shallow": Line("ae-shallow --epochs 20" + MNIST, EVAL + "mse,pca_mse", ("mse <= 0.00415",)),
    "ae-32": Line("ae-gmm --epochs 50" + MNIST, EVAL + "mse,pca_mse", ("mse <= 0.0102",)),
    "ae-deep-adam": Line("ae-deep --epochs 50 --set 'optimizer={{name: adam, rate: 1e-3}}'" + MNIST,
                         EVAL + "bce", ("bce <= 0.0855",)),
    "ae-deep": Line("ae-deep --epochs 50" + MNIST, EVAL + "bce",
                    ("bce >= 0.1067", "bce <= 0.1127")),
    "ae-256-128": Line("ae-256-128 --epochs 20" + MNIST, EVAL + "mse", ("mse <= 0.0035",)),
    "vae-400-20-10": Line("vae-400-20 --epochs 10" + MNIST, EVAL + "neg_elbo,reconstruction,kl",
                          ("neg_elbo <= 106.0",)),
    "vae-400-20": Line("vae-400-20 --epochs 20" + MNIST, SAMPLES + ",neg_elbo,reconstruction,kl",
                       ("neg_elbo <= 104.3",)),
    "vae-iwae-1": Line("vae-iwae --epochs 50 --set samples=1" + MNIST,
                       EVAL + "neg_elbo,nll --samples 5000",
                       ("neg_elbo <= 97.5", "nll <= 91.5")),
    "vae-iwae-5": Line("vae-iwae --epochs 50 --set samples=5" + MNIST,
                       EVAL + "neg_elbo,nll --samples 5000", ("nll < vae-iwae-1",)),
    "vae-iwae-50": Line("vae-iwae --epochs 50 --set samples=50" + MNIST,
                        EVAL + "neg_elbo,nll --samples 5000", ("nll < vae-iwae-5",)),
    "gan-dense-stable": Line("gan-dense-stable --epochs 5" + MNIST, SAMPLES,
                             ("classes >= 10", "kl_uniform <= 0.25",
                              "fd84 <= 1.35 * vae-400-20", "coverage >= 0.45"), THREE),
    "gan-conv": Line("gan-conv --epochs 20" + MNIST, SAMPLES,
                     ("fd84 <= 0.24 * vae-400-20", "coverage >= 0.8"), THREE),
    "gan-ring": Line("gan-ring", EVAL + "modes,near_modes", ("modes >= 8", "near_modes >= 0.5"),
                     THREE),
    "gan-grid": Line("gan-grid", EVAL + "modes,near_modes", ("modes >= 24", "near_modes >= 0.5"),
                     THREE),
    "ae-gmm-10": Line("ae-gmm" + MNIST, SAMPLES, ("fd84 <= 0.53 * vae-400-20",)),
    "ae-gmm-50": Line("ae-gmm" + MNIST, SAMPLES + " --sampler gmm:50",
                      ("fd84 <= 0.29 * vae-400-20",)),
    "latent-gan-stable": Line("latent-gan-stable" + MNIST, SAMPLES, ("fd84 < ae-gmm-10",), THREE),
    "aae": Line("aae" + MNIST, SAMPLES, ("fd84 < vae-400-20",), THREE),
    "vae-gan": Line("vae-gan" + MNIST, SAMPLES, ("fd84 < vae-400-20",), THREE),
    "ae-denoise": Line("ae-denoise" + MNIST, RESTORE, ("psnr_restored >= 19.5",)),
    "ae-superres": Line("ae-superres" + MNIST, RESTORE, ("psnr_restored > 22.44",)),
}


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.found = {}  # numbers of lines done, by name and seed

    def call(self, words):
        return subprocess.run([self.arguments.figment, *words], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def words(self, text):
        return shlex.split(text.format(mnist=os.path.join(self.arguments.data, "mnist"),
                                       folder=self.folder))

    def device(self):
        return ["--device", self.arguments.device] if self.arguments.device else []

    def measure(self, name, seed):
        """The numbers of a line, and the seconds of training; made once."""
        if (name, seed) in self.found:
            return self.found[name, seed]
        line, run = LINES[name], os.path.join(self.folder, f"{name}-{seed}")
        train = self.words(line.train)
        if self.arguments.epochs:
            train += ["--epochs", str(self.arguments.epochs)]
        start = time.monotonic()
        self.call(["train", *train, "--seed", str(seed), "--out", run, "--quiet", *self.device()])
        seconds = time.monotonic() - start
        command, *words = self.words(line.measure)
        numbers = json.loads(self.call([command, run, *words, "--json", *self.device()]))
        self.found[name, seed] = numbers, seconds
        return numbers, seconds

    def holds(self, rule, numbers, seed):
        key, sign, *factors = rule.replace(" * ", " ").split()
        bound = 1.0
        for factor in factors:
            bound *= self.number(factor, key, seed)
        return SIGNS[sign](numbers[key], bound)

    def number(self, text, key, seed):
        """A factor of a bound: a number, or what a line measured, with the same seed if it can."""
        if text not in LINES:
            return float(text)
        other = seed if seed in LINES[text].seeds else LINES[text].seeds[0]
        return self.measure(text, other)[0][key]

    def row(self, name, seed):
        line = LINES[name]
        numbers, seconds = self.measure(name, seed)
        rules = ", ".join(rule + ("" if self.holds(rule, numbers, seed) else " **missed**")
                          for rule in line.rules)
        values = ", ".join(f"{key} {value:.5g}" for key, value in numbers.items()
                           if isinstance(value, (int, float)))
        return f"| {name} | {seed} | {rules} | {values} | {seconds:.0f} |"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("figment")
    parser.add_argument("data")
    parser.add_argument("--device")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("lines", nargs="*", metavar="LINE", default=list(LINES))
    arguments = parser.parse_intermixed_args()
    unknown = [name for name in arguments.lines if name not in LINES]
    if unknown:
        parser.error(f"no line {unknown[0]}; there are {', '.join(LINES)}")
    return arguments


def main():
    arguments = parse()
    print("| line | seed | must hold | measured | seconds of training |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, folder)
        for name in arguments.lines:
            for seed in LINES[name].seeds:
                print(bench.row(name, seed), flush=True)
    print()
    for name in arguments.lines:
        line = LINES[name]
        print(f"- {name}: `figment train {line.train.format(mnist='mnist')} --seed SEED`, "
              f"`figment {line.measure.format(folder='.').replace(' ', ' RUN ', 1)}`")


if __name__ == "__main__":
    main()
