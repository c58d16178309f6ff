package habits

import (
	"regexp"
	"slices"
	"strings"
)

// Reasons that several tools share.
const (
	percentiles  = "joust always prints the percentiles"
	quiet        = "joust prints no more than the result where its output is no terminal"
	keepsGoing   = "joust goes on after failures and counts them"
	noAnswers    = "joust prints no answers, and shows the first wrong one"
	dueTimes     = "with -R latency counts from the time at which a request was due"
	asksPlain    = "joust asks for no compression unless --compressed is given"
	followsNone  = "joust follows no redirect unless --follow is given"
	oneURL       = "joust load asks one URL, which is its argument"
	noScripts    = "joust load runs no scripts yet: say what is asked with -m, -H and -b"
	noHTTP2      = "joust speaks HTTP/1.1 so far"
	noFamily     = "give a numeric address in the URL, and the name with -H 'Host: NAME' or --servername"
	proxyUser    = "give them in the proxy's URL: --proxy http://user:password@host:port"
	multipart    = "--form makes urlencoded forms; for a multipart form give its bytes with --body-file and its type with -H"
	resultOutput = "the result goes to standard output, and into FILE with --output FILE.json, .csv, .md, .html or .hgrm"
)

var (
	number   = regexp.MustCompile(`^[0-9.]+$`)
	duration = regexp.MustCompile(`^([0-9.]+(ns|us|µs|ms|s|m|h)?)+$`)
	lua      = regexp.MustCompile(`\.lua$`)
	stage    = regexp.MustCompile(`:`)
	// resultFile is a file whose format joust knows.
	resultFile = regexp.MustCompile(`\.(json|csv|md|html|txt|hgrm)$`)
)

// tools returns the table: each tool with its flags.
func tools() []tool {
	return []tool{
		{name: "wrk", rows: wrk},
		{name: "wrk2", rows: append(slices.Clone(wrk), wrk2...)},
		{name: "hey", rows: hey},
		{name: "oha", rows: oha},
		{name: "ab", rows: ab, finish: abCloses},
		{name: "curl", rows: curl, finish: curlForm},
		{name: "k6", rows: k6, words: []string{"run"}, script: regexp.MustCompile(`\.[jt]s$`)},
		{name: "vegeta", rows: vegeta, words: []string{"attack"}},
	}
}

var wrk = []row{
	{names: "-c --connections", value: true, fits: regexp.MustCompile(`^[0-9]+[kKMG]?$`), joust: "-c {}"},
	{names: "-t --threads", value: true, fits: regexp.MustCompile(`^[0-9]+$`), joust: "-t {}"},
	{names: "-d --duration", value: true, fits: duration, joust: "-d {}"},
	{names: "-H --header", value: true, joust: "-H {}"},
	{names: "-s --script", value: true, fits: lua, missing: noScripts},
	{names: "--latency -L", note: percentiles},
	{names: "-T --timeout", value: true, fits: duration, joust: "--timeout {}"},
	{names: "-v", missing: "the version is told by joust --version"},
}

var wrk2 = []row{
	{names: "-R --rate", value: true, joust: "-R {}"},
	{names: "-U --u_latency", note: "joust prints service time beside the corrected latency"},
	{names: "-B --batch_latency", missing: "joust measures each request by itself"},
}

