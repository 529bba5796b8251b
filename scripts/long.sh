#!/usr/bin/env bash
# Runs every property and campaign at its full size, one package after the
# other, and then all tests under the race detector at their usual size. Prints
# one line a test as it ends, with what it says of itself.
#
#   scripts/long.sh            all
#   scripts/long.sh campaigns  those that live whole days, in internal/clinictest
#   scripts/long.sh properties the others of full size
#   scripts/long.sh races      the race detector
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTMPDIR=${GOTMPDIR:-${TMPDIR:-/tmp}}
scratch=$(scripts/scratch.sh)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
parts=${1:-campaigns properties races}
status=0

# told prints what is worth reading of go test -v: tests that ended, but not
# their parts unless they failed, and what they logged.
told() {
  grep --line-buffered -E '^(ok|FAIL|panic:|--- (PASS|FAIL|SKIP))|^ +--- FAIL|_test\.go:[0-9]+: |DATA RACE' | cut -c1-400
}
run() {
  local began=$SECONDS
  go test -vet=off -count=1 -timeout 6h -v "$@" 2>&1 | told || status=1
  echo "    $((SECONDS - began)) s"
}

echo "$(date -u +%F) commit $(git rev-parse --short HEAD), $(nproc) cores, $(go version | cut -d' ' -f3)"
for part in $parts; do
  echo "== $part"
  case $part in
  campaigns)
    export HOUZHEN_LONG=1
    for campaign in KillNine ThreeNodesSellEachPlaceOnce CampaignOfBooking CampaignOfMessages; do
      run ./internal/clinictest -run "^Test$campaign\$"
    done
    unset HOUZHEN_LONG
    ;;
  properties)
    export HOUZHEN_LONG=1
    for package in $(grep -rlE 'rapid\.Check|storetest\.Checks|HOUZHEN_LONG' --include='*_test.go' . | xargs -n1 dirname | sort -u | grep -v clinictest); do
      run "$package"
    done
    unset HOUZHEN_LONG
    ;;
  races)
    CGO_ENABLED=1 run -race ./...
    ;;
  esac
done
exit $status
