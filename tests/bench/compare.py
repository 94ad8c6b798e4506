#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Time training steps of figment and of a peer in turns; print the Markdown of RESULTS.md.

    compare.py FIGMENT PEER_BENCH [--python PYTHON] [--device cpu] [--peer-device D] [--threads 2]
               [--part models] [--rounds 3] [--compile] [--models NAME[:BATCH],...]
               [--keep FILE] [--minutes N]

PEER_BENCH, torch_bench.py or tinygrad_bench.py beside this script, prints for `--device D
--threads N [--compile] [--batch N] MODEL` a line of JSON with model, batch and images_per_s.
Parts:
    models   Both sides run alone, one after the other, with the same batch and threads, so that a
             machine which is slow for a while slows both; a ratio, of images per second, is of one
             round.  --compile times the compiled peer, too.  Shares are of what a step would take
             at the best rate of products, or of copies, measured in the same process: of the time
             that it took.  Memory is the peak of each process, and what an NVIDIA GPU held more.
    facts    What the device is and does at best; products beside those of torch_bench.py.
    profile  Where a step goes of the model in FILE whose ratio is least, or of the first one.
FILE keeps what was measured: a model that it has is not measured again, and the table is of all of
them.  After N minutes no model is begun; another call goes on.  Exits 1 if a side failed.
"""
import argparse
import collections
import contextlib
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

MODELS = ['ae-deep', 'ae-256-128', 'ae-shallow', 'vae-dense', 'vae-400-20', 'latent-gan',
          'gan-dense', 'gan-small', 'gan-conv']
GPU_MODELS = [*MODELS, 'gan-conv:256']
PROFILED = 16  # rows of a profile: the largest

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument('figment')
parser.add_argument('peer_bench')
parser.add_argument('--part', choices=('models', 'facts', 'profile'), default='models')
parser.add_argument('--python', default=sys.executable)
parser.add_argument('--device', default='cpu', help="figment's")
parser.add_argument('--peer-device', help="the peer's (default: cpu, or cuda if figment's is none)")
parser.add_argument('--threads', default='2')
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('--compile', action=argparse.BooleanOptionalAction)
parser.add_argument('--models', type=lambda names: names.split(','), help='(default: all)')
parser.add_argument('--keep', type=pathlib.Path)
parser.add_argument('--minutes', type=float, default=float('inf'))


def gpu_memory():
    """MiB in use on the first GPU, or None if nvidia-smi does not tell."""
    try:
        return float(subprocess.run(
            ['nvidia-smi', '-i', '0', '--query-gpu=memory.used', '--format=csv,noheader,nounits'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


@contextlib.contextmanager
def watched_gpu():
    """What the GPU's memory is before, and twice a second while the block runs."""
    used, done = [gpu_memory()], threading.Event()

    def watch():
        while used[0] is not None and not done.wait(0.5):
            used.append(gpu_memory() or 0)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield used
    finally:
        done.set()
        thread.join()


def measure(command, **variables):
    """The JSON object that the command prints last, and the most memory that it held, in MiB; None
    if it failed."""
    with watched_gpu() as used, subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                                 env={**os.environ, **variables}) as process:
        lines = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not lines:
        print(f'compare.py: status {process.returncode}: {" ".join(command)}', file=sys.stderr)
        return None
    return {**json.loads(lines[-1]), 'memory': usage.ru_maxrss / 1024,
            'gpu_memory': None if used[0] is None else max(used) - used[0]}


def measure_peer(args, *words):
    device = args.peer_device or ('cpu' if args.device.startswith('cpu') else 'cuda')
    return measure([args.python, args.peer_bench, '--device', device, '--threads', args.threads,
                    *words])


def measure_ours(args, *words):
    return measure([args.figment, 'bench', '--device', args.device, '--json', *words],
                   FIGMENT_THREADS=args.threads)


def one_round(args, name):
    """What each side measured, or None where it failed."""
    model, *batch = name.split(':')
    words = [model, *(['--batch', *batch] if batch else [])]
    peer = measure_peer(args, *words)
    if peer and not batch:
        words += ['--batch', str(peer['batch'])]
    return {'peer': peer, 'ours': measure_ours(args, *words),
            'floors': measure_ours(args, *words, '--floors'),
            'compiled': measure_peer(args, '--compile', *words) if args.compile else None}


def fastest(rounds, side):
    return max((each[side] for each in rounds if each[side]), default=None,
               key=lambda times: times['images_per_s'])


def least(numbers):
    return min(numbers, default=None)


def median(numbers):
    return statistics.median(numbers) if numbers else None


def most(numbers):
    return max(numbers, default=None)


def ratios(rounds, peer='peer'):
    return [each['ours']['images_per_s'] / each[peer]['images_per_s']
            for each in rounds if each['ours'] and each[peer]]


def cell(number, form):
    return '-' if number is None else format(number, form)


def both(rounds, key, form='.0f'):
    """A cell with both sides' number of their fastest round."""
    found = [(fastest(rounds, side) or {}).get(key) for side in ('ours', 'peer')]
    return ', '.join(cell(number, form) for number in found)


def share(rounds, floor):
    return cell(max((each['floors'][floor] / each['floors']['step_ms'] for each in rounds
                     if each['floors']), default=None), '.0%')


