#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Install what is missing, build figment in build-tests/, run every suite on every device found, and
# say at the end how many tests passed and failed.
#     tests/run.sh [--long]     --long: also other compilers, sanitizers, valgrind, Oclgrind, fuzzers
set -euo pipefail
cd "$(dirname "$0")/.."
tests=$PWD/tests
build=$PWD/build-tests
logs=$build/results
long='' setup=test
case "${1:-}" in
  '') ;;
  --long) long=1 setup=long ;;
  *) echo "usage: $0 [--long]" >&2; exit 2 ;;
esac

"$tests/setup.sh" $setup

# Nothing outside the build folder is read or written: not the user's caches, not his settings.
unset FIGMENT_DEVICE FIGMENT_THREADS FIGMENT_CL_PATH FIGMENT_PRODUCTS FIGMENT_DEBUG FIGMENT_PROBE
unset FIGMENT_TEST_SMALL FIGMENT_TEST_SEED RUSTICL_ENABLE RUSTICL_DEVICE_TYPE OCL_ICD_VENDORS
unset wrapper folder # of the functions below
export XDG_CACHE_HOME=$build/cache POCL_CACHE_DIR=$build/cache/pocl

say() { printf '\n== %s\n' "$*"; }

# configure FOLDER OPTION...: make the folder, or set it anew, and build all that the suites need,
# which newer mesons do not count among `all`.
configure() {
  local folder=$1 output
  shift
  if [ -f "$folder/build.ninja" ]; then
    meson configure "$folder" "$@"
  else
    output=$(meson setup "$folder" "$@" 2>&1) ||
      { echo "$output"; return 1; }
  fi
  ninja -C "$folder" --quiet all meson-test-prereq
}

# suites NAME SUITE [VARIABLE=VALUE... [--] MESON_OPTION...]: run a suite; its log is NAME.json, or
# NAME-WRAPPER.json where the caller's $wrapper is a command that each test runs under.
suites() {
  local name=$1 suite=$2 variables=()
  shift 2
  while [[ "${1:-}" == [A-Z]*=* ]]; do
    variables+=("$1")
    shift
  done
  say "$name: $suite suites"
  env PYTHONUNBUFFERED=1 "${variables[@]}" meson test -C "${folder:-$build}" --no-rebuild --suite "$suite" \
    --print-errorlogs --logbase "$name" "$@" | sed '/^Summary of Failures/,$d; /^Ok: /,$d; /^$/d' ||
    true # the log tells
  cp "${folder:-$build}/meson-logs/$name${wrapper:+-${wrapper##*/}}.json" "$logs/" ||
    step "$name suites" false
}

# Whether an OpenCL device shows up with these variables.
has_opencl() { env "$@" FIGMENT_DEVICE=opencl "$build/tests/probe" >/dev/null 2>&1; }

# step NAME COMMAND...: a test that is no suite.
step() {
  local name=$1 result=OK
  shift
  "$@" || result=FAIL
  echo "   $name: $result"
  echo "{\"name\": \"$name\", \"result\": \"$result\"}" >>"$logs/steps.json"
}

# Its compiler takes minutes for the large suites' many kernels: all of them with --long only.
pocl=(OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd)
[ -n "$long" ] || pocl+=(FIGMENT_TEST_SMALL=1)
rusticl=(OCL_ICD_VENDORS=/etc/OpenCL/vendors/rusticl.icd RUSTICL_ENABLE=llvmpipe
  RUSTICL_DEVICE_TYPE=gpu FIGMENT_TEST_SMALL=1)

# on_opencl NAME VARIABLE=VALUE...: the device suites there, if there is such a device.
on_opencl() {
  local name=$1
  shift
  if has_opencl "$@"; then
    suites "$name" device FIGMENT_DEVICE=opencl "$@"
  else
    say "$name: no such device, skipped"
  fi
}

# An emulator does some millions of operations a second: suites that train are not for it.
emulated='chain choose fusion kernels ops optimizers plan product random rows work'
on_oclgrind() {
  local name=$1 wrapper="$tests/oclgrind.sh"
  shift
  # shellcheck disable=SC2086 # a list of names
  if command -v oclgrind >/dev/null; then
    suites "$name" device FIGMENT_DEVICE=opencl FIGMENT_TEST_SMALL=1 \
      --wrapper "'$wrapper' $*" --timeout-multiplier 3 $emulated
  else
    say "$name: no oclgrind, skipped"
  fi
}

# GPUs that need no persuasion, by the names that figment gives them.
on_gpus() {
  local gpu
  for gpu in $("$build/tests/probe" gpus 2>/dev/null || true); do
    suites "${gpu/:/-}" device FIGMENT_DEVICE="$gpu"
  done
}

mkdir -p "$build"
say "building"
configure "$build" --werror -Dbuildtype=debugoptimized -Db_ndebug=false
rm -rf "$logs"
mkdir -p "$logs" "$XDG_CACHE_HOME"

suites host host
suites cpu device FIGMENT_DEVICE=cpu
suites cpu64 device FIGMENT_DEVICE=cpu64
on_opencl pocl "${pocl[@]}"
on_opencl rusticl "${rusticl[@]}"
on_oclgrind oclgrind
on_gpus
if [ -n "$long" ]; then
  # shellcheck source=tests/long.sh
  . "$tests/long.sh"
fi

echo
python3 "$tests/summary.py" "$logs"/*.json
