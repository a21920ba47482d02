# Each target runs a command of xtask or cargo.
.PHONY: help book judges clients codegen verify-codegen precommit test outside corpus corpus-own corpus-all fuzz e2e differential kinds verify-kinds yaml-differential fake soak shards lint doc bench bench-client bench-fake bench-informers bench-controllers control-plane

codegen:            ## regenerate the emitted crates
	cargo xtask codegen
	cargo xtask codegen --config tests/zoo/codegen.toml
verify-codegen:     ## check that the emitted crates are up to date
	cargo xtask verify-codegen
	cargo xtask verify-codegen --config tests/zoo/codegen.toml
test:               ## run all tests that need no API server, and print what is skipped
	cargo xtask test
outside:            ## run docs/your-own-crds.md, docs/quick-start.md, init and the examples outside of the repository, with our packages
	cargo xtask outside
corpus-own:         ## generate, compile and exercise clients of tests/corpus
	cargo xtask corpus --crds tests/corpus
corpus:             ## generate, compile and exercise clients of some CRDs of ../shared/corpus
	cargo xtask corpus --crds ../shared/corpus --filter 'backube/*,dexidp/*'
corpus-all:         ## generate, compile and exercise clients of all CRDs of ../shared/corpus
	cargo xtask corpus --crds ../shared/corpus
fuzz:               ## fuzz the reader, the generator and the in-memory server
	cargo run --release --package xtask -- fuzz reader --executions 200000
	cargo run --release --package xtask -- fuzz pipeline --executions 50000
	cargo xtask fuzz server --executions 20000
e2e:                ## run the end-to-end suite on a temporary control plane
	cargo xtask e2e
differential:       ## compare the in-memory server with a real one on random requests
	cargo xtask differential --ops 5000 --seed 1
kinds:              ## write the facts about Kubernetes' own kinds that the in-memory server contains (needs Go)
	cargo xtask kinds
verify-kinds:       ## check that these facts are up to date, and the protobuf encoding (needs Go)
	cargo xtask kinds --check
yaml-differential:  ## compare the YAML reader with the libraries of Kubernetes (needs Go)
	cargo xtask yaml-differential
fake:               ## run the in-memory API server over TCP, with our CRDs and examples
	cargo run --package kube-fake-apiserver --features cli -- --crds crds --load examples/manifests
clients:            ## run programs in Go, Java, JavaScript and Python with the in-memory server
	cargo xtask clients
judges:             ## run test suites of other projects on the in-memory server, and compare with tests/judges (needs Go and Python)
	cargo xtask judges
soak:               ## run informers on a repeatedly failing control plane for five minutes
	cargo xtask soak
shards:             ## run replicas that divide the objects with random faults for ten minutes
	cargo xtask shards
lint:               ## check format and clippy, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- --deny warnings
book:               ## render the book of docs/ (needs mdBook), and check its links
	cargo xtask book
doc:                ## build the documentation, warnings denied
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps
bench-client:       ## compare the overhead of calls with kube's client, and measure consistent reads (also of $E2E_KUBECONFIG)
	cargo bench --package client-benches
bench-informers:    ## compare informers with kube's reflector and client-go (needs Go)
	benches/informers.sh
bench-controllers:  ## compare controllers with kube's and controller-runtime's (needs Go)
	benches/controllers.sh
bench-fake:         ## benchmark the in-memory server and the API server that $E2E_KUBECONFIG names
	cargo bench --package fake-benches
	cargo run --release --package fake-benches
bench:              ## run all comparisons with other projects (`cargo xtask bench --quick` takes less time), and write target/bench-report
	cargo xtask bench
help:               ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
precommit: codegen lint test ## run before a commit
