#!/bin/sh
# build.sh SOURCE: builds the Rust server whose folder is SOURCE from Debian's crates,
# without a network, and leaves it as "server" in the current folder. Cargo writes into
# the folder of a crate, so it gets copies.
set -eu
mkdir -p work/lib
cp -R "$1" work/server
cp -R "$1/../lib/rust" work/lib/rust
# No configuration of the user's own takes part.
export CARGO_HOME="$PWD/work/cargo" RUSTC=/usr/bin/rustc
unset RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR RUSTC_WRAPPER
/usr/bin/cargo build --release --offline \
    --config "$1/../lib/rust/debian.toml" \
    --manifest-path work/server/Cargo.toml --target-dir work/target
mv work/target/release/server server
rm -rf work
