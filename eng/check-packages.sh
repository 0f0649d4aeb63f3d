#!/usr/bin/env bash
# Packs, and looks into each package: README, licence, documentation, assembly, and symbols beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
dotnet pack -c Release -p:PackageOutputPath="$out" -v quiet
for name in Netra.Realtime.Protocol Netra.Realtime Netra.Realtime.AspNetCore Netra.Realtime.Testing Netra.Realtime.Client; do
  package=$(ls "$out/$name".[0-9]*.nupkg)
  content=$(unzip -Z1 "$package")
  for file in README.md "lib/net10.0/$name.dll" "lib/net10.0/$name.xml"; do
    grep -qx "$file" <<< "$content" || { echo "$package lacks $file"; exit 1; }
  done
  readme="src/$name/README.md"
  [ -f "$readme" ] || readme=README.md
  unzip -p "$package" README.md | cmp - "$readme"
  ls "$out/$name".[0-9]*.snupkg >/dev/null
done
echo "$(ls "$out"/*.nupkg | wc -l) packages with README, documentation and symbols"
