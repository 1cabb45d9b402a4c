#!/usr/bin/env bash
# Make the virtual environment: hash-locked dependencies, then this project itself, editable. Called by make.
set -euo pipefail
venv=$1

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "vouchsafe needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2
  exit 1
fi

if ! "$python" -c 'import ctypes.util, sys; sys.exit(ctypes.util.find_library("sodium") is None)'; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing libsodium with the system's package manager"
    (apt-get install -y -q libsodium23 || { apt-get update -q && apt-get install -y -q libsodium23; }) >/dev/null
  else
    echo "vouchsafe needs the libsodium library; install it with your system's package manager:" >&2
    echo "  Debian, Ubuntu: apt-get install libsodium23   Fedora: dnf install libsodium   macOS: brew install libsodium" >&2
    exit 1
  fi
fi

# Tests of issuer keys in a token run against SoftHSM; without it they are skipped and say so.
if ! command -v softhsm2-util >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing SoftHSM, a PKCS#11 token for tests, with the system's package manager"
  (apt-get install -y -q softhsm2 || { apt-get update -q && apt-get install -y -q softhsm2; }) >/dev/null 2>&1 ||
    echo "SoftHSM could not be installed; the tests that need it will be skipped" >&2
fi

# The review desk is tested in a real browser; without one those tests are skipped and say so.
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium, a browser for tests, with the system's package manager"
  (apt-get install -y -q chromium || { apt-get update -q && apt-get install -y -q chromium; }) >/dev/null 2>&1 ||
    echo "Chromium could not be installed; the tests that need it will be skipped" >&2
fi

# An interrupted start leaves a python without pip: that is made anew, and nothing else is thrown away.
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
echo "installing locked dependencies into $venv"
pip install --require-hashes -r requirements/dev.lock
pip install --no-build-isolation --no-deps -e .