var hey = []row{
	{names: "-n", value: true, fits: number, joust: "-n {}"},
	{names: "-c", value: true, fits: number, joust: "-c {}"},
	{names: "-q", value: true, fits: number, joust: "-R {all}"},
	{names: "-z", value: true, fits: duration, joust: "-d {}"},
	{names: "-o", value: true, fits: regexp.MustCompile(`^csv$`), missing: "joust writes no line for each request: take --format json"},
	{names: "-m", value: true, joust: "-m {}"},
	{names: "-H", value: true, joust: "-H {}"},
	{names: "-t", value: true, fits: duration, joust: "--timeout {}"},
	{names: "-A", value: true, fits: regexp.MustCompile(`/`), joust: "-H Accept:~{}"},
	{names: "-d", value: true, joust: "-b {}"},
	{names: "-D", value: true, joust: "--body-file {}"},
	{names: "-T", value: true, fits: regexp.MustCompile(`/`), joust: "-H Content-Type:~{}"},
	{names: "-U", value: true, joust: "-H User-Agent:~{}"},
	{names: "-a", value: true, joust: "-A {}"},
	{names: "-x", value: true, joust: "--proxy {http}"},
	{names: "-h2", missing: noHTTP2},
	{names: "-host", value: true, joust: "-H Host:~{}"},
	{names: "-disable-compression", note: asksPlain},
	{names: "-disable-keepalive", joust: "--reconnect 1"},
	{names: "-disable-redirects", note: followsNone},
	{names: "-cpus", value: true, fits: number, joust: "-t {}"},
	{names: "-more", note: percentiles},
}

var oha = []row{
	{names: "-n", value: true, joust: "-n {}"},
	{names: "-c", value: true, fits: number, joust: "-c {}"},
	{names: "-p", value: true, fits: number, missing: noHTTP2},
	{names: "-z", value: true, joust: "-d {}"},
	{names: "-q", value: true, fits: number, joust: "-R {}"},
	{names: "--burst-delay --burst-rate", value: true, missing: "bursts are --burst N here, at the mean rate of -R"},
	{names: "--rand-regex-url --urls-from-file", missing: oneURL},
	{names: "--latency-correction", note: dueTimes},
	{names: "--no-tui --no-color --stats-success-breakdown -w --wait-ongoing-requests-after-deadline --no-pre-lookup", note: "joust does so anyway"},
	{names: "-j", joust: "--format json"},
	{names: "--output-format", value: true, fits: regexp.MustCompile(`^json$`), joust: "--format json"},
	{names: "-o --output", value: true, fits: resultFile, joust: "--output {}"},
	{names: "-o --output", value: true, missing: resultOutput},
	{names: "-m --method", value: true, joust: "-m {}"},
	{names: "-H", value: true, joust: "-H {}"},
	{names: "-t --timeout", value: true, fits: duration, joust: "--timeout {}"},
	{names: "-A", value: true, fits: regexp.MustCompile(`/`), joust: "-H Accept:~{}"},
	{names: "-d", value: true, joust: "-b {}"},
	{names: "-D", value: true, joust: "--body-file {}"},
	{names: "-F --form", value: true, missing: multipart},
	{names: "-T", value: true, fits: regexp.MustCompile(`/`), joust: "-H Content-Type:~{}"},
	{names: "-a --basic-auth", value: true, joust: "-A {}"},
	{names: "--http-version", value: true, missing: noHTTP2},
	{names: "--http2 --h2", missing: noHTTP2},
	{names: "-x --proxy", value: true, joust: "--proxy {http}"},
	{names: "--host", value: true, joust: "-H Host:~{}"},
	{names: "-r --redirect", value: true, fits: regexp.MustCompile(`^0$`), note: followsNone},
	{names: "-r --redirect", value: true, fits: number, joust: "--follow"},
	{names: "--disable-compression", note: asksPlain},
	{names: "--disable-keepalive", joust: "--reconnect 1"},
	{names: "--ipv4 --ipv6", missing: noFamily},
	{names: "--cacert", value: true, joust: "--ca {}"},
	{names: "--insecure", joust: "-k"},
	{names: "--connect-to", value: true, missing: noFamily},
	{names: "--unix-socket", value: true, joust: "--unix {}"},
}

