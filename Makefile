PARTS := $(abspath $(or $(INGESTD_PARTS),.parts))
GOLANGCI := v2.15.0

.PHONY: help build demo demo-cdc test integration bench lint fmt clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/ingestd
	go build -o bin/ingestd ./cmd/ingestd

demo: build ## Kafka -> Delta on this machine, with nothing to install
	bin/ingestd demo

demo-cdc: build ## the changes of a database -> Delta tables that are equal to its, with nothing to install
	rm -rf demo-cdc
	bin/ingestd demo --kind cdc

test: ## every test that needs only Go
	go test -race -timeout=20m ./...

integration: build ## the real Kafka, MinIO, Spark, delta-rs and DuckDB, installed into .parts first; others when a test asks
	integration/setup/install.sh
	INGESTD_SIM_SEEDS=3000 go test -count=1 -run=TestTransactionsAreSerialOnABadStore ./txlog
	go test -tags=integration -count=1 -p=1 -timeout=40m ./integration/... ./objstore/s3 $(TESTFLAGS)

bench: build ## speed and memory beside the peers, and how far tables are behind their database, as tables and as JSON
	integration/setup/install.sh kafka python spark debezium postgres
	go run ./integration/bench -json bench.json $(BENCHFLAGS)
	go run ./integration/bench open -json bench-open.json
	go run ./integration/bench delete -json bench-delete.json
	go run ./integration/bench merge -json bench-merge.json
	go run ./integration/bench cdc -json bench-cdc.json
	go run ./integration/bench latency -json bench-latency.json

lint: $(PARTS)/bin/golangci-lint-$(GOLANGCI) ## the rules of the house
	$< run ./...

$(PARTS)/bin/golangci-lint-$(GOLANGCI):
	GOBIN=$(PARTS)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv $(PARTS)/bin/golangci-lint $@

fmt: ## gofmt
	gofmt -w $$(git ls-files '*.go')

clean: ## what make built; .parts stays
	rm -rf bin
