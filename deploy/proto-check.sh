#!/usr/bin/env bash
# The generated code is what the protos say, and no proto breaks what the main branch promised. Called by make.
set -euo pipefail

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
make -s proto GEN="$fresh/gen"
if ! diff -r -x __pycache__ "$fresh/gen" proto/gen >/dev/null; then
  echo "proto/gen is not what the protos say; commit what 'make proto' writes" >&2
  exit 1
fi

# A fresh clone may know the main branch only by its remote name; a first commit has no past to break.
for base in origin/main main; do
  if git rev-parse -q --verify "$base:buf.yaml" >/dev/null 2>&1; then
    mkdir "$fresh/past"
    git archive "$base" buf.yaml proto | tar -x -C "$fresh/past"
    rm -rf "$fresh/past/proto/gen"
    buf breaking --against "$fresh/past"
    exit 0
  fi
done
echo "no main branch to compare with: breaking changes were not checked"
