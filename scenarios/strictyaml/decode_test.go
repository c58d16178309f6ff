package strictyaml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// share is a value that reads itself.
type share float64

func (s *share) UnmarshalText(text []byte) error {
	if !strings.HasSuffix(string(text), "%") {
		return errors.New("wants a percentage, such as 50%")
	}
	_, err := fmt.Sscanf(string(text), "%f%%", (*float64)(s))
	return err
}

type inner struct {
	Name string `yaml:"name"`
	Size *int64 `yaml:"size"`
}

type outer struct {
	Text    string            `yaml:"text"`
	Flag    bool              `yaml:"flag"`
	Count   int               `yaml:"count"`
	Rate    float64           `yaml:"rate"`
	Wait    time.Duration     `yaml:"wait"`
	List    []inner           `yaml:"list"`
	Map     map[string]string `yaml:"map"`
	Inner   *inner            `yaml:"inner"`
	Share   share             `yaml:"share"`
	Ignored string            `yaml:"-"`
}

func TestDecodeReadsEveryKind(t *testing.T) {
	t.Parallel()
	const file = `# a comment
text: |
  two
  lines
flag: true
count: -3
rate: 2
wait: 1m30s
list:
  - name: "a: b"
    size: 5
  - {name: 'c'}
map: {a.b: x, 8080: "1"}
inner: {size: 0x10}
share: 50%
`
	var got outer
	doc := strictyaml.Decode("f.yaml", []byte(file), &got)
	if err := doc.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	five, sixteen := int64(5), int64(16)
	want := outer{
		Text: "two\nlines\n", Flag: true, Count: -3, Rate: 2, Wait: 90 * time.Second,
		List: []inner{{Name: "a: b", Size: &five}, {Name: "c"}},
		Map:  map[string]string{"a.b": "x", "8080": "1"}, Inner: &inner{Size: &sixteen}, Share: 50,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for path, line := range map[string]int{
		"text": 2, "list": 9, "list[0]": 10, "list[0].size": 11, "list[1].name": 12, "map.a.b": 13,
		// What the file does not give stands where its surroundings do.
		"list[1].size": 12, "inner.name": 14, "gone.deep[3]": 1,
	} {
		if got := doc.Line(path); got != line {
			t.Errorf("Line(%q) = %d, want %d", path, got, line)
		}
	}
	if !doc.Has("list[0].size") || doc.Has("list[1].size") || !doc.Has("flag") {
		t.Error("Has does not tell given values from others")
	}
}

// A bare number is seconds, quoted or not.
func TestDecodeDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"10": 10 * time.Second, "0.5": 500 * time.Millisecond, `"10"`: 10 * time.Second, "0": 0, "-3": -3 * time.Second,
		"250ms": 250 * time.Millisecond, "1m30s": 90 * time.Second, "2h": 2 * time.Hour, "1e1": 10 * time.Second,
	} {
		var got outer
		doc := strictyaml.Decode("f.yaml", []byte("wait: "+text+"\n"), &got)
		if err := doc.Problems().Err(); err != nil || got.Wait != want {
			t.Errorf("wait: %s is read as %v, %v, want %v", text, got.Wait, err, want)
		}
	}
}

func TestDecodeReports(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                        "f: the file is empty",
		"# only a comment\n":      "f: the file is empty",
		"---\n":                   "f: the file is empty",
		"text: a\n---\ntext: b\n": "f:2: a second document begins here; one a file",
		"- a\n":                   "f:1: the file wants a mapping (key: value), not a list",
		"text: [a\n":              "f:1: not YAML: sequence end token ']' not found",
		"txt: a\n":                `f:1: unknown key "txt", did you mean "text"?`,
		"text: a\ntext: b\n":      "f:2: text stands twice, first on line 1",
		"map: {a: x, a: y}\n":     "f:1: map.a stands twice, first on line 1",
		"text:\n":                 "f:1: text has no value; give it one or leave the key out",
		"list: [~]\n":             "f:1: list[0] has no value; give it one or leave the key out",
		"text: 1.0\n":             "f:1: text wants a text, not the number 1.0; put it in quotes",
		"text: yes\nflag: yes\n":  `f:2: flag wants true or false, not the text "yes"`,
		"count: 1.5\n":            "f:1: count wants a whole number, not the number 1.5",
		"count: 9223372036854775808\nrate: x\n": "f:1: count: 9223372036854775808 is too large\n" +
			`f:2: rate wants a number, not the text "x"`,
		"wait: true\n":                   "f:1: wait wants a duration such as 10, for seconds, or 250ms, not the truth value true",
		"wait: [10]\n":                   "f:1: wait wants a duration such as 10, for seconds, or 250ms, not a list",
		"wait: soon\n":                   `f:1: wait: "soon" is no duration; write seconds, such as 10 or 0.5, or units, such as 250ms, 1m30s or 2h`,
		"wait: .inf\n":                   `f:1: wait: ".inf" is no duration; write seconds, such as 10 or 0.5, or units, such as 250ms, 1m30s or 2h`,
		"wait: 1e300\n":                  `f:1: wait: "1e300" is too long for a duration: at most 292 years are possible`,
		"list: {name: a}\n":              "f:1: list wants a list, not a mapping",
		"inner: [a]\n":                   "f:1: inner wants a mapping (key: value), not a list",
		"map: {a: [b]}\n":                "f:1: map.a wants a text, not a list",
		"text: &a x\n":                   "f:1: text: anchors, aliases, merges and tags are not taken here; write the value out",
		"text: !!str x\n":                "f:1: text: anchors, aliases, merges and tags are not taken here; write the value out",
		"inner:\n  <<: {name: x}\n":      "f:2: inner: a key must be a plain text",
		"map:\n  ? [a]\n  : b\n":         "f:3: not YAML: found an invalid key for this map",
		"share: half\n":                  "f:1: share: wants a percentage, such as 50%",
		"share: 5\n":                     "f:1: share: wants a percentage, such as 50%",
		"share: [5%]\n":                  "f:1: share wants a single value, not a list",
		"ignored: x\n-: y\n":             "",
		strings.Repeat("# x\n", 300_000): "f: the file has 1200000 bytes, more than 1048576",
	} {
		doc := strictyaml.Decode("f", []byte(file), &outer{})
		got := doc.Problems().Error()
		if want == "" {
			if got == "" {
				t.Errorf("%.40q was accepted", file)
			}
			continue
		}
		if got != want {
			t.Errorf("%.40q:\n got %s\nwant %s", file, got, want)
		}
	}
}

