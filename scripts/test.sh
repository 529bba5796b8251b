#!/usr/bin/env bash
# Runs the tests with the services that with-services.sh started, then checks
# that no service-backed test was skipped and prints the ratio of test to code.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -rf "$out" "${scratch:-}"' EXIT

# Databases of tests are thrown away. Builds keep to the disk.
export GOTMPDIR=${GOTMPDIR:-${TMPDIR:-/tmp}}
scratch=$(scripts/scratch.sh)
export TMPDIR=$scratch

# As the program is shipped, and as the linters have it: nothing is built twice.
export CGO_ENABLED=0
go build ./...
status=0
# Every package that has goroutines of its own is watched for races. Those that
# live whole mornings through the others are watched by `make long`: it takes
# them five times as long.
#
# SQLite, C made into Go, and the Lua of the in-process Redis are never watched:
# other people's, and three times as slow. A module that uses sync.Map must not
# be left out: its copy of that code would be linked everywhere, and hide from the
# detector what one goroutine tells another.
unwatched=()
for module in modernc.org/... github.com/yuin/gopher-lua/...; do
  unwatched+=("-gcflags=$module=-race=false")
done
whole='/(cmd/(houzhen|hzbench)|internal/(clinictest|sim|store|app)|web|api|templates)(/|$)'
[ -n "${HOUZHEN_LONG:-}" ] && whole='^$'
# The linters have vetted all of it.
run() { go test "$@" -vet=off -shuffle=on -timeout "${HOUZHEN_TEST_TIMEOUT:-45m}" -v >>"$out" 2>&1 || status=$?; }
mapfile -t watched < <(go list ./... | grep -vE "$whole")
mapfile -t plain < <(go list ./... | grep -E "$whole")
CGO_ENABLED=1 run -race "${unwatched[@]}" "${watched[@]}"
[ ${#plain[@]} -eq 0 ] || run "${plain[@]}"
grep -E '^(ok|FAIL|\?|panic:|---? FAIL|\s+--- FAIL)' "$out" || true
if [ "$status" -ne 0 ]; then
  grep -nE -B2 -A40 '(--- FAIL|panic:|DATA RACE|\[build failed\])' "$out" | head -400
  exit "$status"
fi
if grep -E -A3 -- '--- SKIP' "$out" | grep -iE 'HOUZHEN_TEST_(DATABASE|REDIS)_URL|chromium'; then
  echo "a service-backed test was skipped" >&2
  exit 1
fi
code=$(git ls-files '*.go' | grep -v _test.go | grep -vE '/[a-z]+test/' | xargs cat | wc -l)
tests=$(git ls-files '*.go' | grep -E '_test\.go$|/[a-z]+test/' | xargs cat | wc -l)
echo "lines of code $code, of tests $tests"
# What creeps in is seen here. A test that others are parallel to waits for them
# too; a name with a slash is a part of its test.
echo "slowest packages, seconds:"
awk '$1 == "ok" { sub(/s$/, "", $3); if ($3 + 0 > 0) print $3, $2 }' "$out" | sort -rn | sed -n 1,10p
echo "slowest tests, seconds:"
sed -nE 's/^ *--- (PASS|FAIL): (.*) \(([0-9.]+)s\)$/\3 \2/p' "$out" | sort -rn | sed -n 1,10p
passed=$(grep -cE -- '--- PASS' "$out" || true)
skipped=$(grep -cE -- '--- SKIP' "$out" || true)
echo "$passed passed, 0 failed, $skipped skipped"