var ab = []row{
	{names: "-n", value: true, fits: number, joust: "-n {}"},
	{names: "-c", value: true, fits: number, joust: "-c {}"},
	{names: "-t", value: true, fits: number, joust: "-d {}"},
	{names: "-s", value: true, fits: number, joust: "--timeout {}"},
	{names: "-k", note: "joust keeps connections anyway"},
	{names: "-i", joust: "-m HEAD"},
	{names: "-p", value: true, joust: "-m POST --body-file {}"},
	{names: "-u", value: true, fits: regexp.MustCompile(`^[^:]+$`), joust: "-m PUT --body-file {}"},
	{names: "-T", value: true, fits: regexp.MustCompile(`/`), joust: "-H Content-Type:~{}"},
	{names: "-H", value: true, joust: "-H {}"},
	{names: "-C", value: true, joust: "--cookie {}"},
	{names: "-A", value: true, joust: "-A {}"},
	{names: "-P", value: true, missing: proxyUser},
	{names: "-X", value: true, fits: regexp.MustCompile(`:`), joust: "--proxy {http}"},
	{names: "-m", value: true, joust: "-m {}"},
	{names: "-l", note: "joust compares bodies with --expect-body only"},
	{names: "-r", note: keepsGoing},
	{names: "-q", joust: "--quiet"},
	{names: "-d -S", note: percentiles},
	{names: "-e -g", value: true, missing: resultOutput},
	{names: "-w", missing: resultOutput},
	{names: "-v", value: true, fits: number, missing: noAnswers},
	{names: "-b -B", value: true, missing: "joust leaves this to the system"},
	{names: "-f -Z", value: true, missing: "joust takes the protocols and ciphers of Go's TLS"},
	{names: "-E", value: true, joust: "--cert {} --key {}"},
}

var k6 = []row{
	{names: "-u --vus", value: true, fits: number, joust: "-c {}"},
	{names: "-d --duration", value: true, fits: duration, joust: "-d {}"},
	{names: "-i --iterations", value: true, fits: number, joust: "-n {}"},
	{names: "--rps", value: true, fits: number, joust: "-R {}"},
	{names: "-s --stage", value: true, fits: stage, missing: "a rate that changes is -R RATE --ramp-to RATE here"},
	{names: "--max --execution-segment --tag --env -e --config", value: true, missing: noScripts},
	{names: "-o --out --summary-export", value: true, missing: resultOutput},
	{names: "--summary-trend-stats", value: true, note: percentiles},
	{names: "--insecure-skip-tls-verify", joust: "-k"},
	{names: "--no-connection-reuse --no-vu-connection-reuse", joust: "--reconnect 1"},
	{names: "--user-agent", value: true, joust: "-H User-Agent:~{}"},
	{names: "--max-redirects", value: true, fits: regexp.MustCompile(`^0$`), note: followsNone},
	{names: "-q --quiet", joust: "--quiet"},
	{names: "--no-summary --no-usage-report --no-color", note: quiet},
	{names: "--discard-response-bodies", note: "joust keeps no bodies"},
	{names: "--http-debug", missing: noAnswers},
}

var vegeta = []row{
	{names: "-rate", value: true, joust: "-R {}"},
	{names: "-duration", value: true, fits: duration, joust: "-d {}"},
	{names: "-targets -format", value: true, missing: oneURL},
	{names: "-lazy", missing: oneURL},
	{names: "-body", value: true, joust: "--body-file {}"},
	{names: "-header", value: true, joust: "-H {}"},
	{names: "-timeout", value: true, fits: duration, joust: "--timeout {}"},
	{names: "-connections -max-connections", value: true, fits: number, joust: "-c {}"},
	{names: "-workers -max-workers", value: true, fits: number, note: "-c bounds what is in flight"},
	{names: "-keepalive=false", joust: "--reconnect 1"},
	{names: "-keepalive -keepalive=true", note: "joust keeps connections anyway"},
	{names: "-insecure", joust: "-k"},
	{names: "-cert", value: true, joust: "--cert {}"},
	{names: "-key", value: true, joust: "--key {}"},
	{names: "-root-certs", value: true, joust: "--ca {}"},
	{names: "-unix-socket", value: true, joust: "--unix {}"},
	{names: "-http2=false", note: "joust speaks HTTP/1.1"},
	{names: "-http2 -h2c", missing: noHTTP2},
	{names: "-redirects", value: true, fits: number, joust: "--follow"},
	{names: "-output -name", value: true, missing: resultOutput},
	{names: "-max-body -laddr -resolvers -prometheus-addr -proxy-header", value: true, missing: "joust load has nothing like it"},
}

