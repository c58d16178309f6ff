package dialect

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contract has, for each tool, the names with their defaults that the dialect must know.
// Names of one flag stand with a slash between them; a word in capitals stands for a
// value without a default.
var contract = map[string]string{
	"wrk":  `-c 10 -d 10s -t 2 -s FILE -H HEADER --latency --timeout 2s -v`,
	"wrk2": `-c 10 -d 10s -t 2 -s FILE -H HEADER --latency --timeout 2s -v -R RATE --u_latency`,
	"ab":   `-n 1 -c 1 -t TIME -s 30 -k -i -p FILE -u FILE -T text/plain -H HEADER -C COOKIE -A USER -P USER -X PROXY -l -r -q -v 0 -m METHOD -e FILE -g FILE -w -d -S`,
	"hey":  `-n 200 -c 50 -q RATE -z TIME -o FORMAT -m GET -H HEADER -t 20 -A TYPE -d BODY -D FILE -T text/html -a USER -x PROXY -h2 -host HOST -disable-compression -disable-keepalive -disable-redirects -cpus N`,
	"pywrkr": `-c/--connections 10 -d/--duration 10 -n/--num-requests N -t/--threads 4 -m/--method GET -H/--header HEADER -b/--body BODY
		-p/--post-file FILE -A/--basic-auth USER -C/--cookie COOKIE -k/--keepalive --no-keepalive -l/--verify-length -v 0 --timeout 30
		--ssl-verify --ca-bundle FILE -R/--random-param -e/--csv FILE -w/--html --json FILE --html-report FILE --live --latency-breakdown
		--tag TAG --otel-endpoint URL --prom-remote-write URL --threshold/--th TEXT -u/--users N --ramp-up 0 --think-time 1.0
		--think-jitter 0.5 --rate N --rate-ramp N --traffic-profile P --scenario FILE --autofind --max-error-rate 1.0 --max-p95 5.0
		--step-duration 30 --start-users 10 --max-users 10000 --step-multiplier 2.0 --url-file FILE --master --worker HOST
		--expect-workers N --bind 0.0.0.0 --port 9220`,
	"load-tester": `--url/-u URL --requests/-n 100 --concurrency/-c 10`,
}

const target = "http://127.0.0.1:8080/"

// A row says what a line of a tool is for joust load: arguments that must be among
// those of the whole load, or, behind "no ", must not; or why it is refused.
type matrixRow struct {
	tool, line string
	has        string
	refused    string
}

