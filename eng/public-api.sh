#!/usr/bin/env bash
# Rewrites PublicAPI.Unshipped.txt of each packable project from what the analyzer finds missing, for a change of the surface
# that is meant: review the diff of those files like code.
set -euo pipefail
cd "$(dirname "$0")/.."
for project in src/Netra.Realtime.Protocol src/Netra.Realtime src/Netra.Realtime.AspNetCore src/Netra.Realtime.Testing src/Netra.Realtime.Client; do
  api="$project/PublicAPI.Unshipped.txt"
  echo '#nullable enable' > "$api"
  lines=$(dotnet build "$project" --no-incremental -p:TreatWarningsAsErrors=false -p:WarningsNotAsErrors=RS0016 2>&1 \
    | grep "$project/.*RS0016: Symbol '" | sed -E "s/.*RS0016: Symbol '(.*)' is not part of the declared public API.*/\1/" | LC_ALL=C sort -u || true)
  [ -z "$lines" ] || printf '%s\n' "$lines" >> "$api"
  echo "$api: $(($(wc -l < "$api") - 1)) lines"
done
