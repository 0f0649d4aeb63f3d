#!/usr/bin/env bash
# Publishes the terminal client to native code, where each warning of the trimmer or the AOT compiler is an error, and runs its
# tests with that program. After a build of the tests. Needs clang and zlib (Debian: apt-get install clang zlib1g-dev).
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
dotnet publish samples/TerminalClient -c Release -o "$out" -v quiet
NETRA_TERMINAL_CLIENT="$out/TerminalClient" dotnet test tests/Netra.Realtime.FunctionalTests --no-build \
  --filter FullyQualifiedName~TerminalClientTests
echo "$(stat -c %s "$out/TerminalClient") bytes"