var matrix = []matrixRow{
	{tool: "wrk", line: "-c 1k", has: "-c 1000"},
	{tool: "wrk", line: "-d 2m", has: "-d 2m"},
	{tool: "wrk", line: "-d 30", has: "-d 30"},
	{tool: "wrk", line: "-t 4", has: "-t 4"},
	{tool: "wrk", line: "-t4", has: "-t 4"},
	{tool: "wrk", line: "-s x.lua", has: "--script x.lua"},
	{tool: "wrk", line: "-s ./x", has: "--script ./x"},
	{tool: "wrk", line: "-s x.lua -c 5", has: "no --compat"},
	{tool: "wrk", line: "-H A:b", has: "-H A:b"},
	{tool: "wrk", line: "--latency", has: "--expect-status any"},
	{tool: "wrk", line: "--timeout 5s", has: "--timeout 5s"},
	{tool: "wrk", line: "-T5", has: "--timeout 5"},
	{tool: "wrk", line: "-v", has: "the version"},
	{tool: "wrk", line: "--dur 5s", has: "-d 5s"},
	{tool: "wrk", line: "-c 1 -t 2", refused: "connections must be >= threads"},
	{tool: "wrk", line: "-d 1.5s", refused: `-d "1.5s": a whole time`},
	{tool: "wrk", line: "-d 0", refused: "-d 0: must be above 0"},
	{tool: "wrk", line: "--rate 5", refused: "wrk has no flag --rate"},

	{tool: "wrk2", line: "-R 2k", has: "-R 2000"},
	{tool: "wrk2", line: "-R1 -c 1k", has: "-c 1000"},
	{tool: "wrk2", line: "-R1 -d 2m", has: "-d 2m"},
	{tool: "wrk2", line: "-R1 -t 1", has: "-t 1"},
	{tool: "wrk2", line: "-R1 -s x.lua", has: "--script x.lua"},
	{tool: "wrk2", line: "-R1 -s x.lua ", has: "--compat wrk2"},
	{tool: "wrk2", line: "-R1 -H A:b", has: "-H A:b"},
	{tool: "wrk2", line: "-R1 --latency", has: "--warmup 0"},
	{tool: "wrk2", line: "-R1 --u_latency", has: "-R 1"},
	{tool: "wrk2", line: "-R1 --timeout 5s", has: "--timeout 5s"},
	{tool: "wrk2", line: "-v", has: "the version"},
	{tool: "wrk2", line: "-c 5", refused: "MUST be specified with the --rate or -R option"},
	{tool: "wrk2", line: "-R1 -B", refused: "-B: joust measures each request by itself"},

	{tool: "ab", line: "-n 500", has: "-n 500"},
	{tool: "ab", line: "-n 500 -c 20", has: "-c 20"},
	{tool: "ab", line: "-t 5", has: "-n 50000"},
	{tool: "ab", line: "-t 5 ", has: "-d 5"},
	{tool: "ab", line: "-n 7 -t 5", has: "-n 50000"},
	{tool: "ab", line: "-t 5 -n 7", has: "-n 7"},
	{tool: "ab", line: "-s 5", has: "--timeout 5"},
	{tool: "ab", line: "-s 5 ", has: "--reconnect=1"},
	{tool: "ab", line: "-k", has: "-H Connection: Keep-Alive"},
	{tool: "ab", line: "-k ", has: "no --reconnect=1"},
	{tool: "ab", line: "-k  ", has: "--http1.0"},
	{tool: "ab", line: "-i", has: "-m HEAD"},
	{tool: "ab", line: "-p f", has: "-m POST --body-file f"},
	{tool: "ab", line: "-p f ", has: "-H Content-Type: text/plain"},
	{tool: "ab", line: "-u f", has: "-m PUT --body-file f"},
	{tool: "ab", line: "-p f -T a/b", has: "-H Content-Type: a/b"},
	{tool: "ab", line: "-p f -T a/b ", has: "no text/plain"},
	{tool: "ab", line: "-H Accept:x", has: "no */*"},
	{tool: "ab", line: "-H A:b", has: "-H User-Agent: ApacheBench/2.3 -H Accept: */*"},
	{tool: "ab", line: "-C a=b", has: "--cookie a=b"},
	{tool: "ab", line: "-A me:pw", has: "-A me:pw"},
	{tool: "ab", line: "-X p:1 -P me:pw", has: "--proxy http://me:pw@p:1"},
	{tool: "ab", line: "-X p:1", has: "--proxy http://p:1"},
	{tool: "ab", line: "-l", has: "no --verify-length"},
	{tool: "ab", line: "-r", has: "--verify-length"},
	{tool: "ab", line: "-q", has: "--breakdown"},
	{tool: "ab", line: "-v 1", has: "-n 1"},
	{tool: "ab", line: "-v 4", refused: "-v 4: " + NoAnswers},
	{tool: "ab", line: "-m DELETE", has: "-m DELETE"},
	{tool: "ab", line: "-e f", has: "-n 1"},
	{tool: "ab", line: "-g f", has: "-n 1"},
	{tool: "ab", line: "-w", has: "-n 1"},
	{tool: "ab", line: "-d", has: "-n 1"},
	{tool: "ab", line: "-S", has: "-n 1"},
	{tool: "ab", line: "-c 2", refused: "ab asks no fewer requests than it has connections"},
	{tool: "ab", line: "-i -p f", refused: "cannot mix"},
	{tool: "ab", line: "-b 5", refused: "joust leaves this to the system"},

	{tool: "hey", line: "-n 500", has: "-n 500"},
	{tool: "hey", line: "-c 20", has: "-c 20"},
	{tool: "hey", line: "-q 5", has: "-R 250"},
	{tool: "hey", line: "-q 5 -c 10", has: "-R 50"},
	{tool: "hey", line: "-z 3m", has: "-d 3m"},
	{tool: "hey", line: "-z 3m ", has: "no -n"},
	{tool: "hey", line: "-o csv", has: "-n 200"},
	{tool: "hey", line: "-o xml", refused: `-o "xml": csv is needed`},
	{tool: "hey", line: "-m put", has: "-m PUT"},
	{tool: "hey", line: "-H A:b", has: "-H A:b"},
	{tool: "hey", line: "-t 5", has: "--timeout 5"},
	{tool: "hey", line: "-t 0", has: "--timeout 720h0m0s"},
	{tool: "hey", line: "-A a/b", has: "-H Accept: a/b"},
	{tool: "hey", line: "-d x", has: "-b x"},
	{tool: "hey", line: "-D f", has: "--body-file f"},
	{tool: "hey", line: "-T a/b", has: "-H Content-Type: a/b"},
	{tool: "hey", line: "-T a/b ", has: "no text/html"},
	{tool: "hey", line: "-U me", has: "-H User-Agent: me hey/0.0.1"},
	{tool: "hey", line: "-a me:pw", has: "-A me:pw"},
	{tool: "hey", line: "-x p:1", has: "--proxy http://p:1"},
	{tool: "hey", line: "-h2", refused: NoHTTP2},
	{tool: "hey", line: "-host a", has: "-H Host: a"},
	{tool: "hey", line: "-c 50", has: "--follow --compressed"},
	{tool: "hey", line: "-disable-compression", has: "no --compressed"},
	{tool: "hey", line: "--disable-compression=false", has: "--compressed"},
	{tool: "hey", line: "-disable-keepalive", has: "--reconnect 1"},
	{tool: "hey", line: "-disable-redirects", has: "no --follow"},
	{tool: "hey", line: "-cpus 2", has: "-t 2"},
	{tool: "hey", line: "-cpus 8 -c 4 -n 4", has: "-t 4"},
	{tool: "hey", line: "-n 5", refused: "-n cannot be less than -c"},

	{tool: "pywrkr", line: "-c 20", has: "-c 20"},
	{tool: "pywrkr", line: "-d 20", has: "-d 20"},
	{tool: "pywrkr", line: "-d 20s", refused: `-d "20s": seconds without a unit`},
	{tool: "pywrkr", line: "-n 20", has: "-n 20"},
	{tool: "pywrkr", line: "-n 20 -d 5", has: "no -d"},
	{tool: "pywrkr", line: "-t 2", has: "-t 2"},
	{tool: "pywrkr", line: "-t 8 -c 3", has: "-t 3"},
	{tool: "pywrkr", line: "-m put", has: "-m PUT"},
	{tool: "pywrkr", line: "-H A:b", has: "-H A:b"},
	{tool: "pywrkr", line: "-b x", has: "-b x"},
	{tool: "pywrkr", line: "-p f", has: "--body-file f"},
	{tool: "pywrkr", line: "-A me:pw", has: "-A me:pw"},
	{tool: "pywrkr", line: "-C a=b", has: "--cookie a=b"},
	{tool: "pywrkr", line: "-k", has: "no --reconnect"},
	{tool: "pywrkr", line: "--no-keepalive", has: "--reconnect 1"},
	{tool: "pywrkr", line: "-l", has: "--verify-length"},
	{tool: "pywrkr", line: "-v 2", has: "-d 10"},
	{tool: "pywrkr", line: "-v 3", refused: "answers are counted by status"},
	{tool: "pywrkr", line: "--timeout 5", has: "--timeout 5"},
	{tool: "pywrkr", line: "--ssl-verify https://h/", has: "no -k"},
	{tool: "pywrkr", line: "-c 10 https://h/", has: "-k"},
	{tool: "pywrkr", line: "--ca-bundle f https://h/", has: "--ca f"},
	{tool: "pywrkr", line: "-R", has: "--bust=_cb"},
	{tool: "pywrkr", line: "-e f", has: "-d 10"},
	{tool: "pywrkr", line: "-w", has: "-d 10"},
	{tool: "pywrkr", line: "--json f", has: "-d 10"},
	{tool: "pywrkr", line: "--html-report f.html", has: "--output f.html"},
	{tool: "pywrkr", line: "--live", has: "-d 10"},
	{tool: "pywrkr", line: "--latency-breakdown", has: "--breakdown"},
	{tool: "pywrkr", line: "--tag a=b", has: "--tag a=b"},
	{tool: "pywrkr", line: "--otel-endpoint h:1", has: "--otel-endpoint h:1"},
	{tool: "pywrkr", line: "--prom-remote-write h:1", has: "--prom-push h:1"},
	{tool: "pywrkr", line: "--threshold p95<300ms", has: "-d 10"},
	{tool: "pywrkr", line: "--th p42<300ms", refused: `--threshold "p42<300ms"`},
	{tool: "pywrkr", line: "--th rps<5ms", refused: "rps has no limit in ms"},
	{tool: "pywrkr", line: "-u 300 -d 60", has: "--users 300 --think 1.0s±50%"},
	{tool: "pywrkr", line: "-u 300 -d 60 ", has: "-c 10"},
	{tool: "pywrkr", line: "-u 3 -d 60", has: "-c 3"},
	{tool: "pywrkr", line: "-u 3", refused: "requires -d"},
	{tool: "pywrkr", line: "-u 3 -n 5", refused: "cannot use -n with -u"},
	{tool: "pywrkr", line: "-u 300 -d 60 --ramp-up 30", has: "--ramp 30"},
	{tool: "pywrkr", line: "-u 300 -d 60 --ramp-up 60", refused: "must be less than duration"},
	{tool: "pywrkr", line: "-u 300 -d 60 --think-time 2", has: "--think 2s±50%"},
	{tool: "pywrkr", line: "-u 300 -d 60 --think-jitter 0.2", has: "--think 1.0s±20%"},
	{tool: "pywrkr", line: "-u 300 -d 60 --think-time 0", has: "no --think"},
	{tool: "pywrkr", line: "--rate 100", has: "-R 100"},
	{tool: "pywrkr", line: "-u 3 -d 60 --rate 100", has: "no -R"},
	{tool: "pywrkr", line: "-u 3 -d 60 --rate 100 --think-time 0", has: "-R 100"},
	{tool: "pywrkr", line: "--rate 100 --rate-ramp 1000", has: "-R 100 --ramp-to 1000"},
	{tool: "pywrkr", line: "--rate-ramp 1000", refused: "--rate-ramp requires --rate"},
	{tool: "pywrkr", line: "--rate 100 --traffic-profile sine:cycles=3", has: "--rate-profile sine:cycles=3"},
	{tool: "pywrkr", line: "--traffic-profile sine", refused: "requires --rate"},
	{tool: "pywrkr", line: "--scenario f", refused: noFlows},
	{tool: "pywrkr", line: "--autofind", has: "--think 1.0s±50% --find=users --keep=p95<=5.0s,error_rate<=1.0% --find-from=10 --find-to=10000 --find-factor=2.0 --step=30"},
	{tool: "pywrkr", line: "--autofind ", has: "no --expect-status"},
	{tool: "pywrkr", line: "--autofind -d 5", has: "no -d"},
	{tool: "pywrkr", line: "--autofind --max-error-rate 2", has: "--keep=p95<=5.0s,error_rate<=2%"},
	{tool: "pywrkr", line: "--autofind --max-p95 2", has: "--keep=p95<=2s,error_rate<=1.0%"},
	{tool: "pywrkr", line: "--autofind --step-duration 2", has: "--step=2"},
	{tool: "pywrkr", line: "--autofind --start-users 2", has: "--find-from=2"},
	{tool: "pywrkr", line: "--autofind --max-users 20", has: "--find-to=20"},
	{tool: "pywrkr", line: "--autofind --step-multiplier 3", has: "--find-factor=3"},
	{tool: "pywrkr", line: "--autofind --max-users 10", refused: "must be greater than --start-users"},
	{tool: "pywrkr", line: "--autofind --step-multiplier 1", refused: "must be greater than 1.0"},
	{tool: "pywrkr", line: "--autofind --start-users 0", refused: "must be at least 1"},
	{tool: "pywrkr", line: "--max-users 2", has: "no --find-to"},
	{tool: "pywrkr", line: "--url-file f", has: "--url-file f"},
	{tool: "pywrkr", line: "--master", refused: noFleet},
	{tool: "pywrkr", line: "--worker h:1", refused: noFleet},
	{tool: "pywrkr", line: "--expect-workers 2", refused: noFleet},
	{tool: "pywrkr", line: "--bind h", refused: noFleet},
	{tool: "pywrkr", line: "--port 1", refused: noFleet},

	{tool: "load-tester", line: "--url http://h/", has: "http://h/"},
	{tool: "load-tester", line: "-u http://h/", has: "--reconnect 1 --latency-from connect --request-id"},
	{tool: "load-tester", line: "--requests 5", has: "-n 5"},
	{tool: "load-tester", line: "--concurrency 5", has: "-c 5"},
	{tool: "load-tester", line: "-n 0", refused: "both must be at least 1"},
	{tool: "load-tester", line: "-u h", refused: "a URL"},
}

