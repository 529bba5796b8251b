#!/usr/bin/env bash
# Runs every property and campaign at its full size, one package after the
# other, and then all tests under the race detector at their usual size. Prints
# one line a test as it ends, with what it says of itself, and keeps what each
# part printed last in docs/long-run.
#
#   scripts/long.sh                   all, for some hours
#   scripts/long.sh bookings messages these alone
#
# Parts: kills, nodes, bookings and messages live whole days, in
# internal/clinictest; properties are the others of full size; races is the
# race detector.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTMPDIR=${GOTMPDIR:-${TMPDIR:-/tmp}}
scratch=$(scripts/scratch.sh)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

# told prints what is worth reading of go test -v: tests that ended, but not
# their parts unless they failed, and what they logged.
told() {
  grep --line-buffered -E '^(ok|FAIL|panic:|--- (PASS|FAIL|SKIP))|^ +--- FAIL|_test\.go:[0-9]+: |DATA RACE' | cut -c1-400
}
status=0
run() {
  local began=$SECONDS failed=0
  go test -vet=off -count=1 -timeout 6h -v "$@" 2>&1 | told || failed=1
  echo "    $((SECONDS - began)) s"
  return $failed
}
campaign() { HOUZHEN_LONG=1 run ./internal/clinictest -run "^Test$1\$"; }

# part runs one part.
part() {
  echo "$(date -u +%F) commit $(git rev-parse --short HEAD), $(nproc) cores, $(go version | cut -d' ' -f3): $1"
  case $1 in
  kills) campaign KillNine ;;
  nodes) campaign ThreeNodesSellEachPlaceOnce ;;
  bookings) campaign CampaignOfBooking ;;
  messages) campaign CampaignOfMessages ;;
  properties)
    local failed=0
    for package in $(grep -rlE 'rapid\.Check|storetest\.Checks|HOUZHEN_LONG' --include='*_test.go' . | xargs -n1 dirname | sort -u | grep -v clinictest); do
      HOUZHEN_LONG=1 run "$package" || failed=1
    done
    return $failed
    ;;
  races) CGO_ENABLED=1 run -race ./... ;;
  *) echo "no such part: $1" >&2 && return 2 ;;
  esac
}

mkdir -p docs/long-run
[ $# -gt 0 ] || set -- kills nodes bookings messages properties races
for name in "$@"; do
  part "$name" | tee "$scratch/printed" || status=1
  mv "$scratch/printed" "docs/long-run/$name.txt"
done
exit $status
