#!/usr/bin/env bash
# The open-loop sweep: latency at 50, 75, 90 and 95 % of each server's peak, by
# wrk2 where it is installed, else by joust's own open loop. joust does the work:
# it starts, checks, pins and samples the servers and writes the matrices.
set -euo pipefail

usage() {
	cat <<'END'
Usage: scripts/wrk2_bench.sh [FLAGS] [-- FLAGS OF joust run]

  --scenarios A,B   what is asked (hello)
  --servers A,B     who is asked; --server A is the same (nethttp,fasthttp,gin,nginx,node)
  --runs N          trials of each cell (3)
  --duration S      seconds of each measured window (60)
  --threads N       threads of the loader (8; joust's own takes no more than it has CPUs)
  --conns N         connections in total (50)
  --rates A,B       shares of the peak, or req/s (50%,75%,90%,95%)
  --peaks RUN       stored run whose peaks the shares are of (latest: the newest that
                    has any; where there is no run, each trial finds its own peak first);
                    own: find them in any case
  --loader NAME     auto, wrk2 or joust (auto: wrk2 where it is on PATH or its image
                    cylab/wrk2 is here, else joust; wrk2 by name fetches the image)
  --out DIR         folder of stored runs and matrices (results)
  --quick           one run of 2 s a window, where --runs and --duration do not say otherwise
  --dry-run         print the command and do not run it
END
}

die() {
	echo "wrk2_bench: $*" >&2
	exit 2
}

scenarios=hello servers=nethttp,fasthttp,gin,nginx,node rates=50%,75%,90%,95%
runs='' duration='' threads=8 conns=50 peaks='' loader=auto out=results
quick=false dry=false more=()
while [ $# -gt 0 ]; do
	flag=$1
	shift
	case $flag in
	--quick) quick=true && continue ;;
	--dry-run) dry=true && continue ;;
	-h | --help) usage && exit ;;
	--) more=("$@") && break ;;
	--*=*) value=${flag#*=} flag=${flag%%=*} ;;
	*)
		case $flag in
		--scenarios | --server | --servers | --runs | --duration | --threads | --conns | --rates | --peaks | --loader | --out) ;;
		*) die "unknown flag $flag (see scripts/wrk2_bench.sh --help)" ;;
		esac
		[ $# -gt 0 ] || die "$flag needs a value"
		value=$1
		shift
		;;
	esac
	[ -n "$value" ] || die "$flag needs a value"
	case $flag in
	--scenarios) scenarios=$value ;;
	--server | --servers) servers=$value ;;
	--runs) runs=$value ;;
	--duration) duration=$value ;;
	--threads) threads=$value ;;
	--conns) conns=$value ;;
	--rates) rates=$value ;;
	--peaks) peaks=$value ;;
	--loader) loader=$value ;;
	--out) out=$value ;;
	*) die "unknown flag $flag (see scripts/wrk2_bench.sh --help)" ;;
	esac
done

if $quick; then
	runs=${runs:-1} duration=${duration:-2}
fi
runs=${runs:-3} duration=${duration:-60}
for number in "--runs $runs" "--threads $threads" "--conns $conns" "--duration ${duration%s}"; do
	[[ ${number#* } =~ ^[0-9]*[1-9][0-9]*$ ]] || die "${number%% *} ${number#* }: a whole number above 0 is needed"
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
joust=${JOUST:-$root/bin/joust}
[ -x "$joust" ] || die "$joust is missing: make build"
out=$(realpath -m "$out")
cd "$root" # where joust finds its servers

# Which loader makes the load.
case $loader in
auto)
	loader=joust
	if "$joust" list loaders | grep -E '^ *wrk2 .* available, version' >/dev/null || docker image inspect cylab/wrk2 >/dev/null 2>&1; then loader=wrk2; fi
	;;
wrk2 | joust) ;;
*) die "--loader $loader: auto, wrk2 or joust" ;;
esac
if [ "$loader" = wrk2 ]; then
	echo "wrk2_bench: the load is made by wrk2" >&2
else
	cpus=$(($(nproc) / 2))
	[ "$cpus" -ge 1 ] || cpus=1
	[ "$threads" -le "$cpus" ] || threads=$cpus
	echo "wrk2_bench: the load is made by joust's own open loop, threads $threads" >&2
fi

# Where the peaks come from.
stored=$(compgen -G "$out/runs/*/run.json" || true)
mode=(--mode open --peaks "${peaks:-latest}")
if [ "$loader" = wrk2 ] && [ "$peaks" = own ]; then
	die "--peaks own: wrk2 has no closed loop to find a peak with; name a stored run, or use --loader joust"
elif [ "$loader" = wrk2 ] && [ -z "$peaks" ] && [ -z "$stored" ]; then
	die "wrk2 takes rates from the peaks of a stored run, and there is none in $out: make bench stores one, or use --loader joust"
elif [ "$peaks" = own ] || { [ -z "$peaks" ] && [ -z "$stored" ]; }; then
	mode=(--mode "closed,open")
	echo "wrk2_bench: each trial finds the peak of its own process first" >&2
fi

command=("$joust" run --servers "$servers" --scenarios "$scenarios" --trials "$runs" --duration "${duration%s}s"
	--threads "$threads" --clients "$conns" --rates "$rates" "${mode[@]}" --loader "$loader" --out "$out" "${more[@]}")
if $dry; then
	printf '%q ' "${command[@]}"
	echo
	exit
fi
exec "${command[@]}"