// Every row of the matrix holds.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, row := range matrix {
		args := strings.Fields(row.line)
		if !strings.Contains(row.line, "://") {
			args = append(args, target)
		}
		d, _, ok := Find(row.tool)
		if !ok {
			t.Fatal(row.tool)
		}
		line, err := d.Read(args)
		switch {
		case row.refused != "":
			if err == nil || !strings.Contains(err.Error(), row.refused) {
				t.Errorf("%s %s: %v, want a refusal with %q", row.tool, row.line, err, row.refused)
			}
			continue
		case err != nil:
			t.Errorf("%s %s: %v", row.tool, row.line, err)
			continue
		case line.Tells != "":
			if "the "+line.Tells != row.has {
				t.Errorf("%s %s tells the %s", row.tool, row.line, line.Tells)
			}
			continue
		}
		got := " " + strings.Join(line.Args(), " ") + " "
		text, not := strings.CutPrefix(row.has, "no ")
		if strings.Contains(got, " "+text+" ") == not && strings.Contains(got, text) == not {
			t.Errorf("%s %s: joust load%s, want %s", row.tool, row.line, got, row.has)
		}
	}
}

// Every name of the contract is a flag with the default of the contract, and has a row in
// the matrix.
func TestContract(t *testing.T) {
	t.Parallel()
	for tool, text := range contract {
		d, _, ok := Find(tool)
		if !ok {
			t.Fatal(tool)
		}
		words := strings.Fields(text)
		for i, word := range words {
			if !strings.HasPrefix(word, "-") {
				continue
			}
			names := strings.Split(word, "/")
			want := ""
			if i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
				want = words[i+1]
			}
			checkName(t, d, names, want)
		}
	}
}

