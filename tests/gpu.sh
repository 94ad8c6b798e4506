#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All that only a GPU shows, on a bare x86-64 Linux machine with its driver, a C compiler and Python, without
# a network: build, run every device suite there, time the models beside PyTorch, write one report;
# exits 1 if any of it failed.
#     tests/gpu.sh [--packages FOLDER] [--icd LIBRARY] [--torch-bench FILE] [--out FOLDER]
# FOLDER has the Debian packages (*.deb) and Python wheels (*.whl: meson, ninja) that the machine
# lacks; they are unpacked in build-gpu/ alone.  LIBRARY is the driver's OpenCL, if the loader does not
# know it: libnvidia-opencl.so.1 unless told otherwise.  FILE is tests/bench/torch_bench.py, if
# there is PyTorch, or another as tests/bench/compare.py takes it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-gpu
packages='' icd=libnvidia-opencl.so.1 torch_bench='' out=$build/report failed=''
while [ $# -gt 0 ]; do
  case "$1" in
    --packages) packages=$(realpath -e "$2") ;;
    --icd) icd=$2 ;;
    --torch-bench) torch_bench=$(realpath -e "$2") ;;
    --out) out=$(realpath -m "$2") ;;
    *) echo "usage: $0 [--packages FOLDER] [--icd LIBRARY] [--torch-bench FILE] [--out FOLDER]" >&2; exit 2 ;;
  esac
  shift 2
done
cd "$root"
mkdir -p "$build" "$out"
export XDG_CACHE_HOME=$build/cache

say() { printf '\n== %s\n' "$*"; }

unpack() {
  local root=$build/root libraries
  for package in "$packages"/*.deb; do
    [ -e "$package" ] && dpkg -x "$package" "$root"
  done
  libraries=$root/usr/lib/x86_64-linux-gnu
  export PATH=$root/usr/bin:$PATH PKG_CONFIG_PATH=$libraries/pkgconfig:$root/usr/share/pkgconfig
  export PKG_CONFIG_SYSROOT_DIR=$root LD_LIBRARY_PATH=$libraries:${LD_LIBRARY_PATH:-}
  export LIBRARY_PATH=$libraries CPATH=$root/usr/include
  if compgen -G "$packages/*.whl" >/dev/null; then
    python3 -m venv "$build/python"
    "$build/python/bin/pip" install --quiet --no-index --find-links "$packages" meson ninja
    export PATH=$build/python/bin:$PATH
  fi
}

# The loader looks in OCL_ICD_VENDORS; the driver that it knows already need not be named.
register() {
  mkdir -p "$build/vendors"
  cp /etc/OpenCL/vendors/*.icd "$build/vendors/" 2>/dev/null || true # there may be none
  grep -qsF "$icd" "$build"/vendors/*.icd || echo "$icd" >"$build/vendors/figment.icd"
  export OCL_ICD_VENDORS=$build/vendors
}

# report NAME COMMAND...: what it prints is kept in NAME.txt; a failure is told and remembered, and the
# rest goes on.
report() {
  local name=$1
  shift
  say "$name"
  "$@" 2>&1 | tee "$out/$name.txt" && return
  echo "$name: failed" | tee -a "$out/$name.txt"
  failed+=" $name"
}

[ -z "$packages" ] || unpack
register
say "building"
if [ ! -f "$build/build.ninja" ]; then
  meson setup "$build" -Dbuildtype=release >"$out/setup.txt" 2>&1 ||
    { cat "$out/setup.txt" >&2; exit 1; }
fi
ninja -C "$build" --quiet
figment=$build/src/cli/figment

report devices "$figment" devices
report suites env FIGMENT_DEVICE=opencl meson test -C "$build" --no-rebuild --suite device \
  --timeout-multiplier 4 --print-errorlogs
report bench "$figment" bench --device opencl
report profile "$figment" bench --profile ae-deep vae-400-20 gan-conv --device opencl
if [ -n "$torch_bench" ]; then
  report pytorch tests/bench/compare.py "$figment" "$torch_bench" --device opencl
fi
echo
echo "report: $out${failed:+; failed:$failed}"
[ -z "$failed" ]
