# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # build and tests are run.sh's
# What `run.sh --long` adds; run.sh sources this and defines suites, on_oclgrind, step.

# has COMMAND TEST: whether it is here; else the test is told to be left out.
has() { command -v "$1" >/dev/null || { say "$2: no $1, skipped"; return 1; }; }

# other_build NAME OPTION...: a build of its own, and both kinds of suites in it.
other_build() {
  local name=$1
  folder=$build/$1
  shift
  say "$name: building"
  if configure "$folder" --werror -Dbuildtype=debugoptimized -Db_ndebug=false "$@"; then
    suites "$name" host
    suites "$name-cpu" device FIGMENT_DEVICE=cpu
  else
    step "build of $name" false
  fi
  folder=
}

# With PoCL alone: rusticl leaks memory of its own, which no suppression names once it is unloaded.
sanitizers() {
  export ASAN_OPTIONS=detect_leaks=1:verify_asan_link_order=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
  other_build sanitizers -Db_sanitize=address,undefined -Db_lundef=false
  unset ASAN_OPTIONS UBSAN_OPTIONS OCL_ICD_VENDORS
}

# Drivers are not ours to check, nor the code that oneDNN makes at run time, which reads a vector beyond
# its own workspace: the native engine alone.
on_valgrind() {
  # shellcheck disable=SC2034 # suites reads them
  local wrapper=valgrind folder=$build/native
  has valgrind valgrind || return 0
  configure "$folder" --werror -Dbuildtype=debugoptimized -Db_ndebug=false -Donednn=disabled \
    -Dopencl=disabled || { step "build for valgrind" false; return; }
  suites valgrind device FIGMENT_DEVICE=cpu FIGMENT_TEST_SMALL=1 \
    --timeout-multiplier 10 \
    --wrapper 'valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite'
}

fuzz() {
  local limit=64 # MiB: no header alone makes us allocate
  [ "$1" != fuzz_picture ] || limit=512 # but those of compressed pictures
  mkdir -p "$build/fuzz/$1.corpus"
  "$build/fuzz/tests/$1" -max_total_time=60 -max_len=4096 -malloc_limit_mb=$limit \
    "$build/fuzz/$1.corpus" >"$build/fuzz/$1.log" 2>&1 || { tail -20 "$build/fuzz/$1.log"; return 1; }
}

fuzzers() {
  local source name
  has clang fuzzers || return 0
  say "fuzzers, 60 s each"
  CC=clang configure "$build/fuzz" -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args=-fsanitize=fuzzer-no-link -Dfuzzers=true || { step "build of fuzzers" false; return; }
  python3 "$tests/fuzz/seeds.py" "$build/fuzz"
  for source in "$tests"/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    step "$name" fuzz "$name"
  done
}

release() { CC=$1 configure "$build/$1" --werror -Dbuildtype=release; }

for compiler in gcc clang; do
  if has "$compiler" "release build by $compiler"; then
    step "release build by $compiler" release "$compiler"
  fi
done
sanitizers
on_valgrind
on_oclgrind oclgrind-races --data-races
on_oclgrind oclgrind-uninitialized --uninitialized --build-options -cl-opt-disable
fuzzers