var placeholder = regexp.MustCompile(`^[A-Z]+$`)

func checkName(t *testing.T, d *Dialect, names []string, want string) {
	t.Helper()
	for _, name := range names {
		f := d.flag(name)
		if f == nil {
			t.Errorf("%s has no flag %s", d.Name, name)
			continue
		}
		if f.Value != (want != "") {
			t.Errorf("%s %s takes a value: %v", d.Name, name, f.Value)
		}
		if !placeholder.MatchString(want) && f.Default != want || placeholder.MatchString(want) && f.Default != "" && f.Default != want {
			t.Errorf("%s %s has the default %q, want %q", d.Name, name, f.Default, want)
		}
	}
	has := func(row matrixRow) bool {
		return row.tool == d.Name && slices.ContainsFunc(strings.Fields(row.line), func(word string) bool {
			return slices.ContainsFunc(names, func(name string) bool {
				return word == name || len(name) == 2 && strings.HasPrefix(word, name) && !strings.HasPrefix(word, "--") && !d.goFlags
			})
		})
	}
	if !slices.ContainsFunc(matrix, has) {
		t.Errorf("the matrix has no row for %s %s", d.Name, strings.Join(names, "/"))
	}
}

// A flag means one thing: it is refused, or it is something here.
func TestEveryFlagMeansSomething(t *testing.T) {
	t.Parallel()
	for _, d := range All() {
		for i := range d.Flags {
			f := &d.Flags[i]
			if f.Joust == "" && f.As == "" && f.Note == "" && f.Missing == "" && f.Leaves == "" && f.Tells == "" {
				t.Errorf("%s %s says nothing", d.Name, f.Names)
			}
			if f.Here() == "" {
				t.Errorf("%s %s has no text for --help", d.Name, f.Names)
			}
			if f.Default != "" && f.Form != nil && !f.refused() && !f.Fitting(f.Default) {
				t.Errorf("%s %s does not take its own default %q", d.Name, f.Names, f.Default)
			}
		}
	}
}

// No line makes a reader panic, and a line that is read names a target, a file of targets or
// a text.
func FuzzRead(f *testing.F) {
	for _, row := range matrix {
		f.Add(row.tool, row.line)
	}
	f.Fuzz(func(t *testing.T, tool, text string) {
		d, _, ok := Find(tool)
		if !ok {
			return
		}
		line, err := d.Read(strings.Fields(text))
		if err == nil && line.Tells == "" && line.URL == "" && !line.has("--url-file") {
			t.Errorf("%s %q has no URL", tool, text)
		}
	})
}
