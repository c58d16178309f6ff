package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/cli/habits"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results/golden"
)

// freshLoad returns the flags of joust load, none of them given.
func freshLoad() (*loadFlags, *pflag.FlagSet) {
	f, flags := &loadFlags{}, pflag.NewFlagSet("load", pflag.ContinueOnError)
	f.register(flags)
	return f, flags
}

// invocations are common command lines, as manuals and tutorials of the tools have
// them.
const invocations = `wrk -t12 -c400 -d30s http://127.0.0.1:8080/index.html
wrk -t2 -c100 -d1m --latency http://127.0.0.1:8080/
wrk -c 10 -d 10 -t 2 -H 'Authorization: Bearer x' http://127.0.0.1:8080/
wrk -t4 -c1k -d10s --timeout 2s https://127.0.0.1:8443/
wrk -t2 -c10 -d10s -s post.lua http://127.0.0.1:8080/
wrk2 -t2 -c100 -d30s -R2000 http://127.0.0.1:8080/
wrk2 -t2 -c100 -d30s -R2000 -L http://127.0.0.1:8080/
wrk2 -t2 -c100 -d30s --rate 20k --u_latency http://127.0.0.1:8080/
hey http://127.0.0.1:8080/
hey -n 10000 -c 100 http://127.0.0.1:8080/
hey -z 30s -c 50 http://127.0.0.1:8080/
hey -z 5m -q 10 -c 20 http://127.0.0.1:8080/
hey -n 100 -m POST -d '{"a":1}' -T application/json http://127.0.0.1:8080/
hey -n 100 -m PUT -D body.txt http://127.0.0.1:8080/
hey -n 100 -a user:pass -H 'Accept: text/html' http://127.0.0.1:8080/
hey -n 100 -t 5 -disable-keepalive -disable-compression http://127.0.0.1:8080/
hey -n 100 -host example.com -x 127.0.0.1:3128 http://127.0.0.1:8080/
hey -n 100 -o csv http://127.0.0.1:8080/
hey -n 100 -h2 https://127.0.0.1:8443/
oha http://127.0.0.1:8080/
oha -n 1000 -c 50 --no-tui http://127.0.0.1:8080/
oha -z 10s -q 100 --latency-correction http://127.0.0.1:8080/
oha -z 10s --disable-keepalive -j http://127.0.0.1:8080/
oha -n 100 -m POST -d hello -T text/plain http://127.0.0.1:8080/
oha -n 100 --insecure --unix-socket /tmp/s https://127.0.0.1:8443/
oha -n 100 --urls-from-file urls.txt
oha -z 10s --burst-delay 2s --burst-rate 4 http://127.0.0.1:8080/
ab -n 1000 -c 10 http://127.0.0.1:8080/
ab -n 1000 -c 10 -k http://127.0.0.1:8080/
ab -t 30 -c 10 -s 5 http://127.0.0.1:8080/
ab -n 100 -p body.txt -T application/json http://127.0.0.1:8080/
ab -n 100 -u body.txt -T text/plain http://127.0.0.1:8080/
ab -n 100 -i -r -q http://127.0.0.1:8080/
ab -n 100 -A user:pass -C session=1 -H 'Accept: text/html' http://127.0.0.1:8080/
ab -n 100 -X 127.0.0.1:3128 http://127.0.0.1:8080/
ab -n 100 -g plot.tsv http://127.0.0.1:8080/
curl http://127.0.0.1:8080/
curl -s -o /dev/null -w '%{time_total}' http://127.0.0.1:8080/
curl -X POST -d a=1 http://127.0.0.1:8080/
curl -X POST -H 'Content-Type: application/json' -d '{"a":1}' http://127.0.0.1:8080/
curl --json '{"a":1}' http://127.0.0.1:8080/
curl --data-urlencode 'q=a b' http://127.0.0.1:8080/
curl --data-binary @body.txt http://127.0.0.1:8080/
curl -u user:pass -b session=1 -A agent http://127.0.0.1:8080/
curl -k -L -I https://127.0.0.1:8443/
curl -m 5 --connect-timeout 1 -x http://127.0.0.1:3128 http://127.0.0.1:8080/
curl -T body.txt http://127.0.0.1:8080/
curl --http1.0 http://127.0.0.1:8080/
curl -F file=@body.txt http://127.0.0.1:8080/
k6 run --vus 10 --duration 30s script.js
k6 run -u 10 -i 100 --no-connection-reuse http://127.0.0.1:8080/
vegeta attack -rate 50 -duration 5s -targets targets.txt
vegeta attack -rate=100/s -duration=10s -keepalive=false -timeout=2s http://127.0.0.1:8080/`

// Each invocation becomes a load that joust accepts, or is refused with the reason.
// Not parallel: the files of the invocations are in the working folder.
func TestInvocations(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"/body.txt": "body", "/post.lua": ""} {
		if err := os.WriteFile(dir+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	var text strings.Builder
	for line := range strings.SplitSeq(invocations, "\n") {
		words := split(line)
		_, own := freshLoad()
		r, ok := habits.As(words[0], words[1:], own)
		if !ok {
			t.Errorf("%s: %s has a flag that the table lacks", line, words[0])
			continue
		}
		fmt.Fprintf(&text, "%s\n", line)
		for _, c := range r.Changes {
			if c.Missing != "" {
				fmt.Fprintf(&text, "    %s\n", meaning(nil, c))
			}
		}
		if r.Exact() {
			fmt.Fprintf(&text, "    joust load %s\n", shellWords(r.Args))
			if err := accepted(r.Args); err != nil {
				t.Errorf("%s: joust load %s: %v", line, shellWords(r.Args), err)
			}
		}
	}
	t.Chdir(here)
	golden.Hold(t, "testdata/invocations.txt", text.String())
}

// accepted returns the error with which joust load refuses the arguments.
func accepted(args []string) error {
	f, flags := freshLoad()
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, err := adhoc.ParseURL(flags.Arg(0))
	if err != nil {
		return err
	}
	if err := f.read(flags, strings.NewReader("")); err != nil {
		return err
	}
	if f.proxy != "" {
		f.load.Proxy = strings.TrimPrefix(f.proxy, "http://")
	}
	f.load.Processors = 64 // as many threads as the line asks for
	_, err = f.load.Spec(target, []string{"127.0.0.1"})
	return err
}

// split splits a line at spaces outside of quotes.
func split(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// Every flag of joust that the table names is one of joust load.
func TestHabitsNameFlagsOfLoad(t *testing.T) {
	t.Parallel()
	_, own := freshLoad()
	for _, r := range habits.Table() {
		for _, c := range r.Changes {
			for _, arg := range c.To {
				name, isLong := strings.CutPrefix(arg, "--")
				name, _, _ = strings.Cut(name, "=")
				switch {
				case isLong && own.Lookup(name) == nil, !isLong && len(arg) == 2 && arg[0] == '-' && own.ShorthandLookup(arg[1:]) == nil:
					t.Errorf("%s of %s is %q, and joust load has no %s", c.From[0], r.Tools[0], c.To, arg)
				}
			}
			if said := len(c.To) + len(c.Note) + len(c.Missing); said == 0 {
				t.Errorf("%s of %s has neither flag nor reason", c.From[0], r.Tools[0])
			}
		}
	}
}
