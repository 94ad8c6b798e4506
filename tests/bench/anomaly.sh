#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Anomaly detection against its lines to beat: `tests/bench/anomaly.sh FIGMENT DATA [WORD...]`
#     FIGMENT  the command, like build/src/cli/figment
#     DATA     a folder with mnist/ and mammography.csv in it
#     WORD...  more words for the training of MNIST's models, as --epochs 20
# MNIST one against the rest: ten models, each of one digit, find the other nine in the test half.
# Mammography: a model of the healthy finds the others, with five seeds.
# Measured: means of .9672 (PCA .9553), and of .8932 (PCA .8183) at a precision of .3593 (.1740).
set -euo pipefail

figment=$1 data=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# measure RUN: the areas under the curves of a trained model, and PCA's: auroc ap pca_auroc pca_ap
measure() {
  "$figment" score "$1" --json | python3 -c '
import json, sys
found = json.load(sys.stdin)
print(*("%.4f" % found[key] for key in
        ("auroc", "average_precision", "pca_auroc", "pca_average_precision")))'
}

means() {
  awk '{ a += $2; b += $3; c += $4; d += $5 }
    END { printf "mean %.4f %.4f %.4f %.4f\n", a / NR, b / NR, c / NR, d / NR }'
}

echo "what auroc average_precision pca_auroc pca_average_precision"
for digit in 0 1 2 3 4 5 6 7 8 9; do
  "$figment" train ae-anomaly --data "$data/mnist:only=$digit" --out "$folder/$digit" --quiet "$@"
  numbers=$(measure "$folder/$digit")
  echo "mnist-$digit $numbers"
done | tee "$folder/mnist"
means <"$folder/mnist"

for seed in 1 2 3 4 5; do
  "$figment" train ae-table --data "$data/mammography.csv:label=-1,only=-1" --seed $seed \
    --out "$folder/seed-$seed" --quiet
  numbers=$(measure "$folder/seed-$seed")
  echo "mammography-$seed $numbers"
done | tee "$folder/table"
means <"$folder/table"
