# Houzhen: what there is to run. `make help` lists it.
SHELL := /bin/bash
LINT_VERSION := v2.15.0
BIN := $(CURDIR)/.bin

.PHONY: help run test race lint fmt vet story long bench build image clean

help: ## list the targets
	@grep -hE '^[a-z/-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

run: ## the newcomer's first minute: a sample hospital, simulated people, a fast clock
	go run ./cmd/houzhen demo

test: lint ## everything that must hold, on SQLite, PostgreSQL, both kinds of Redis and in a browser
	HOUZHEN_THROWAWAY=1 HOUZHEN_WITH_BROWSER=1 HOUZHEN_TEST_REQUIRE_SERVICES=1 scripts/with-services.sh scripts/test.sh

lint: $(BIN)/golangci-lint ## formatting, vet and the linters
	go mod tidy -diff
	CGO_ENABLED=0 $(BIN)/golangci-lint run

$(BIN)/golangci-lint:
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

fmt: $(BIN)/golangci-lint ## format all code
	$(BIN)/golangci-lint fmt

race: ## all tests under the race detector, the long stories too, on what is there
	go test -race -shuffle=on ./...

story: ## the stories of patients, on both stores
	scripts/with-services.sh go test ./internal/clinictest/...

long: ## the same properties and campaigns at their full sizes, for some hours, or PARTS of them; output goes to docs/long-run
	HOUZHEN_THROWAWAY=1 HOUZHEN_WITH_BROWSER=1 HOUZHEN_TEST_REQUIRE_SERVICES=1 scripts/with-services.sh scripts/long.sh $(PARTS)

bench: ## how fast bookings are beside the limits of this machine; needs it for itself, about half an hour
	scripts/with-services.sh go run ./cmd/hzbench booking

build: ## a static binary in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/houzhen ./cmd/houzhen

image: ## the container image
	docker build -t houzhen .

clean: ## what was built
	rm -rf bin .bin out
