#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Time training steps of figment and of a peer in turns; print the ratios of images per second.

    compare.py FIGMENT PEER_BENCH [--python PYTHON] [--device cpu] [--peer-device D] [--threads 2]
               [--rounds 3] [--compile] [--models NAME,...]

PEER_BENCH, torch_bench.py or tinygrad_bench.py beside this script, prints for `--device D
--threads N [--compile] MODEL` a line of JSON with model, batch and images_per_s.  Both sides run
alone, one after the other, with the same batch and threads, so that a machine which is slow for a
while slows both; a ratio is of one round.  Shares are of what a step would take at the best rate of
products, or of copies, measured in the same process: of the time that it took.  Memory is the peak
of each process.
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
parser.add_argument('peer_bench')
parser.add_argument('--python', default=sys.executable)
parser.add_argument('--device', default='cpu', help="figment's")
parser.add_argument('--peer-device', help="the peer's (default: cpu, or cuda if figment's is none)")
parser.add_argument('--threads', default='2')
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('--compile', action='store_true')
parser.add_argument('--models', default=MODELS)


def measure(command, **variables):
    """The JSON object that the command prints last, and the most memory that it held, in MiB."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, **variables}) as process:
        lines = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {**json.loads(lines[-1]), 'memory': usage.ru_maxrss / 1024}


def one_round(args, model):
    device = args.peer_device or ('cpu' if args.device.startswith('cpu') else 'cuda')
    peer = measure([args.python, args.peer_bench, '--device', device, '--threads', args.threads,
                    *(['--compile'] if args.compile else []), model])
    bench = [args.figment, 'bench', model, '--device', args.device, '--batch',
             str(peer['batch']), '--json']
    ours = measure(bench, FIGMENT_THREADS=args.threads)
    return ours, peer, measure([*bench, '--floors'], FIGMENT_THREADS=args.threads)


def row(rounds):
    """A line of the table: the ratios of all rounds, the rest of each side's fastest."""
    ratios = sorted(ours['images_per_s'] / peer['images_per_s'] for ours, peer, _ in rounds)
    ours = min((ours for ours, _, _ in rounds), key=lambda each: each['step_ms'])
    peer = max((peer for _, peer, _ in rounds), key=lambda each: each['images_per_s'])
    shares = {floor: max(each[floor] / each['step_ms'] for *_, each in rounds)
              for floor in ('arithmetic_ms', 'memory_ms')}
    return (f'{ours["model"]:12} {ours["batch"]:5} {ratios[0]:6.2f} '
            f'{statistics.median(ratios):6.2f} {ratios[-1]:6.2f} {ours["step_ms"]:9.3f} '
            f'{1e3 * peer["batch"] / peer["images_per_s"]:9.3f} '
            f'{shares["arithmetic_ms"]:10.0%} {shares["memory_ms"]:7.0%} '
            f'{ours["memory"]:8.0f} {peer["memory"]:8.0f} {ours["works"]:6}')


def main():
    args = parser.parse_args()
    print('                           ratio            ms a step           share of     peak MiB\n'
          'model        batch    min median    max   figment      peer arithmetic  memory  figment'
          '     peer  works', flush=True)
    for model in args.models.split(','):
        print(row([one_round(args, model) for _ in range(args.rounds)]), flush=True)


if __name__ == '__main__':
    main()
