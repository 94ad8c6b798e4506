#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All that only a GPU shows, on a bare x86-64 Linux machine with its driver, a C compiler and
# Python, without a network.  Parts: build; facts of the device; every device suite there; bench:
# the models beside PyTorch; profile of the model whose ratio is least.  Together they are one
# report in Markdown.
#     tests/gpu.sh [--only PART,...] [--minutes N] [--packages FOLDER] [--icd LIBRARY]
#                  [--python PYTHON] [--out FOLDER] [-- OPTION...]
#     tests/gpu.sh --gather FOLDER
# A part begins nothing new after N minutes (9), and the next call goes on where it was; without
# build-gpu/report/ all begins anew.  FOLDER (build-packages/) has what the machine lacks, Debian
# packages and Python wheels, unpacked in build-gpu/ alone; --gather fills it, on a Debian or Ubuntu
# with a network whose C library is no newer than the machine's.  LIBRARY is the driver's OpenCL,
# the only one that is used: libnvidia-opencl.so.1 unless told otherwise.  PYTHON is one that has
# PyTorch, OPTIONs are those of tests/bench/compare.py.  Exits 1 if anything failed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-gpu
packages=$root/build-packages icd=libnvidia-opencl.so.1 python=$(command -v python3)
only=build,facts,suites,bench,profile minutes=9 out=$build/report failed='' gather=''

usage() {
  sed -n '3,/^set/s/^# \?//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ] && [ "$1" != -- ]; do
  [ $# -gt 1 ] || usage
  case "$1" in
    --gather) gather=$(realpath -m "$2") ;;
    --icd) icd=$2 ;;
    --minutes) minutes=$2 ;;
    --only) only=$2 ;;
    --out) out=$(realpath -m "$2") ;;
    --packages) packages=$(realpath -e "$2") ;;
    --python) python=$(command -v "$2") ;;
    *) usage ;;
  esac
  shift 2
