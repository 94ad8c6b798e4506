#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Time training steps of figment and of PyTorch in turns; print the ratios of images per second.

    compare.py FIGMENT TORCH_BENCH [--python PYTHON] [--device cpu] [--threads 2] [--rounds 3]
               [--compile] [--models NAME,...]

TORCH_BENCH prints, for `--device D --threads N [--compile] MODEL`, a line of JSON with model, batch
and images_per_s.  Both sides run alone, one after the other, with the same batch and threads, so
that a machine which is slow for a while slows both; a ratio is of one round.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

MODELS = ('ae-deep,ae-256-128,ae-shallow,vae-dense,vae-400-20,latent-gan,gan-dense,gan-small,'
          'gan-conv')

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument('figment')
parser.add_argument('torch_bench')
parser.add_argument('--python', default=sys.executable)
parser.add_argument('--device', default='cpu', help="figment's; PyTorch's is cuda if it is no cpu")
parser.add_argument('--threads', default='2')
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('--compile', action='store_true')
parser.add_argument('--models', default=MODELS)


def measure(command, **variables):
    """The JSON object that the command prints last."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, **variables})
    return json.loads(done.stdout.splitlines()[-1])


def one_round(args, model):
    torch_device = 'cpu' if args.device.startswith('cpu') else 'cuda'
    torch = measure([args.python, args.torch_bench, '--device', torch_device, '--threads',
                     args.threads, *(['--compile'] if args.compile else []), model])
    ours = measure([args.figment, 'bench', model, '--device', args.device, '--batch',
                    str(torch['batch']), '--json'], FIGMENT_THREADS=args.threads)
    return ours, torch


def main():
    args = parser.parse_args()
    print(f'{"model":12} {"batch":>5} {"min":>6} {"median":>6} {"max":>6}   ms a step: figment, '
          f'PyTorch   works', flush=True)
    for model in args.models.split(','):
        rounds = [one_round(args, model) for _ in range(args.rounds)]
        ratios = sorted(ours['images_per_s'] / torch['images_per_s'] for ours, torch in rounds)
        ours, torch = rounds[0]
        print(f'{model:12} {ours["batch"]:5} {ratios[0]:6.2f} {statistics.median(ratios):6.2f} '
              f'{ratios[-1]:6.2f} {min(o["step_ms"] for o, _ in rounds):12.3f} '
              f'{1e3 * torch["batch"] / max(t["images_per_s"] for _, t in rounds):12.3f} '
              f'{ours["works"]:14}', flush=True)


if __name__ == '__main__':
    main()
