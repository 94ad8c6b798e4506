#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rate and distortion of compressed images: `tests/bench/codec.sh FIGMENT DATA [WORD...]`
#     FIGMENT  the command, like build/src/cli/figment
#     DATA     a folder with mnist/ in it
#     WORD...  more words for the training, as --epochs 5
# The line to beat is a codec of principal components: .1520 bits per pixel at 19.75 dB, .2200 at
# 21.21, .3651 at 23.44.
set -euo pipefail

figment=$1 data=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$figment" train vae-codec --data "$data/mnist" --out "$folder/run" --quiet "$@"
echo "tolerance bpp psnr"
for tolerance in 0.8 0.4 0.2 0.1 0.05 0.02 0.01; do
  "$figment" compress "$folder/run" -o "$folder/codes.figz" --tolerance $tolerance --json |
    python3 -c '
import json, sys
found = json.load(sys.stdin)
print(sys.argv[1], "%.4f %.2f" % (found["bpp"], found["psnr"]))' $tolerance
done
