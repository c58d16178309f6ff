# joust: every target works on a fresh clone with only Go and make.

.DEFAULT_GOAL := help
.PHONY: bench quick build test test-quick field verdicts lint clean help go-version

# Exit status 4 of `joust run`: finished, but some cells are void. It has said
# which and why; the matrices are good.
void_is_fine = || [ $$? -eq 4 ]

bench: build ## compare the servers of scripts/default.yaml (about 10 minutes) and publish both matrices in results/
	bin/joust run scripts/default.yaml --publish $(void_is_fine)

quick: build ## a first look in about 90 seconds, published nowhere
	bin/joust run scripts/quick.yaml $(void_is_fine)
	@echo; \
	echo "next: read the files above; make bench makes six trials, which tell real differences from chance;"; \
	echo "      bin/joust run --servers nethttp,nginx --scenarios hello --trials 6 is a comparison of your own;"; \
	echo "      bin/joust check ./my-folder proves a server of yours (README: Add a server in five lines)"

build: go-version ## build bin/joust
	@vcs=false; \
	if git rev-parse -q --verify HEAD >/dev/null 2>&1 && git status >/dev/null 2>&1; then vcs=true; fi; \
	echo "building bin/joust"; \
	[ -e bin/joust ] || echo "the first build compiles some 400 packages, which takes a minute or two"; \
	export CGO_ENABLED=0; \
	go build -v -trimpath -buildvcs=$$vcs -o bin/joust . 2>&1 | { \
		n=0; \
		while read -r line; do \
			case $$line in *[!a-zA-Z0-9/._-]*) continue;; esac; \
			n=$$((n + 1)); \
			if [ $$((n % 100)) -eq 0 ]; then echo "building bin/joust: $$n packages compiled"; fi; \
		done; }; \
	go build -trimpath -buildvcs=$$vcs -o bin/joust .

test: go-version ## vet and test both modules, with -race where a C compiler is installed
	go vet ./...
	cd servers && go vet ./...
	@race=-race; \
	if ! go build -race runtime/cgo >/dev/null 2>&1; then \
		race=; \
		echo "tests run without -race: it needs a C compiler, such as gcc, and cgo"; \
	fi; \
	set -ex; \
	go test $$race -timeout 14m ./...; \
	go test -timeout 9m ./harness/verdicts; \
	cd servers && go test $$race -timeout 9m ./...

# The packages whose tests start servers, loaders and containers for minutes.
BATTERIES = harness/(cli|launch|verdicts|catalog|check|run|host|certify|calibrate|agree|doctor|duel)|loaders/(certify|core|engine|external|child)

test-quick: go-version ## everything but the batteries, in a minute
	@go test $$(go list ./... | grep -Ev '/($(BATTERIES))(/|$$)')

field: build ## install every server, check them all, and write the table in servers/README.md
	scripts/install-servers.sh
	@began=$$(date +%s); \
	bin/joust check --into servers/README.md; status=$$?; \
	echo "checked the field in $$(($$(date +%s) - began)) s; the table is in servers/README.md"; \
	exit $$status

# How often each situation is staged by `make verdicts`.
ROUNDS = 20

verdicts: go-version ## stage every situation whose verdict is known 20 times (ROUNDS=5: 5 times) and print how many were right; needs a quiet machine
	go test ./harness/verdicts -v -count 1 -timeout 2h -rounds $(ROUNDS)

lint: go-version ## gofmt and vet both modules, the main one for macOS too
	@unformatted=$$("$$(go env GOROOT)/bin/gofmt" -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	cd servers && go vet ./...
	GOOS=darwin go vet ./...

clean: ## remove the built program; runs and matrices stay
	rm -rf bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

# go-version stops with one clear sentence where Go is missing or too old. The
# toolchain that go.mod may fetch by itself counts as installed.
go-version:
	@need=$$(sed -n 's/^go //p' go.mod); \
	have=$$(go env GOVERSION 2>&1) || have="none (go env said: $$have)"; \
	echo "$$need $${have##*go}" | awk '{ \
		split($$1, need, "."); split($$2, have, "."); \
		exit !(have[1] + 0 > need[1] + 0 || have[1] + 0 == need[1] + 0 && have[2] + 0 >= need[2] + 0) }' || { \
		echo "joust needs Go $$need or newer, and found $$have; see https://go.dev/doc/install" >&2; exit 1; }
