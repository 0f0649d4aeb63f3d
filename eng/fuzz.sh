#!/usr/bin/env bash
# Coverage-guided fuzzing: eng/fuzz.sh frames|handshake|messages SECONDS
# Needs afl-fuzz (Debian: apt-get install afl++) and, from the package registry, SharpFuzz.CommandLine.
# Everything goes to artifacts/fuzz/TARGET: afl is what AFL writes, new the inputs that reach what the corpus does not.
# The corpus itself is not changed: docs/fuzzing.md says how an input gets there.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 2 ] || { sed -n 2p "$0"; exit 2; }
target=$1 seconds=$2
project=tests/Netra.Realtime.Fuzz
seeds=$project/Corpus/$target
[ -d "$seeds" ] || { echo "There is no target $target."; exit 2; }
command -v afl-fuzz >/dev/null || { echo "Please install afl++ (Debian: apt-get install afl++)."; exit 2; }
work=artifacts/fuzz/$target tools=artifacts/fuzz/tools
sharpfuzz=$(sed -nE 's/.*Include="SharpFuzz" Version="([^"]+)".*/\1/p' Directory.Packages.props)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
rm -rf "$work"
mkdir -p "$work"

[ -x "$tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version "$sharpfuzz" --tool-path "$tools"
dotnet publish "$project" -c Release -o "$work/bin" -v quiet -p:UseAppHost=false
# What is under test, and nothing of the harness: edges of a model would be taken for edges of what it models.
"$tools/sharpfuzz" "$work/bin/Netra.Realtime.dll" Netra.Realtime.Transports.Rfc6455
"$tools/sharpfuzz" "$work/bin/Netra.Realtime.Protocol.dll"

# The binary is dotnet and not built for AFL; a container has neither governors nor a core pattern to set.
command=("$(readlink -f "$(command -v dotnet)")" "$work/bin/Netra.Realtime.Fuzz.dll" --target "$target" --afl)
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_ALLOW_TMP=1
afl-fuzz -V "$seconds" -t 5000 -m none -i "$seeds" -x "$project/Dictionaries/$target.dict" -o "$work/afl" \
  -- "${command[@]}" > "$work/afl.log" 2>&1 || { tail -20 "$work/afl.log"; exit 1; }

stats=$work/afl/default/fuzzer_stats
grep -E '^(run_time|execs_done|execs_per_sec|corpus_count|corpus_found|edges_found|bitmap_cvg|stability|cycles_done|saved_crashes|saved_hangs) ' "$stats"
# The smallest set with all edges; what is seed among it is there already.
afl-cmin -e -t 5000 -m none -i "$work/afl/default/queue" -o "$work/min" -- "${command[@]}" > "$work/cmin.log" 2>&1 || { tail -20 "$work/cmin.log"; exit 1; }
mkdir "$work/new"
for input in "$work"/min/id*; do
  [[ $input == *,orig:* ]] || cp "$input" "$work/new/afl-$(sha256sum "$input" | cut -c1-10)"
done
echo "new inputs        : $(find "$work/new" -type f | wc -l)"
# A finding fails the script, so that nobody overlooks it.
if grep -qE '^saved_(crashes|hangs) *: *[1-9]' "$stats"; then ls "$work"/afl/default/{crashes,hangs}; exit 1; fi
