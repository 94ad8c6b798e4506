#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From nothing to pictures: install what is missing, build, train an autoencoder on the best device
# found, and draw what it makes of images that it has not seen.
#     samples/quickstart.sh [OPTION...]     options of `figment train`, such as --device cpu
# Images are MNIST's four IDX files in $FIGMENT_MNIST or data/mnist, or else drawn digits.
set -euo pipefail
cd "$(dirname "$0")/.."
figment=build/src/cli/figment
run=runs/quickstart

tests/setup.sh build
[ -f build/build.ninja ] || meson setup build >/dev/null
ninja -C build --quiet

data=synthetic
for folder in "${FIGMENT_MNIST:-}" data/mnist; do
  if [ -n "$folder" ] && [ -d "$folder" ]; then
    data=$folder
    break
  fi
done

"$figment" train ae-256-128 --data "$data" --epochs 10 --out "$run" "$@"
"$figment" reconstruct "$run" --data "$data" -n 32 -o "$run/reconstructions.png"

cat <<END

Pictures, each original beside its reconstruction:
  $run/reconstructions.png
  $run/samples/    the same images after every epoch
END
