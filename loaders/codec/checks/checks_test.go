package checks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func compile(t testing.TB, c scenarios.Checks) *Set {
	t.Helper()
	s, err := Compile(&c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// say returns the failure in words, "" for none.
func say(f *Failure) string {
	if f == nil {
		return ""
	}
	return string(f.Cause) + ": " + f.Detail
}

func TestNothingToCheck(t *testing.T) {
	t.Parallel()
	s, err := Compile(nil)
	if s != nil || err != nil || s.NeedsBody() {
		t.Errorf("%v, %v", s, err)
	}
	if s := compile(t, scenarios.Checks{Headers: []string{"A"}, SameLength: true}); s.NeedsBody() {
		t.Error("headers and lengths need no body")
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	head := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Empty:\r\nVia: a\r\nvia:  b\t\r\nX-Colon: a:b\r\n\r\n")
	for condition, want := range map[string]string{
		"Content-Type":                   "",
		"content-type: application/json": "",
		"X-Empty":                        "",
		"X-Empty:":                       "",
		"Via: b":                         "",
		"X-Colon:a:b":                    "",
		"Via: c":                         `header: the header Via is "a", where "c" is expected`,
		"Content-Type:":                  `header: the header Content-Type is "application/json", where "" is expected`,
		"X-None":                         "header: the header X-None is missing",
		"X-None: 1":                      `header: the header X-None is missing, where "1" is expected`,
		"HTTP/1.1 200 OK":                "?",
	} {
		s, err := Compile(&scenarios.Checks{Headers: []string{condition}})
		if want == "?" {
			if err == nil || !strings.Contains(err.Error(), `write "Name: value", or "Name" for any value`) {
				t.Errorf("%q: %v", condition, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := say(s.Head(head)); got != want {
			t.Errorf("%q: %s, want %s", condition, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	s := compile(t, scenarios.Checks{SameLength: true})
	for _, n := range []int64{0, 0} {
		if f := s.Length(n); f != nil {
			t.Error(say(f))
		}
	}
	if got := say(s.Length(3)); got != "length: a body of 3 bytes, where the first right answer had 0" {
		t.Error(got)
	}
	if f := compile(t, scenarios.Checks{}).Length(7); f != nil {
		t.Error(say(f))
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	const body = `{"status":"ok","n":5,"f":1.50,"big":9007199254740993,"yes":true,"none":null,"five":"5","long":"` +
		`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",` +
		`"items":[{"id":1,"tags":[]},{"id":2,"a.b":{"c":"x=y"}}],"é":"ü","#":1,"*":2,"@this":3}`
	for condition, want := range map[string]string{
		"status=ok":                      "",
		`status="ok"`:                    "",
		"$.status=ok":                    "",
		"n=5":                            "",
		"n=5.0":                          "",
		"f=1.5":                          "",
		"big=9007199254740993":           "",
		"yes=true":                       "",
		"none=null":                      "",
		`five="5"`:                       "",
		"items[0].id=1":                  "",
		"items.1.id=2":                   "",
		"$[\"items\"][1].id=2":           "",
		`items[1]["a.b"].c=x=y`:          "",
		"items[0].tags=[]":               "",
		`items[0]={"tags": [], "id": 1}`: "",
		"é=ü":                            "",
		"#=1":                            "",
		"*=2":                            "",
		"@this=3":                        "",
		`["@this"]=3`:                    "",
		"status=down":                    `status is "ok", where "down" is expected`,
		"status=5":                       `status is "ok", where 5 is expected`,
		"n=6":                            "n is 5, where 6 is expected",
		"n=five":                         `n is 5, where "five" is expected`,
		"five=5":                         `five is "5", where 5 is expected`,
		"big=9007199254740992":           "big is 9007199254740993, where 9007199254740992 is expected",
		"yes=false":                      "yes is true, where false is expected",
		"yes=yes":                        `yes is true, where "yes" is expected`,
		"none=":                          `none is null, where "" is expected`,
		"nothing=null":                   "nothing is missing, where null is expected",
		"items[2].id=1":                  "items[2].id is missing, where 1 is expected",
		"$.items.id=1":                   "$.items.id is missing, where 1 is expected",
		"items=[]":                       `items is [{"id":1,"tags":[]},{"id":2,"a.b":{"c":"x=y"}}], where [] is expected`,
		"a?b=1":                          "a?b is missing, where 1 is expected",
		"long=b":                         `long is "` + strings.Repeat("a", 59) + `…, where "b" is expected`,
	} {
		if got := say(compile(t, scenarios.Checks{JSON: []string{condition}}).Body([]byte(body))); got != "" && got != "json: "+want || got == "" && want != "" {
			t.Errorf("%q: %s, want %s", condition, got, want)
		}
	}
	for condition, body := range map[string]string{"$=5": " 5\n", `$="a"`: `"a"`, "$=[]": "[ ]", "$[1]=2": "[1,2]"} {
		if got := say(compile(t, scenarios.Checks{JSON: []string{condition}}).Body([]byte(body))); got != "" {
			t.Errorf("%q on %s: %s", condition, body, got)
		}
	}
	for body, want := range map[string]string{
		"":                                   "json: a body that is no JSON: it is empty",
		"<html>":                             `json: a body that is no JSON: it is "<html>"`,
		`{"a":1`:                             `json: a body that is no JSON: it is "{\"a\":1"`,
		`{"a":1} ` + strings.Repeat("x", 90): `json: a body that is no JSON: it begins with "{\"a\":1} ` + strings.Repeat("x", 52) + `"`,
	} {
		if got := say(compile(t, scenarios.Checks{JSON: []string{"a=1"}}).Body([]byte(body))); got != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	s := compile(t, scenarios.Checks{Patterns: []string{"^a+", "(?i)END$"}, JSON: nil})
	for body, want := range map[string]string{
		"aa end": "",
		"b end":  `regex: a body that does not match "^a+": it is "b end"`,
		"aa":     `regex: a body that does not match "(?i)END$": it is "aa"`,
		"":       `regex: a body that does not match "^a+": it is empty`,
	} {
		if got := say(s.Body([]byte(body))); got != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
	if f := s.TooLarge(); f.Cause != results.CausePattern || !strings.Contains(f.Detail, "more than 4 MiB") {
		t.Error(say(f))
	}
}

// Conditions that flows have: values of any kind, texts, and expressions of header fields.
func TestConditionsOfFlows(t *testing.T) {
	t.Parallel()
	s := compile(t, scenarios.Checks{
		Present: []string{"$.a[1].b", "c"}, Contains: []string{`"c"`, "\xff"}, HeaderPatterns: []scenarios.Header{{Name: "X-Kind", Value: "^a.c$"}},
	})
	for body, want := range map[string]string{
		`{"a":[0,{"b":null}],"c":0,"d":"` + "\xff" + `"}`: "",
		`{"a":[0],"c":0}`:             "json: $.a[1].b is missing",
		`{"a":[0,{"b":1}]}`:           "json: c is missing",
		`{"a":[0,{"b":1}],"c":false}`: `regex: a body without the text "\xff": it is`,
	} {
		if got := say(s.Body([]byte(body))); got != want && (want == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
	for head, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nX-Kind: b\r\nx-kind: abc\r\n\r\n": "",
		"HTTP/1.1 200 OK\r\nX-Kind: abcd\r\n\r\n":             `header: the header X-Kind is "abcd", which does not match "^a.c$"`,
		"HTTP/1.1 200 OK\r\n\r\n":                             "header: the header X-Kind is missing",
	} {
		if got := say(s.Head([]byte(head))); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
	for _, path := range []string{"", "a=b", "a..b", "$a", "["} {
		if _, err := ParsePath(path); err == nil || !strings.Contains(err.Error(), "write a path such as $.items[0].id") {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// Each condition that cannot be read is named, with the form to write.
func TestRefused(t *testing.T) {
	t.Parallel()
	bad := map[string]string{
		"":        "there is no = behind the path",
		"a":       "there is no = behind the path",
		"a.b":     "there is no = behind the path",
		"$":       "there is no = behind the path",
		"=5":      "a name is missing in the path",
		".a=5":    "a name is missing in the path",
		"a..b=5":  "a name is missing in the path",
		"a.=5":    "a name is missing in the path",
		"$a=5":    "a dot or a bracket is missing before \"a=5\"",
		"a[0]b=5": "a dot or a bracket is missing before \"b=5\"",
		"a[x]=5":  "no number in brackets stands at \"[x]=5\"",
		"a[-1]=5": "no number in brackets stands at",
		"a[0=5":   "no number in brackets stands at",
		"a[]=5":   "no number in brackets stands at",
		"a]=5":    "a dot or a bracket is missing before",
		`a["]=5`:  "no name in quotes and brackets stands at",
		`a[""]=5`: "no name in quotes and brackets stands at",
		`a["b"=5`: "no name in quotes and brackets stands at",
	}
	for condition, want := range bad {
		_, err := Compile(&scenarios.Checks{JSON: []string{condition}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write PATH=VALUE") {
			t.Errorf("%q: %v, want %s", condition, err, want)
		}
	}
	_, err := Compile(&scenarios.Checks{JSON: []string{"a"}, Patterns: []string{"("}, Headers: []string{" "}})
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), `"(" is no regular expression: missing closing )`) {
		t.Errorf("%v, want three problems", err)
	}
}

// A path of any names and numbers finds the value that stands there, and no other.
func TestPathsFindTheirValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var document any = "here"
		var path strings.Builder
		path.WriteByte('$')
		for range rapid.IntRange(0, 4).Draw(t, "depth") {
			if rapid.Bool().Draw(t, "list") {
				n := rapid.IntRange(0, 3).Draw(t, "number")
				list := slices.Repeat([]any{"elsewhere"}, n+2)
				list[n] = document
				document = list
				continue
			}
			name := rapid.StringN(1, 6, -1).Draw(t, "name")
			document = map[string]any{name: document, name + "x": "elsewhere"}
		}
		for at := document; ; {
			switch inner := at.(type) {
			case []any:
				n := slices.IndexFunc(inner, func(v any) bool { return v != "elsewhere" })
				path.WriteString("[" + string(rune('0'+n)) + "]")
				at = inner[n]
				continue
			case map[string]any:
				for name, v := range inner {
					if v != "elsewhere" {
						path.WriteString("[" + quoted(t, name) + "]")
						at = v
					}
				}
				continue
			}
			break
		}
		body, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Compile(&scenarios.Checks{JSON: []string{path.String() + "=here"}})
		if err != nil {
			t.Fatal(err)
		}
		if f := s.Body(body); f != nil {
			t.Fatalf("%s in %s: %s", path.String(), body, f.Detail)
		}
	})
}

// quoted returns the name between quotes, as paths have it.
func quoted(t *rapid.T, name string) string {
	text, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Any text is refused with the form to write, or judges any body without a panic.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{"a=1", `$["a.b"][0].c=x`, "a..b=", "[=", `$["\u00e9"]=1`, "a|b=1", "a.#(b==1)=2", "@pretty=1"} {
		f.Add(text, []byte(`{"a":[{"b":1}]}`))
	}
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		s, err := Compile(&scenarios.Checks{JSON: []string{text}})
		if err != nil {
			if !strings.Contains(err.Error(), "write PATH=VALUE") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if failure := s.Body(body); failure != nil && (failure.Cause != results.CauseJSON || failure.Detail == "") {
			t.Errorf("%q on %q: %+v", text, body, failure)
		}
	})
}
