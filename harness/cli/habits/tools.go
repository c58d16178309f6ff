package habits

import (
	"regexp"
	"slices"
	"strings"

	"github.com/joust-bench/joust/loaders/dialect"
)

// Reasons that only these tools have.
const (
	dueTimes  = "with -R latency counts from the time at which a request was due"
	oneURL    = "joust load reads many URLs by --url-file FILE, each line a URL or METHOD URL"
	noFamily  = "give a numeric address in the URL, and the name with -H 'Host: NAME' or --servername"
	multipart = "--form makes urlencoded forms; for a multipart form give its bytes with --body-file and its type with -H"
)

var (
	number   = dialect.Number
	duration = dialect.Duration
	stage    = &dialect.Form{Fits: regexp.MustCompile(`:`)}
)

// tools returns the table: each tool with its flags.
func tools() []tool {
	return []tool{
		{name: "wrk", rows: of("wrk")},
		{name: "wrk2", rows: of("wrk2")},
		{name: "hey", rows: of("hey")},
		{name: "oha", rows: oha},
		{name: "ab", rows: of("ab"), finish: abCloses},
		{name: "pywrkr", rows: of("pywrkr")},
		{name: "load-tester", rows: of("load-tester")},
		{name: "curl", rows: curl, finish: curlForm},
		{name: "k6", rows: k6, words: []string{"run"}, script: regexp.MustCompile(`\.[jt]s$`)},
		{name: "vegeta", rows: vegeta, words: []string{"attack"}},
	}
}

// of returns the flags of a tool whose command line `joust as` takes.
func of(name string) []dialect.Flag {
	d, _, ok := dialect.Find(name)
	if !ok {
		return nil
	}
	return d.Flags
}

var oha = []dialect.Flag{
	{Names: "-n", Value: true, Joust: "-n {}"},
	{Names: "-c", Value: true, Form: number, Joust: "-c {}"},
	{Names: "-p", Value: true, Form: number, Missing: dialect.NoHTTP2},
	{Names: "-z", Value: true, Joust: "-d {}"},
	{Names: "-q", Value: true, Form: number, Joust: "-R {}"},
	{Names: "--burst-delay --burst-rate", Value: true, Missing: "bursts are --burst N here, at the mean rate of -R"},
	{Names: "--rand-regex-url --urls-from-file", Missing: oneURL},
	{Names: "--latency-correction", Note: dueTimes},
	{Names: "--no-tui --no-color --stats-success-breakdown -w --wait-ongoing-requests-after-deadline --no-pre-lookup", Note: "joust does so anyway"},
	{Names: "-j", Joust: "--format json"},
	{Names: "--output-format", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`^json$`)}, Joust: "--format json"},
	{Names: "-o --output", Value: true, Missing: dialect.ResultOutput},
	{Names: "-m --method", Value: true, Joust: "-m {}"},
	{Names: "-H", Value: true, Joust: "-H {}"},
	{Names: "-t --timeout", Value: true, Form: duration, Joust: "--timeout {}"},
	{Names: "-A", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`/`)}, Joust: "-H Accept:~{}"},
	{Names: "-d", Value: true, Joust: "-b {}"},
	{Names: "-D", Value: true, Joust: "--body-file {}"},
	{Names: "-F --form", Value: true, Missing: multipart},
	{Names: "-T", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`/`)}, Joust: "-H Content-Type:~{}"},
	{Names: "-a --basic-auth", Value: true, Joust: "-A {}"},
	{Names: "--http-version", Value: true, Missing: dialect.NoHTTP2},
	{Names: "--http2 --h2", Missing: dialect.NoHTTP2},
	{Names: "-x --proxy", Value: true, Joust: "--proxy {http}"},
	{Names: "--host", Value: true, Joust: "-H Host:~{}"},
	{Names: "-r --redirect", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`^0$`)}, Note: dialect.FollowsNone},
	{Names: "-r --redirect", Value: true, Form: number, Joust: "--follow"},
	{Names: "--disable-compression", Note: dialect.AsksPlain},
	{Names: "--disable-keepalive", Joust: "--reconnect 1"},
	{Names: "--ipv4 --ipv6", Missing: noFamily},
	{Names: "--cacert", Value: true, Joust: "--ca {}"},
	{Names: "--insecure", Joust: "-k"},
	{Names: "--connect-to", Value: true, Missing: noFamily},
	{Names: "--unix-socket", Value: true, Joust: "--unix {}"},
}

var k6 = []dialect.Flag{
	{Names: "-u --vus", Value: true, Form: number, Joust: "-c {}"},
	{Names: "-d --duration", Value: true, Form: duration, Joust: "-d {}"},
	{Names: "-i --iterations", Value: true, Form: number, Joust: "-n {}"},
	{Names: "--rps", Value: true, Form: number, Joust: "-R {}"},
	{Names: "-s --stage", Value: true, Form: stage, Missing: "a rate that changes is -R RATE --ramp-to RATE here"},
	{Names: "--max --execution-segment --tag --env -e --config", Value: true, Missing: dialect.NoScripts},
	{Names: "-o --out --summary-export", Value: true, Missing: dialect.ResultOutput},
	{Names: "--summary-trend-stats", Value: true, Note: dialect.Percentiles},
	{Names: "--insecure-skip-tls-verify", Joust: "-k"},
	{Names: "--no-connection-reuse --no-vu-connection-reuse", Joust: "--reconnect 1"},
	{Names: "--user-agent", Value: true, Joust: "-H User-Agent:~{}"},
	{Names: "--max-redirects", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`^0$`)}, Note: dialect.FollowsNone},
	{Names: "-q --quiet --no-summary --no-usage-report --no-color", Note: dialect.Quiet},
	{Names: "--discard-response-bodies", Note: "joust keeps no bodies"},
	{Names: "--http-debug", Missing: dialect.NoAnswers},
}

