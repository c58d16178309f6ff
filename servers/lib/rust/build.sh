#!/bin/sh
# build.sh SOURCE: builds the Rust server whose folder is SOURCE from Debian's crates,
# without a network, and leaves it as "server" in the current folder. Cargo writes into
# the folder of a crate, so it gets copies.
set -eu
mkdir -p copy/lib
cp -R "$1" copy/server
cp -R "$1/../lib/rust" copy/lib/rust
# No configuration of the user's own takes part.
export CARGO_HOME="$PWD/copy/cargo" RUSTC=/usr/bin/rustc
unset RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR RUSTC_WRAPPER
/usr/bin/cargo build --release --offline \
    --config "$1/../lib/rust/debian.toml" \
    --manifest-path copy/server/Cargo.toml --target-dir copy/target
mv copy/target/release/server server
rm -rf copy
