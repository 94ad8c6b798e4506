#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086 # lists of names, which are read by names made at run time
# Install what figment needs, as far as it is missing:
#     tests/setup.sh build    to build it
#     tests/setup.sh test     to build and to test it
#     tests/setup.sh long     for run.sh --long
# Says nothing when all is there.  What cannot be had is reported; the build says what it misses.
set -euo pipefail

# Packages by manager: needed to build | what a build does without | tests | what tests do without |
# what long tests do without.
apt_packages="meson ninja-build pkg-config gcc libc6-dev python3 libpng-dev libjpeg-dev libdeflate-dev libyaml-dev libcjson-dev
  | ocl-icd-opencl-dev opencl-headers libclblast-dev libdnnl-dev
  | check g++ binutils
  | pocl-opencl-icd mesa-opencl-icd oclgrind locales
  | clang libclang-rt-dev valgrind"
dnf_packages="meson ninja-build pkgconf-pkg-config gcc python3 libpng-devel libjpeg-turbo-devel libdeflate-devel libyaml-devel cjson-devel
  | ocl-icd-devel opencl-headers clblast-devel onednn-devel
  | check-devel gcc-c++ binutils
  | pocl mesa-libOpenCL glibc-locale-source
  | clang compiler-rt valgrind"
pacman_packages="meson ninja pkgconf gcc python libpng libjpeg-turbo libdeflate libyaml cjson
  | ocl-icd opencl-headers clblast onednn
  | check binutils
  | pocl opencl-mesa
  | clang compiler-rt valgrind"
brew_packages="meson ninja pkg-config python libpng jpeg-turbo libdeflate libyaml cjson
  | opencl-headers ocl-icd clblast onednn
  | check
  | pocl
  |"

apt_has() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
dnf_has() { rpm -q --whatprovides "$1" >/dev/null 2>&1; }
pacman_has() { pacman -Q "$1" >/dev/null 2>&1; }
brew_has() { brew list --versions "$1" >/dev/null 2>&1; }

# The package lists, again while another program holds their lock.
apt_update() {
  local try errors
  for try in 1 2 3 4 5 6; do
    errors=$(as_root env LC_ALL=C apt-get -qq update 2>&1 >/dev/null) && return
    [[ "$errors" == *"Could not get lock"* && "$try" != 6 ]] || break
    sleep 10
  done
  echo "$errors" >&2
}

apt_lists_fresh=
apt_install() {
  [ -n "$apt_lists_fresh" ] || apt_update
  apt_lists_fresh=1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o DPkg::Lock::Timeout=600 install "$@" >/dev/null
}
dnf_install() { as_root dnf -q -y install "$@" >/dev/null; }
pacman_install() { as_root pacman -S --noconfirm --needed "$@" >/dev/null; }
brew_install() { brew install -q "$@" >/dev/null; }

# Whether packages can be installed at all: brew does it for whoever asks.
may_install() {
  [ "$manager" = brew ] || [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo true; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

manager() {
  local name
  for name in apt-get dnf pacman brew; do
    if command -v "$name" >/dev/null; then
      echo "${name%-get}"
      return
    fi
  done
}

# Those of the arguments that are not installed.
missing() {
  local name
  for name in "$@"; do
    "${manager}_has" "$name" || echo "$name"
  done
}

# All in one go; when that fails, one by one, so that one that does not exist spoils no other.
install() {
  local why=$1 name
  shift
  [ $# -gt 0 ] || return 0
  echo "setup: installing $*"
  "${manager}_install" "$@" && return 0
  for name in $(missing "$@"); do
    "${manager}_install" "$name" 2>/dev/null || echo "setup: no package $name here: $why" >&2
  done
}

manager=$(manager)
if [ -z "$manager" ]; then
  echo "setup: no apt, dnf, pacman or brew here: install meson, ninja, libpng, libjpeg-turbo, libdeflate, libyaml, cJSON yourself" >&2
  exit 0
fi
packages=${manager}_packages
IFS='|' read -r -d '' needed optional tests extras long <<<"${!packages}" || true
case "${1:-build}" in
  build) tests='' extras='' long='' ;;
  test) long='' ;;
  long) ;;
  *) echo "usage: $0 [build|test|long]" >&2; exit 2 ;;
esac
needed=$(missing $needed $tests) optional=$(missing $optional $extras $long)
if [ -n "$needed$optional" ] && ! may_install; then
  echo "setup: cannot install (neither root nor sudo):" $needed $optional >&2
  exit 0
fi
install "it is needed" $needed
install "going on without it" $optional
