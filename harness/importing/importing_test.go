package importing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/joust-bench/joust/harness/importing"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/scenarios"
)

// written returns notes, URL file and flow file of what was found.
func written(t *testing.T, found importing.Found) string {
	t.Helper()
	var out strings.Builder
	for _, note := range found.Notes {
		fmt.Fprintln(&out, "note:", note)
	}
	out.WriteString("--- urls\n")
	if err := importing.WriteURLs(&out, found.Requests); err != nil {
		t.Fatal(err)
	}
	out.WriteString("--- flow\n")
	if err := importing.WriteFlow(&out, "shop", found.Requests); err != nil {
		fmt.Fprintln(&out, err)
	}
	return out.String()
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func har(t *testing.T, data []byte, o importing.Options) importing.Found {
	t.Helper()
	found, err := importing.HAR(bytes.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The files are written by hand in the form of three browsers.
func TestHAR(t *testing.T) {
	t.Parallel()
	for file, o := range map[string]importing.Options{
		"chrome":  {ThinkTimes: 1, AssertStatus: true},
		"firefox": {ThinkTimes: 2, PreserveHeaders: true},
		"safari":  {ThinkTimes: 1, PreserveHeaders: true, AssertStatus: true},
	} {
		golden.Hold(t, "testdata/"+file+".golden", written(t, har(t, read(t, file+".har"), o)))
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	found, err := importing.OpenAPI(read(t, "shop.yaml"), "", importing.Options{AssertStatus: true})
	if err != nil {
		t.Fatal(err)
	}
	golden.Hold(t, "testdata/openapi.golden", written(t, found))
}

// Options choose requests, and what is written of them.
func TestHAROptions(t *testing.T) {
	t.Parallel()
	urls := func(o importing.Options) string {
		var list []string
		for _, r := range har(t, read(t, "chrome.har"), o).Requests {
			list = append(list, r.Method+" "+strings.TrimPrefix(r.URL, "https://shop.example"))
		}
		return strings.Join(list, ", ")
	}
	all := "GET /?ref=${camp}, POST /cart, GET /cart"
	for _, c := range []struct {
		o    importing.Options
		want string
	}{
		{importing.Options{}, all},
		{importing.Options{IncludeStatic: true}, "GET /?ref=${camp}, GET /app, POST /cart, GET /cart"},
		{importing.Options{Domains: []string{"EXAMPLE"}}, all},
		{importing.Options{Domains: []string{"op.example"}}, ""},
		{importing.Options{Include: []*regexp.Regexp{regexp.MustCompile("cart$")}}, "POST /cart, GET /cart"},
		{importing.Options{Exclude: []*regexp.Regexp{regexp.MustCompile("cart$")}}, "GET /?ref=${camp}"},
	} {
		if got := urls(c.o); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
	waits := func(o importing.Options) (list []time.Duration) {
		for _, r := range har(t, read(t, "chrome.har"), o).Requests {
			list = append(list, r.Wait)
		}
		return list
	}
	for _, c := range []struct {
		o    importing.Options
		want []time.Duration
	}{
		{importing.Options{ThinkTimes: 1}, []time.Duration{0, 2 * time.Second, 30 * time.Second}},
		{importing.Options{ThinkTimes: 0.1}, []time.Duration{0, 200 * time.Millisecond, 5670 * time.Millisecond}},
		{importing.Options{ThinkTimes: 1, NoThinkTime: true}, []time.Duration{0, 0, 0}},
	} {
		if got := waits(c.o); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.o, got, c.want)
		}
	}
}

func TestBadHAR(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "is no HAR file, at byte 0: the file ends in the middle",
		"[]":                     `is no HAR file: it holds no object with "log"`,
		"{}":                     `is no HAR file: it has no "log"`,
		`{"log":{}}`:             `is no HAR file: it has no "entries"`,
		`{"log":{"entries":{}}}`: "is no HAR file: log.entries is no list",
		`{"log":{"version":"1.2","entries":[{"request"`: "entry 1, at byte",
		`{"log":{"entries":[{},{]}}`:                    "entry 2, at byte",
		`{"log":{"entries":[{}`:                         "behind the last entry, at byte 21: the file ends in the middle",
		`{"log":{"pages":[1,`:                           "in pages, at byte",
		"<html>":                                        "is no HAR file, at byte 0: invalid character '<'",
	} {
		if _, err := importing.HAR(strings.NewReader(text), importing.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestBadOpenAPI(t *testing.T) {
	t.Parallel()
	const head = "openapi: 3.0.0\ninfo: {title: x, version: '1'}\n"
	for text, want := range map[string]string{
		"":                 "is no OpenAPI",
		"swagger: '2.0'":   "is no OpenAPI 3 document",
		"a: [":             "is no OpenAPI document",
		head + "paths: {}": "it names no server: give one with --base",
		head + "servers: [{url: /v1}]\npaths: {}": `its server "/v1" is no URL with a host: give one with --base`,
		head + "servers: [{url: 'http://h'}]\npaths: {'/a/{b}': {get: {responses: {'200': {description: x}}}}}": "GET /a/{b}: it has no parameter {b}, which stands in its path",
	} {
		if _, err := importing.OpenAPI([]byte(text), "", importing.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`curl http://h/`: "http://h/",
		"curl 'https://h/a?b=$c' \\\n  -H 'accept: */*' \\\n  --data-raw $'{\"a\":\"it\\'s\\n\"}' \\\n  --compressed": "https://h/a?b=$c|-H|accept: */*|--data-raw|{\"a\":\"it's\n\"}|--compressed",
		"curl 'http://a/' ;\ncurl \"http://b/\" -X PUT":                                                               "http://a/ & http://b/|-X|PUT",
		"# copied\ncurl http://h/ --data ''":                                                                          "http://h/|--data|",
	} {
		all, err := importing.Commands(text)
		var got []string
		for _, args := range all {
			got = append(got, strings.Join(args, "|"))
		}
		if s := strings.Join(got, " & "); err != nil || s != want {
			t.Errorf("%q: %q, %v, want %q", text, s, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                           "holds no command",
		"curl 'http://h":             "is no command line of a shell: 1:6",
		"wget http://h/":             `line 1: it runs "wget", and only commands of curl are read`,
		"curl http://h/\ncurl $HOST": "line 2: it holds the variable $HOST: write its value",
		"curl $(cat url)":            "line 1: only plain arguments are read",
		"A=1 curl http://h/":         "line 1: only commands of curl are read",
		"curl a | sh":                "line 1: only commands of curl are read",
		"curl ^\"http://h/^\" ^\r\n": "is quoted for Windows' command prompt: copy it as cURL (bash)",
	} {
		if _, err := importing.Commands(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	found, err := importing.List(strings.NewReader("\ufeff# mine\nhttp://a/x\r\n\n  POST  https://b/y?z=${q} \n"))
	want := []importing.Request{{Method: "GET", URL: "http://a/x"}, {Method: "POST", URL: "https://b/y?z=${q}"}}
	if err != nil || fmt.Sprint(found.Requests) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", found.Requests, err)
	}
	_, err = importing.List(strings.NewReader("http://a/\nb/c\nget http://a/\nftp://a/"))
	if err == nil || !strings.Contains(err.Error(), "line 2: URL \"b/c\" has no scheme") || !strings.Contains(err.Error(), "line 3: \"get\" is no method") || !strings.Contains(err.Error(), "line 4: ") {
		t.Errorf("%v", err)
	}
}

// Nothing and several hosts are refused, each in its words.
func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	if err := importing.WriteURLs(io.Discard, nil); !errors.Is(err, importing.ErrNone) {
		t.Error(err)
	}
	if err := importing.WriteFlow(io.Discard, "x", nil); !errors.Is(err, importing.ErrNone) {
		t.Error(err)
	}
	two := []importing.Request{{Method: "GET", URL: "http://a/"}, {Method: "GET", URL: "http://a:81/"}}
	err := importing.WriteFlow(io.Discard, "x", two)
	if err == nil || !strings.Contains(err.Error(), "the requests go to http://a, http://a:81: choose one with --domain") {
		t.Error(err)
	}
}

// What a flow file says is what was found.
func TestFlowIsYAML(t *testing.T) {
	t.Parallel()
	body := "a: [b\n\t\"é ${x} #c\n "
	r := importing.Request{
		Name: "yes", Method: "POST", URL: "http://h/: a?b=#", Body: &body, Status: 201, Wait: 1500 * time.Millisecond,
		Headers: []scenarios.Header{{Name: "X-No", Value: "no"}, {Name: "X-N", Value: "007"}},
	}
	var out bytes.Buffer
	if err := importing.WriteFlow(&out, "- odd: name", []importing.Request{r}); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Base  string
		Flows []struct {
			Name  string
			Steps []struct {
				Post, Name, Wait, Body string
				Headers                map[string]string
				Expect                 struct{ Status int }
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(out.Bytes(), &file, yaml.Strict()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	step := file.Flows[0].Steps[0]
	if file.Base != "http://h" || file.Flows[0].Name != "- odd: name" || step.Post != "/: a?b=#" || step.Name != "yes" || step.Wait != "1.5s" ||
		step.Body != strings.Replace(body, "${", "$${", 1) || step.Headers["X-No"] != "no" || step.Headers["X-N"] != "007" || step.Expect.Status != 201 {
		t.Errorf("%s\n%+v", out.String(), step)
	}
}

// endless is a HAR file with that many entries, which it makes as they are read.
type endless struct {
	rest         int
	begun, ended bool
	text         strings.Reader
	entry        string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.text.Len() == 0 {
		switch {
		case !e.begun:
			e.begun = true
			e.text.Reset(`{"log":{"entries":[`)
		case e.rest > 0:
			e.rest--
			e.text.Reset(e.entry + strings.Repeat(",", min(e.rest, 1)))
		case !e.ended:
			e.ended = true
			e.text.Reset(`]}}`)
		default:
			return 0, io.EOF
		}
	}
	return e.text.Read(p)
}

// A file of 200 MB takes the memory of an entry and of what is kept.
func TestLargeHAR(t *testing.T) {
	const entries, content = 2000, 100 << 10
	entry, err := json.Marshal(map[string]any{
		"request":  map[string]any{"method": "GET", "url": "http://h/"},
		"response": map[string]any{"status": 200, "content": map[string]any{"text": strings.Repeat("x", content)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	found, err := importing.HAR(&endless{rest: entries, entry: string(entry)}, importing.Options{})
	runtime.ReadMemStats(&after)
	if err != nil || len(found.Requests) != entries {
		t.Fatalf("%d requests of %d: %v", len(found.Requests), entries, err)
	}
	grown := int64(after.HeapSys) - int64(before.HeapSys)
	t.Logf("%d MB read, the heap grew by %d MB", entries*len(entry)>>20, grown>>20)
	if grown > 64<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func FuzzHAR(f *testing.F) {
	for _, file := range []string{"chrome.har", "firefox.har", "safari.har"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := importing.HAR(bytes.NewReader(data), importing.Options{ThinkTimes: 1, AssertStatus: true, PreserveHeaders: true})
		if err == nil {
			writable(t, found.Requests)
		}
	})
}

func FuzzOpenAPI(f *testing.F) {
	data, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := importing.OpenAPI(data, "http://h", importing.Options{})
		if err == nil {
			writable(t, found.Requests)
		}
	})
}

func FuzzCommands(f *testing.F) {
	for _, text := range []string{"curl 'http://h/' -H $'a: \\'b'", "curl ;", "$(", "curl \"$a\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := importing.Commands(text)
		if err == nil && len(all) == 0 {
			t.Fatal("neither a command nor an error")
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add("http://h/\nPOST http://h/ #\n")
	f.Fuzz(func(t *testing.T, text string) {
		if found, err := importing.List(strings.NewReader(text)); err == nil {
			writable(t, found.Requests)
		}
	})
}

// writable fails where requests cannot be written, or hold pieces.
func writable(t *testing.T, requests []importing.Request) {
	t.Helper()
	if len(requests) == 0 {
		return
	}
	var out bytes.Buffer
	if err := importing.WriteURLs(&out, requests); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if pieces.Has(strings.ReplaceAll(line, "$"+pieces.Begin, "")) {
			t.Fatalf("%q holds pieces", line)
		}
	}
}
