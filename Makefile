bench: ## Benchmarks beside their peers; SUITE=Name for one, ARGS='--rounds 31' for the suites
	@scripts/bench $(SUITE) -- $(ARGS)

bench-gate: ## Only the counts (allocations, retains, instructions) against their bounds
	@scripts/bench $(SUITE) -- --gate $(ARGS)

bench-peers: ## The peers of the benchmarks, from Debian and PyPI
	@scripts/bench-peers

.PHONY: bench bench-gate bench-peers
