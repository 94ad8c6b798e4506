#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # the lists are read by names made at run time
# Install what figment needs, as far as it is missing:
#     tests/setup.sh build    to build it
#     tests/setup.sh test     to build and to test it
# Says nothing when all is there.  What cannot be had is reported; the build says what it misses.
set -euo pipefail

# Packages by manager: needed to build | what a build does without | tests | what tests do without.
apt_packages="meson ninja-build pkg-config gcc libc6-dev python3 libpng-dev libjpeg-dev libdeflate-dev libyaml-dev libcjson-dev
  | ocl-icd-opencl-dev opencl-headers libclblast-dev libdnnl-dev
  | check g++ binutils
  | pocl-opencl-icd mesa-opencl-icd oclgrind valgrind"
dnf_packages="meson ninja-build pkgconf-pkg-config gcc python3 libpng-devel libjpeg-turbo-devel libdeflate-devel libyaml-devel cjson-devel
  | ocl-icd-devel opencl-headers clblast-devel onednn-devel
  | check-devel gcc-c++ binutils
  | pocl mesa-libOpenCL valgrind"
pacman_packages="meson ninja pkgconf gcc python libpng libjpeg-turbo libdeflate libyaml cjson
  | ocl-icd opencl-headers clblast onednn
  | check binutils
  | pocl opencl-mesa valgrind"
brew_packages="meson ninja pkg-config python libpng jpeg-turbo libdeflate libyaml cjson
  | opencl-headers ocl-icd clblast onednn
  | check
  | pocl"

apt_has() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
dnf_has() { rpm -q --whatprovides "$1" >/dev/null 2>&1; }
pacman_has() { pacman -Q "$1" >/dev/null 2>&1; }
brew_has() { brew list --versions "$1" >/dev/null 2>&1; }

# The package lists once, and again while another program holds their lock.
apt_lists_fresh=
apt_install() {
  local try
  if [ -z "$apt_lists_fresh" ]; then
    for try in 1 2 3 4 5 6; do
      as_root apt-get -qq update >/dev/null && break
      [ "$try" = 6 ] || sleep 10
    done
    apt_lists_fresh=1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o DPkg::Lock::Timeout=600 install "$@" >/dev/null
}
dnf_install() { as_root dnf -q -y install "$@" >/dev/null; }
pacman_install() { as_root pacman -S --noconfirm --needed "$@" >/dev/null; }
brew_install() { brew install -q "$@" >/dev/null; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: neither root nor sudo: cannot run $1" >&2
    return 1
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
IFS='|' read -r -d '' needed optional tests extras <<<"${!packages}" || true
[ "${1:-build}" = test ] || tests='' extras=''
# shellcheck disable=SC2046,SC2086 # lists of names
install "it is needed" $(missing $needed $tests)
# shellcheck disable=SC2046,SC2086
install "going on without it" $(missing $optional $extras)
