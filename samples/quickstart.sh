#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From nothing to pictures: install what is missing, build, train a model of each family on the best
# device found, and draw what they make: about three minutes on two CPU cores.
#     samples/quickstart.sh [OPTION...]     options of `figment train`, such as --device cpu
# What an earlier start of it left in runs/quickstart is replaced.
# Images are MNIST's four IDX files in $FIGMENT_MNIST, or else in data/mnist, or else drawn digits.
set -euo pipefail
mnist=data/mnist
if [ -n "${FIGMENT_MNIST:-}" ]; then
  [ -d "$FIGMENT_MNIST" ] || { echo "$0: FIGMENT_MNIST: $FIGMENT_MNIST is no folder" >&2; exit 1; }
  mnist=$(cd "$FIGMENT_MNIST" && pwd)
fi
cd "$(dirname "$0")/.."
figment=build/src/cli/figment
runs=runs/quickstart
data=synthetic
[ ! -d "$mnist" ] || data=$mnist

tests/setup.sh build
if [ ! -f build/build.ninja ]; then
  output=$(meson setup build 2>&1) || { echo "$output" >&2; exit 1; }
fi
ninja -C build --quiet

# train NAME EPOCHS [OPTION...]: into runs/NAME
train() {
  local name=$1 epochs=$2
  shift 2
  echo "== $name"
  rm -rf "${runs:?}/$name"
  "$figment" train "$name" --data "$data" --epochs "$epochs" --out "$runs/$name" "$@"
}

train ae-256-128 10 "$@"
"$figment" reconstruct "$runs/ae-256-128" --data "$data" -n 32 -o "$runs/reconstructions.png"
train vae-400-20 10 "$@"
"$figment" sample "$runs/vae-400-20" -n 64 -o "$runs/samples-vae.png"
"$figment" interpolate "$runs/vae-400-20" -o "$runs/interpolation.png"
train gan-ls 25 --set ema=0.999 "$@"
"$figment" sample "$runs/gan-ls" -n 64 -o "$runs/samples-gan.png"

cat <<END

Pictures:
  $runs/reconstructions.png  an autoencoder: each original beside its reconstruction
  $runs/samples-vae.png      drawn by a variational autoencoder
  $runs/interpolation.png    from one of its samples to another
  $runs/samples-gan.png      drawn by a GAN
  $runs/*/samples/           the same noise or images after every epoch
END
