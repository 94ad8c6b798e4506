#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train the models of golden traces with the command, and print how far their losses are from them.

    compare.py FIGMENT TRACES [--data MNIST] [--device DEV] [--models NAME,...]

TRACES is a folder of FILE.json as beside this script, or folders of them; a trace whose input is
`mnist` needs --data.  A line per trace: the worst relative error of the first three steps,
and of all.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument('figment')
parser.add_argument('traces', type=pathlib.Path)
parser.add_argument('--data')
parser.add_argument('--device', default='cpu')
parser.add_argument('--models')


def train(args, golden, folder):
    """The losses of each step of the same training, as the command traces them."""
    steps, batch = golden['steps'], golden['batch']
    mnist = golden.get('input') == 'mnist'
    trace = pathlib.Path(folder, 'trace.jsonl')
    subprocess.run(
        [args.figment, 'train', golden['model'], '--device', args.device, '--quiet', '--no-shuffle',
         '--data', args.data if mnist else f'uniform:{steps * batch}',
         '--seed', str(golden['seed']), '--batch', str(batch), '--steps', str(steps),
         '--out', str(pathlib.Path(folder, 'run')), '--trace', str(trace)], check=True)
    return [json.loads(line) for line in trace.read_text().splitlines()]


def compare(args, path):
    golden = json.loads(path.read_text())
    if args.models and golden['model'] not in args.models.split(','):
        return
    if golden.get('input') == 'mnist' and not args.data:
        print(f'{path}: skipped: it needs --data')
        return
    with tempfile.TemporaryDirectory() as folder:
        traced = train(args, golden, folder)
    errors = [max(abs(got[key] / want - 1) for key, want in losses.items())
              for got, losses in zip(traced, golden['losses'], strict=True)]
    print(f'{args.device:8} {golden.get("input", "uniform"):8} {path.stem:22} '
          f'batch {golden["batch"]:4} {len(errors):3} steps  '
          f'first three {max(errors[:3]):.1e}  all {max(errors):.1e}', flush=True)


def main():
    args = parser.parse_args()
    for path in sorted(args.traces.rglob('*.json')):
        compare(args, path)


if __name__ == '__main__':
    sys.exit(main())