var vegeta = []dialect.Flag{
	{Names: "-rate", Value: true, Joust: "-R {}"},
	{Names: "-duration", Value: true, Form: duration, Joust: "-d {}"},
	{Names: "-targets -format", Value: true, Missing: oneURL},
	{Names: "-lazy", Missing: oneURL},
	{Names: "-body", Value: true, Joust: "--body-file {}"},
	{Names: "-header", Value: true, Joust: "-H {}"},
	{Names: "-timeout", Value: true, Form: duration, Joust: "--timeout {}"},
	{Names: "-connections -max-connections", Value: true, Form: number, Joust: "-c {}"},
	{Names: "-workers -max-workers", Value: true, Form: number, Note: "-c bounds what is in flight"},
	{Names: "-keepalive=false", Joust: "--reconnect 1"},
	{Names: "-keepalive -keepalive=true", Note: "joust keeps connections anyway"},
	{Names: "-insecure", Joust: "-k"},
	{Names: "-cert", Value: true, Joust: "--cert {}"},
	{Names: "-key", Value: true, Joust: "--key {}"},
	{Names: "-root-certs", Value: true, Joust: "--ca {}"},
	{Names: "-unix-socket", Value: true, Joust: "--unix {}"},
	{Names: "-http2=false", Note: "joust speaks HTTP/1.1"},
	{Names: "-http2 -h2c", Missing: dialect.NoHTTP2},
	{Names: "-redirects", Value: true, Form: number, Joust: "--follow"},
	{Names: "-output -name", Value: true, Missing: dialect.ResultOutput},
	{Names: "-max-body -laddr -resolvers -prometheus-addr -proxy-header", Value: true, Missing: "joust load has nothing like it"},
}

var curl = []dialect.Flag{
	{Names: "-X --request", Value: true, Joust: "-X {}"},
	{Names: "-d --data --data-raw --data-ascii --data-binary", Value: true, Joust: "-b {}"},
	{Names: "--data-urlencode", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`^[^@]+=`)}, Joust: "--form {}"},
	{Names: "-F --form --form-string", Value: true, Missing: multipart},
	{Names: "-H", Value: true, Joust: "-H {}"},
	{Names: "-u --user", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`:`)}, Joust: "-A {}"},
	{Names: "-b", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`=`)}, Joust: "--cookie {}"},
	{Names: "-c --cookie-jar", Value: true, Form: &dialect.Form{Fits: regexp.MustCompile(`[./]`)}, Missing: "joust load keeps no cookies"},
	{Names: "-A --user-agent", Value: true, Joust: "-H User-Agent:~{}"},
	{Names: "-e --referer", Value: true, Joust: "-H Referer:~{}"},
	{Names: "-r --range", Value: true, Joust: "-H Range:~bytes={}"},
	{Names: "-I --head", Joust: "-m HEAD"},
	{Names: "-G --get", Missing: "write the query into the URL"},
	{Names: "-T --upload-file", Value: true, Joust: "-m PUT --body-file {}"},
	{Names: "-o --output -w --write-out -D --dump-header", Value: true, Note: dialect.NoAnswers},
	{Names: "-i --include -O --remote-name -s --silent -S --show-error -v --verbose -f --fail -# --progress-bar -N --no-buffer", Note: dialect.NoAnswers},
	{Names: "-k --insecure", Joust: "-k"},
	{Names: "-L --location", Joust: "--follow"},
	{Names: "-m --max-time", Value: true, Form: number, Joust: "--timeout {}"},
	{Names: "-x --proxy", Value: true, Joust: "--proxy {http}"},
	{Names: "-U --proxy-user", Value: true, Missing: dialect.ProxyUser},
	{Names: "--cacert", Value: true, Joust: "--ca {}"},
	{Names: "-E --cert", Value: true, Joust: "--cert {}"},
	{Names: "--unix-socket", Value: true, Joust: "--unix {}"},
	{Names: "--abstract-unix-socket", Value: true, Joust: "--unix @{}"},
	{Names: "--resolve --connect-to", Value: true, Missing: noFamily},
	{Names: "-4 --ipv4 -6 --ipv6", Missing: noFamily},
	{Names: "--http1.1", Note: "joust speaks HTTP/1.1"},
	{Names: "-0", Joust: "--http1.0"},
	{Names: "--http2 --http2-prior-knowledge --http3", Missing: dialect.NoHTTP2},
	{Names: "-Z --parallel", Note: "-c says how many connections ask at once"},
	{Names: "--parallel-max", Value: true, Form: number, Joust: "-c {}"},
	{Names: "--retry", Value: true, Missing: "joust load asks no request twice"},
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