var curl = []row{
	{names: "-X --request", value: true, joust: "-X {}"},
	{names: "-d --data --data-raw --data-ascii --data-binary", value: true, joust: "-b {}"},
	{names: "--data-urlencode", value: true, fits: regexp.MustCompile(`^[^@]+=`), joust: "--form {}"},
	{names: "-F --form --form-string", value: true, missing: multipart},
	{names: "-H", value: true, joust: "-H {}"},
	{names: "-u --user", value: true, fits: regexp.MustCompile(`:`), joust: "-A {}"},
	{names: "-b", value: true, fits: regexp.MustCompile(`=`), joust: "--cookie {}"},
	{names: "-c --cookie-jar", value: true, fits: regexp.MustCompile(`[./]`), missing: "joust load keeps no cookies"},
	{names: "-A --user-agent", value: true, joust: "-H User-Agent:~{}"},
	{names: "-e --referer", value: true, joust: "-H Referer:~{}"},
	{names: "-r --range", value: true, joust: "-H Range:~bytes={}"},
	{names: "-I --head", joust: "-m HEAD"},
	{names: "-G --get", missing: "write the query into the URL"},
	{names: "-T --upload-file", value: true, joust: "-m PUT --body-file {}"},
	{names: "-o --output -w --write-out -D --dump-header", value: true, note: noAnswers},
	{names: "-i --include -O --remote-name -s --silent -S --show-error -v --verbose -f --fail -# --progress-bar -N --no-buffer", note: noAnswers},
	{names: "-k --insecure", joust: "-k"},
	{names: "-L --location", joust: "--follow"},
	{names: "-m --max-time", value: true, fits: number, joust: "--timeout {}"},
	{names: "-x --proxy", value: true, joust: "--proxy {http}"},
	{names: "-U --proxy-user", value: true, missing: proxyUser},
	{names: "--cacert", value: true, joust: "--ca {}"},
	{names: "-E --cert", value: true, joust: "--cert {}"},
	{names: "--unix-socket", value: true, joust: "--unix {}"},
	{names: "--abstract-unix-socket", value: true, joust: "--unix @{}"},
	{names: "--resolve --connect-to", value: true, missing: noFamily},
	{names: "-4 --ipv4 -6 --ipv6", missing: noFamily},
	{names: "--http1.1", note: "joust speaks HTTP/1.1"},
	{names: "-0", joust: "--http1.0"},
	{names: "--http2 --http2-prior-knowledge --http3", missing: noHTTP2},
	{names: "-Z --parallel", note: "-c says how many connections ask at once"},
	{names: "--parallel-max", value: true, fits: number, joust: "-c {}"},
	{names: "--retry", value: true, missing: "joust load asks no request twice"},
}

// curlForm returns the type that curl gives to -d where no header gives one.
func curlForm(r Reading) []string {
	typed := slices.ContainsFunc(r.Args, func(arg string) bool { return strings.HasPrefix(strings.ToLower(arg), "content-type:") })
	if typed || !slices.Contains(r.Args, "-b") {
		return nil
	}
	return []string{"-H", "Content-Type: application/x-www-form-urlencoded"}
}

// abCloses returns the flag with which every request has a connection of its own, as
// ab's have without -k.
func abCloses(r Reading) []string {
	if slices.ContainsFunc(r.Changes, func(c Change) bool { return c.From[0] == "-k" }) {
		return nil
	}
	return []string{"--reconnect", "1"}
}
