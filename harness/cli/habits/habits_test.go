package habits_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/cli/habits"
)

// own returns flags such as those of joust load.
func own() *pflag.FlagSet {
	f := pflag.NewFlagSet("load", pflag.ContinueOnError)
	for _, name := range []string{"connections c", "threads t", "duration d", "requests n", "rate R", "header H", "method m", "body b", "basic-auth A", "request X"} {
		long, short, _ := strings.Cut(name, " ")
		f.StringP(long, short, "", "")
	}
	for _, name := range []string{"timeout", "warmup", "body-file", "json", "form", "cookie", "proxy", "unix", "reconnect", "ca", "cert", "key", "format"} {
		f.String(name, "", "")
	}
	f.BoolP("insecure", "k", false, "")
	f.Bool("poisson", false, "")
	return f
}

// A line of another tool, with | between its arguments, becomes one of joust load for
// each of its meanings.
func TestReadings(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		// joust's own.
		"http://h/":                          nil,
		"-c|5|-d10s|http://h/|--warmup=0s":   nil,
		"-kc5|https://h/|--|-x":              nil,
		"-X|PUT|-b|-z|http://h/":             nil,
		"--nonsense|http://h/":               nil,
		"-d":                                 nil,
		"-n|100|-c|10|-k|http://h/":          nil,
		"-t|2|-c|10|-d|10s|-H|a: b|http://h": nil,
		// One tool, or several that agree.
		"-z|2s|http://h/":                       {"hey,oha: -d 2s http://h/"},
		"http://h/|-z2s":                        {"hey,oha: http://h/ -d 2s"},
		"-z|2s|--warmup|0s|http://h/":           {"hey,oha: -d 2s --warmup 0s http://h/"},
		"-t2|-c10|-d10s|--latency|http://h/":    {"wrk,wrk2: -t 2 -c 10 -d 10s http://h/"},
		"-L|-R|10|http://h/":                    {"wrk2: -R 10 http://h/"},
		"-s|30|http://h/":                       {"ab: --timeout 30 http://h/ --reconnect 1"},
		"-i|http://h/":                          {"ab: -m HEAD http://h/ --reconnect 1", "curl: http://h/"},
		"-p|f|-T|a/b|-n|5|http://h/":            {"ab: -m POST --body-file f -H Content-Type: a/b -n 5 http://h/ --reconnect 1"},
		"-D|f|-T|a/b|-n|5|http://h/":            {"hey,oha: --body-file f -H Content-Type: a/b -n 5 http://h/"},
		"--data|x|http://h/":                    {"curl: -b x http://h/ -H Content-Type: application/x-www-form-urlencoded"},
		"--data|x|-H|content-type: a|http://h/": {"curl: -b x -H content-type: a http://h/"},
		"-u|me:pw|http://h/":                    {"curl: -A me:pw http://h/"},
		"-u|file|http://h/":                     {"ab: -m PUT --body-file file http://h/ --reconnect 1"},
		"--vus|10|--duration|5|http://h/":       {"k6: -c 10 -d 5 http://h/"},
		"-rate=50|-duration|5s|http://h/":       {"vegeta: -R 50 -d 5s http://h/"},
		"-rate=50|-keepalive=false|http://h/":   {"vegeta: -R 50 --reconnect 1 http://h/"},
		"-disable-keepalive|http://h/":          {"hey: --reconnect 1 http://h/"},
		"-r|0|http://h/":                        {"oha: http://h/", "curl: -H Range: bytes=0 http://h/"},
		"-r|5|http://h/":                        {"oha: --follow http://h/", "curl: -H Range: bytes=5 http://h/"},
		"--disable-keepalive|http://h/":         {"oha: --reconnect 1 http://h/"},
		"-host|a|-cpus|2|http://h/":             {"hey: -H Host: a -t 2 http://h/"},
		"-x|p:1|http://h/":                      {"hey,oha,curl: --proxy http://p:1 http://h/"},
		"-threads|2|http://h/":                  {": --threads 2 http://h/"},
		"-z|2s":                                 {"hey,oha: -d 2s URL"},
		// Tools that differ.
		"-q|5|-c|10|http://h/": {"hey: -R 50 -c 10 http://h/", "oha: -R 5 -c 10 http://h/"},
		"-q|5|-c10|http://h/":  {"hey: -R 50 -c 10 http://h/", "oha: -R 5 -c 10 http://h/"},
		"-q|5|http://h/":       {"hey: -R 250 http://h/", "oha: -R 5 http://h/"},
		// What joust lacks.
		"-s|x.lua|http://h/":    {"wrk,wrk2: --script x.lua http://h/"},
		"-h2|http://h/":         {"hey! http://h/"},
		"-F|a=b|http://h/":      {"oha,curl! http://h/"},
		"--vus|10|script.js":    {"k6! -c 10 URL"},
		"-targets|f|-rate|5":    {"vegeta! -R 5 URL"},
		"-z|2s|-Q|5|http://h/":  nil,
		"-z|many|http://h/":     {"oha: -d many http://h/"},
		"-z|2s|http://a/|extra": {"hey,oha: -d 2s http://a/ extra"},
	} {
		var got []string
		for _, r := range habits.Readings(strings.Split(line, "|"), own()) {
			sign := ":"
			if !r.Exact() {
				sign = "!"
			}
			got = append(got, strings.Join(r.Tools, ",")+sign+" "+strings.Join(r.Args, " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", line, got, want)
		}
	}
}

// A flag that joust has too is read as other tools do where its value is theirs.
func TestDiffering(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`-d|{"a":1}|http://h/`: "hey,oha curl",
		"-t|30s|http://h/":     "hey,oha",
		"-d|5s|-c|2|http://h/": "hey,oha",
		"-c|5|http://h/":       "",
	} {
		var got []string
		for _, r := range habits.Differing(strings.Split(line, "|"), own()) {
			got = append(got, strings.Join(r.Tools, ","))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	r, ok := habits.As("hey", []string{"-z", "5s", "http://h/"}, own())
	if !ok || strings.Join(r.Args, " ") != "-d 5s http://h/" {
		t.Errorf("%+v, %v", r, ok)
	}
	if _, ok := habits.As("hey", []string{"--vus", "5"}, own()); ok {
		t.Error("hey has no --vus")
	}
	if _, ok := habits.As("nosuch", nil, own()); ok {
		t.Error("there is no tool nosuch")
	}
}

func TestMeanings(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"-z": "hey,oha", "-k": "ab,pywrkr curl", "--vus": "k6", "--nonsense": ""} {
		var got []string
		for _, r := range habits.Meanings(flag) {
			got = append(got, strings.Join(r.Tools, ","))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", flag, got, want)
		}
	}
}

// No line makes the reader fail, and what it writes for joust has flags of joust's or
// of the line only.
func FuzzReadings(f *testing.F) {
	for _, line := range []string{"-z|2s|http://h/", "-|--|-=|--=|-é", "-q|5|-c|", "-u", "-rate=|-X", "|-\xb7"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, r := range habits.Readings(strings.Split(line, "|"), own()) {
			if len(r.Changes) == 0 || len(r.Args) == 0 {
				t.Errorf("%q: %+v", line, r)
			}
		}
	})
}