func TestReportLeavesOutWhatFollowsFromAMistake(t *testing.T) {
	t.Parallel()
	const file = "txt: a\ncount: x\nlist:\n  - name: 1\nlisted: 2\n"
	doc := strictyaml.Decode("f", []byte(file), &outer{})
	before := len(doc.Problems())
	for _, path := range []string{"text", "count", "list[0].name"} {
		doc.Report(path, "is a consequence")
	}
	if got := len(doc.Problems()); got != before {
		t.Errorf("consequences were reported:\n%v", doc.Problems())
	}
	doc.Report("list[0].size", "is news")
	doc.Report("lis", "has a name that begins like another's")
	want := []string{"f:1: has a name that begins like another's", "f:4: is news"}
	var got []string
	for _, p := range doc.Problems() {
		if strings.Contains(p.Message, "news") || strings.Contains(p.Message, "begins") {
			got = append(got, p.String())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	unreadable := strictyaml.Decode("f", []byte("text: [\n"), &outer{})
	unreadable.Report("text", "is required")
	if got := len(unreadable.Problems()); got != 1 {
		t.Errorf("an unreadable file has %d problems", got)
	}
}

func TestGoodSpoiledAndReject(t *testing.T) {
	t.Parallel()
	doc := strictyaml.Decode("f", []byte("text: a\ncount: x\nflga: true\n"), &outer{})
	for path, want := range map[string][2]bool{
		"text": {true, false}, "count": {false, true}, "flag": {false, true}, "rate": {false, false},
	} {
		if got := [2]bool{doc.Good(path), doc.Spoiled(path)}; got != want {
			t.Errorf("%s: good, spoiled = %v, want %v", path, got, want)
		}
	}
	before := len(doc.Problems())
	doc.Reject("text", "cannot be used")
	doc.Reject("text", "is reported once")
	doc.Report("text", "is reported once")
	if got := doc.Problems(); len(got) != before+1 || doc.Good("text") {
		t.Errorf("after Reject: good %v\n%v", doc.Good("text"), got)
	}
}

func TestProblemsErr(t *testing.T) {
	t.Parallel()
	if err := (strictyaml.Problems{}).Err(); err != nil {
		t.Errorf("no problems are an error: %v", err)
	}
	err := strictyaml.Problems{{File: "a", Line: 2, Message: "b"}, {File: "c", Message: "d"}}.Err()
	if err == nil || err.Error() != "a:2: b\nc: d" {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode holds that no input panics and that lines exist.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("text: a\nlist: [{name: x}]\nmap: {a: b}\n"))
	f.Add([]byte("a: &x [*x]\n? {}\n: |\n  t\n"))
	f.Add([]byte("inner:\n\t- \"\\u00\n%YAML 1.2\n--- !!map {"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := 1 + strings.Count(string(data), "\n") + strings.Count(string(data), "\r")
		for _, p := range strictyaml.Decode("f", data, &outer{}).Problems() {
			if p.Line < 0 || p.Line > lines+1 || p.Message == "" {
				t.Fatalf("%+v of %d lines", p, lines)
			}
		}
	})
}

// listed lists its keys at run time.
type listed struct {
	count int
	inner inner
}

func (l *listed) Keys() []strictyaml.Key {
	return []strictyaml.Key{{Name: "count", Value: &l.count}, {Name: "inner", Value: &l.inner}}
}

func TestKeyedMappings(t *testing.T) {
	t.Parallel()
	var out struct {
		List []listed `yaml:"list"`
	}
	d := strictyaml.Decode("x.yaml", []byte("list:\n  - {count: 3, inner: {name: a}}\n  - {cuont: 3, count: many}\n"), &out)
	if len(out.List) != 2 || out.List[0].count != 3 || out.List[0].inner.Name != "a" {
		t.Errorf("read %+v", out.List)
	}
	const want = `x.yaml:3: unknown key "cuont", did you mean "count"?
x.yaml:3: list[1].count wants a whole number, not the text "many"`
	if got := d.Problems().Error(); got != want {
		t.Errorf("problems:\n%s\nwant:\n%s", got, want)
	}
	if d.Line("list[0].inner.name") != 2 || !d.Good("list[0].count") || d.Good("list[1].count") {
		t.Error("places are lost")
	}
}