done
[ $# -eq 0 ] || shift
options=("$@")

say() { printf '\n== %s\n' "$*" >&2; }

stop() {
  echo "gpu.sh: $*" >&2
  exit 1
}

# --- What the machine lacks

# What a machine with a compiler and Python has, and must keep its own of.
own='^(gcc|g\+\+|cpp|binutils|libc6|libc-dev|libcrypt|linux-libc|libgcc|libgomp|libstdc|python3'
own+='|mawk|meson|ninja)' # the last two are wheels

# The packages that the arguments need, and they, without the machine's own.
closure() {
  local all='' names=$*
  while [ -n "$names" ]; do
    all+=$names$'\n'
    # shellcheck disable=SC2086 # a list of names
    names=$(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks \
      --no-replaces --no-enhances $names | sed -n 's/^[ |]*Depends: \([^<]*\)$/\1/p' |
      grep -Ev "$own" | sort -u | grep -vxF "$all" || true)
  done
  echo "$all"
}

# setup.sh knows which packages the build and the tests need.
gather() {
  local names needed optional tests
  names=$(sed -n '/^apt_packages="/,/"$/p' tests/setup.sh | tr -d '"' | cut -d= -f2)
  IFS='|' read -r -d '' needed optional tests _ <<<"$names" || true
  # shellcheck disable=SC2046,SC2086 # lists of names
  names=$(closure $(printf '%s\n' $needed $optional $tests | grep -Ev "$own"))
  mkdir -p "$1"
  cd "$1"
  # shellcheck disable=SC2086
  apt-get -qq -o APT::Sandbox::User=root download $names
  python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.8 \
    --platform manylinux2014_x86_64 meson ninja
  ls "$1"
}

unpack_deb() {
  if command -v dpkg >/dev/null; then
    dpkg -x "$1" "$2"
  else
    ar p "$1" "$(ar t "$1" | grep '^data\.tar')" >"$build/data.tar"
    tar -xf "$build/data.tar" -C "$2"
  fi
}

# Wheels are archives: their programs are used without pip, which a bare Python may lack.
unpack() {
  local into=$1 file target
  mkdir -p "$into/bin"
  for file in "$packages"/*.deb; do
    unpack_deb "$file" "$into"
  done
  find "$into" -type l -lname '/*' -printf '%p\t%l\n' | while IFS=$'\t' read -r file target; do
    [ ! -e "$into$target" ] || ln -sfn "$into$target" "$file"
  done
  for file in "$packages"/*.whl; do
    python3 -m zipfile -e "$file" "$into/wheels"
  done
  find "$into/wheels" -type f -name ninja -exec install -m 755 {} "$into/bin/ninja" \;
  program meson "PYTHONPATH=$into/wheels" python3 -m mesonbuild.mesonmain
  program pkg-config "LD_LIBRARY_PATH=$into/usr/lib/x86_64-linux-gnu" "$into/usr/bin/pkgconf"
}

# program NAME VARIABLE=VALUE COMMAND...
program() {
  # shellcheck disable=SC2016 # the script's
  { echo '#!/bin/sh' && printf '%q ' exec env "${@:2}" && echo '"$@"'; } >"$build/root/bin/$1"
  chmod +x "$build/root/bin/$1"
}

# The packages' libraries are found by what is built, and by nothing else that runs here.
use_packages() {
  local into=$build/root libraries lacking
  [ -e "$into/unpacked" ] || { unpack "$into" && touch "$into/unpacked"; }
  libraries=$into/usr/lib/x86_64-linux-gnu:$into/lib/x86_64-linux-gnu
  lacking=$(LD_LIBRARY_PATH=$libraries ldd "$into"/{usr/,}lib/x86_64-linux-gnu/*.so.* 2>&1 |
    sed -En "s/.*version .(.*)' not found.*/\1/p; s/^\s*(.*) => not found.*/\1/p" | sort -Vu)
  [ -z "$lacking" ] || stop "the packages (gather them on a system no newer than this one) need" \
    "what this machine lacks: ${lacking//$'\n'/, }"
  export PATH=$into/bin:$into/usr/bin:$PATH
  export PKG_CONFIG_SYSROOT_DIR=$into
  export PKG_CONFIG_PATH=$into/usr/lib/x86_64-linux-gnu/pkgconfig:$into/usr/share/pkgconfig
  export C_INCLUDE_PATH=$into/usr/include:$into/usr/include/x86_64-linux-gnu
  export LIBRARY_PATH=$libraries
  export LDFLAGS="-Wl,--disable-new-dtags,-rpath,$libraries"
}

# --- The device

# The only driver that the loader sees; some machines keep it where the linker does not look.
register() {
  local folder
  for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib/nvidia; do
    [ -e "$folder/$icd" ] && export LD_LIBRARY_PATH=$folder:${LD_LIBRARY_PATH:-} && break
  done
  mkdir -p "$build/vendors"
  echo "$icd" >"$build/vendors/figment.icd"
  export OCL_ICD_VENDORS=$build/vendors FIGMENT_DEVICE=opencl
}

build() {
  [ -f "$build/build.ninja" ] || meson setup "$build" -Dbuildtype=release >"$out/setup.txt" 2>&1 ||
    stop "$(cat "$out/setup.txt")"
  ninja -C "$build" --quiet all meson-test-prereq || stop "the build failed"
  look
}

look() {
  [ -x "$figment" ] || stop "not built yet: --only build"
  "$build/tests/probe" || stop "$icd shows no OpenCL device: $("$figment" bench 2>&1)"
}

# --- Parts that measure: each prints Markdown, and what happens meanwhile to stderr

compare() {
  "$python" tests/bench/compare.py "$figment" tests/bench/torch_bench.py --python "$python" \
    --device opencl --compile --keep "$out/bench.json" --minutes "$minutes" "${options[@]}" "$@"
}

has_torch() { "$python" -c 'import torch' 2>/dev/null; }

# shellcheck disable=SC2016 # Markdown's
code() { printf '```\n%s\n```\n' "$("$@")"; }

facts() {
  if has_torch; then
    compare --part facts
  else
    code "$figment" devices
    code "$figment" bench ae-shallow --floors --device opencl
  fi
}

# Runs the suites that have no line yet in suites.txt: those that ended have one.
suites() {
  local results=$out/suites.txt log=$build/meson-logs/testlog.json all left bad
  all=$(meson test -C "$build" --no-rebuild --list --suite device 2>/dev/null | sed 's/.*[ :]//')
  touch "$results"
  not_run() { grep -vxFf <(cut -d' ' -f2 "$results") <<<"$all" || true; }
  left=$(not_run)
  if [ -n "$left" ]; then
    rm -f "$log"
    # shellcheck disable=SC2086 # a list of names
    timeout "${minutes}m" meson test -C "$build" --no-rebuild --timeout-multiplier 4 \
      --print-errorlogs $left >&2 || true # the log tells
    sed -En 's/^\{"name": "([^"]*[ :])?(\w+)".*"result": "([A-Z]+)".*/\3 \2/p' \
      "$log" | grep -v ^INTERRUPT >>"$results" || true # none ended
  fi
  left=$(not_run)
  bad=$(sed -En 's/^(FAIL|TIMEOUT|ERROR) //p' "$results")
  echo "Suites on the device: $(grep -c ^OK "$results") passed; failed:" \
    "$(xargs <<<"${bad:-none}"); not run yet: $(xargs <<<"${left:-none}")."
  [ -s "$results" ] && [ -z "$bad" ]
}

bench() {
  if has_torch; then
    compare
  else
    code "$figment" bench --floors --device opencl
  fi
}

profile() { compare --part profile; }

# part NAME: what it prints is kept as NAME.md; a failure is told and remembered, and the rest goes
# on.
part() {
  say "$1"
  look
  "$1" >"$out/$1.md.new" || failed+=" $1"
  mv "$out/$1.md.new" "$out/$1.md"
}

# shellcheck disable=SC2016
report() {
  local name
  printf '## On a GPU\n\n`tests/gpu.sh%s` at %s\n' "${options[*]:+ -- ${options[*]}}" \
    "$(git rev-parse --short HEAD 2>/dev/null || echo 'an unknown commit')"
  for name in facts suites bench profile; do
    [ ! -s "$out/$name.md" ] || { echo && cat "$out/$name.md"; }
  done
}

cd "$root"
[ -z "$gather" ] || { gather "$gather" && exit; }
mkdir -p "$build" "$out"
export XDG_CACHE_HOME=$build/cache CUDA_CACHE_PATH=$build/cache/nvidia
figment=$build/src/cli/figment
[ ! -d "$packages" ] || use_packages
register
for name in ${only//,/ }; do
  case "$name" in
    build) say build && build ;;
    facts | suites | bench | profile) part "$name" ;;
    *) usage ;;
  esac
done
[ "$only" = build ] || report | tee "$out/report.md"
[ -z "$failed" ] || stop "failed:$failed; the report is $out/report.md"
