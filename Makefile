# One command per need; what they do is in xtask.
.PHONY: codegen verify-codegen precommit test outside corpus corpus-all fuzz e2e differential yaml-differential fake soak lint doc bench bench-fake bench-informers control-plane

codegen:            ## write the emitted crates anew
	cargo xtask codegen
	cargo xtask codegen --config tests/zoo/codegen.toml
verify-codegen:     ## tell whether they are what codegen would write
	cargo xtask verify-codegen
	cargo xtask verify-codegen --config tests/zoo/codegen.toml
test:               ## all tests that need no API server
	cargo test --workspace
	cargo test --package law-tests --features exotic-serde-json
	cargo test --package kube-client-gen --features cli --test program --test getting_started
outside:            ## docs/your-own-crds.md, init and the examples, followed outside of the repository with our packages
	cargo xtask outside
corpus:             ## generate, compile and exercise clients of some real CRDs, where ../shared/corpus is
	cargo xtask corpus --crds ../shared/corpus --filter 'backube/*,dexidp/*'
corpus-all:         ## the same for all of them
	cargo xtask corpus --crds ../shared/corpus
fuzz:               ## changed CRDs to the reader and the whole pipeline, and hostile requests to the server in memory
	cargo run --release --package xtask -- fuzz reader --executions 200000
	cargo run --release --package xtask -- fuzz pipeline --executions 50000
	cargo xtask fuzz server --executions 20000
e2e:                ## the end-to-end suite on a control plane of its own
	cargo xtask e2e
differential:       ## random requests to the server in memory and to a real one
	cargo xtask differential --ops 5000 --seed 1
yaml-differential:  ## random documents of YAML, read by schema/ and by the libraries of Kubernetes (needs Go)
	cargo xtask yaml-differential
fake:               ## an API server in memory over TCP, with our CRDs and examples
	cargo run --package kube-fake-apiserver --features cli -- --crds crds --load examples/manifests
soak:               ## informers on a control plane that keeps failing, for five minutes
	cargo xtask soak
lint:               ## format and clippy, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- --deny warnings
doc:                ## the documentation, warnings denied
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps
bench-informers:    ## informers side by side with kube's reflector and client-go (needs Go)
	benches/informers.sh
bench-fake:         ## the server in memory beside an echo, and beside the API server that $E2E_KUBECONFIG names
	cargo bench --package fake-benches
	cargo run --release --package fake-benches
bench:              ## check and build times side by side with kopium's output
	benches/compile-time.sh
precommit: codegen lint test ## what to run before a commit