def row(name, rounds):
    ours = fastest(rounds, 'ours') or {'works': 'failed', 'batch': '-'}
    cells = [name.split(':')[0], ours['batch'],
             *(cell(pick(ratios(rounds)), '.2f') for pick in (least, median, most)),
             cell(median(ratios(rounds, 'compiled')), '.2f'), both(rounds, 'step_ms', '.3g'),
             share(rounds, 'arithmetic_ms'), share(rounds, 'memory_ms'), both(rounds, 'memory'),
             both(rounds, 'gpu_memory'), ours['works']]
    return '| ' + ' | '.join(map(str, cells)) + ' |'


def failed(rounds, compiled):
    sides = ['ours', 'peer', 'floors', *(['compiled'] if compiled else [])]
    return any(not each[side] for each in rounds for side in sides)


def load(args):
    return json.loads(args.keep.read_text()) if args.keep and args.keep.exists() else {}


def measure_models(args, found):
    """Adds the rounds of those models that it has not; the models that the time did not reach."""
    start = time.monotonic()
    for i, name in enumerate(args.models):
        if time.monotonic() - start > 60 * args.minutes:
            return args.models[i:]
        if name not in found or failed(found[name], args.compile):
            found[name] = [one_round(args, name) for _ in range(args.rounds)]
            print(row(name, found[name]), file=sys.stderr, flush=True)
            if args.keep:
                args.keep.write_text(json.dumps(found))
    return []


def models(args):
    found = load(args)
    left = measure_models(args, found)
    print('| model | batch | ratio: min | median | max | compiled | ms a step: figment, peer | '
          'products | copies | MiB: figment, peer | of the GPU | works |\n' + '|---' * 12 + '|')
    for name, rounds in found.items():
        print(row(name, rounds))
    if left:
        print(f'\nNot measured yet: {", ".join(left)}.')
    return any(failed(rounds, args.compile) for rounds in found.values())


def size(number):
    return f'{number / 2**30:.1f} GiB' if number >= 2**30 else f'{number / 2**10:.0f} KiB'


def facts(args):
    listed = json.loads(subprocess.run([args.figment, 'devices', '--json'], check=True,
                                       stdout=subprocess.PIPE).stdout)
    device = next(each for each in listed if each['device'].startswith(args.device))
    rates = measure_ours(args, '--floors', 'ae-shallow')
    if not rates:
        return True
    products = {side: (gflops, measure_peer(args, f'product-{side}'))
                for side, gflops in rates['products_gflops'].items()}
    engine = next((peer['engine'] for _, peer in products.values() if peer), 'no peer')
    print(f'{datetime.date.today()}: {device["name"]} ({device["type"]}), {device["platform"]}, '
          f'driver {device["driver"]}, {device["version"]}; {device["units"]} units, '
          f'{size(device["memory"])}, largest buffer {size(device["max_alloc"])}, '
          f'local memory {size(device["local_memory"])}, groups of {device["group"]}; '
          f'products by {device["products"]}; self-test {device["self_test"]}; {engine}.\n\n'
          f'| at best | figment | peer | ratio |\n|---|---|---|---|\n'
          f'| one work of many, us | {rates["launch_us"]:.2f} | | |\n'
          f'| one that is waited for, us | {rates["wait_us"]:.1f} | | |\n'
          f'| copies, GB/s | {rates["copy_gbytes"]:.1f} | | |')
    for side, (gflops, peer) in products.items():
        cells = f'{peer["gflops"]:.0f} | {gflops / peer["gflops"]:.2f}' if peer else 'failed | '
        print(f'| product of {side}, GFLOP/s | {gflops:.0f} | {cells} |')
    return not all(peer for _, peer in products.values())


def add(works, key):
    return sum(work[key] for work in works)


def profile(args):
    found = {name: rounds for name, rounds in load(args).items() if ratios(rounds)}
    name = min(found, key=lambda name: median(ratios(found[name])), default=args.models[0])
    model, *batch = name.split(':')
    step = measure_ours(args, '--profile', model, *(['--batch', *batch] if batch else []))
    if not step:
        return True
    works = collections.defaultdict(list)
    for work in step['works']:
        shape = '[{m},{k}] x [{k},{n}]'.format(**work) if work['m'] else ''
        works[work['what'], shape].append(work)
    total = add(step['works'], 'ms')
    ratio = f", {median(ratios(found[name])):.2f} of the peer's rate" if found else ''
    print(f'{model}, batch {step["batch"]}{ratio}: {total:.3g} ms, each work waited for.\n\n'
          '| work | size | times | ms | share | GFLOP/s | GB/s |\n' + '|---' * 7 + '|')
    largest = sorted(works.items(), key=lambda each: -add(each[1], 'ms'))[:PROFILED]
    for (what, shape), same in largest:
        ms = add(same, 'ms')
        print(f'| {what} | {shape} | {len(same)} | {ms:.3g} | {ms / total:.0%} | '
              f'{cell(add(same, "flops") / ms * 1e-6 or None, ".3g")} | '
              f'{add(same, "bytes") / ms * 1e-6:.1f} |')
    return False


def main():
    args = parser.parse_args()
    args.models = args.models or (MODELS if args.device.startswith('cpu') else GPU_MODELS)
    sys.exit({'models': models, 'facts': facts, 'profile': profile}[args.part](args))


if __name__ == '__main__':
    main()
