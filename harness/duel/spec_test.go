package duel_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/duel"
)

func TestSpecsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]duel.Spec{
		"nethttp":                               {Server: "nethttp"},
		"nethttp@HEAD~3":                        {Server: "nethttp", Revision: "HEAD~3"},
		"nethttp@origin/main,env.GOGC=400":      {Server: "nethttp", Revision: "origin/main", Env: map[string]string{"GOGC": "400"}},
		"nginx,arg=-g,arg=a\\,b;,env.A=x=y":     {Server: "nginx", Args: []string{"-g", "a,b;"}, Env: map[string]string{"A": "x=y"}},
		`nethttp,bin=./old,env.EMPTY=,arg=a\b`:  {Server: "nethttp", Program: "./old", Env: map[string]string{"EMPTY": ""}, Args: []string{`a\b`}},
		"nethttp,with.gogc=off":                 {Server: "nethttp", With: map[string]string{"gogc": "off"}},
		"nethttp,isolation=container":           {Server: "nethttp", Isolation: "container"},
		"nethttp@v1.2.3,arg=--listen={{.Port}}": {Server: "nethttp", Revision: "v1.2.3", Args: []string{"--listen={{.Port}}"}},
	} {
		want.Text = text
		if want.Env == nil {
			want.Env = map[string]string{}
		}
		if want.With == nil {
			want.With = map[string]string{}
		}
		got, err := duel.ParseSpec(text)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", text, err, d)
		}
	}
	for text, says := range map[string]string{
		"":                 "it names no server",
		"@HEAD":            "it names no server",
		"nethttp@":         "there is no revision behind the @",
		"nethttp@-x":       "is no git revision",
		"nethttp,GOGC":     `"GOGC" is no KEY=VALUE`,
		"nethttp,ar=--x":   `unknown key "ar", did you mean "arg"?`,
		"nethttp,env.=x":   "unknown key",
		"nethttp,with.=x":  "unknown key",
		"x,isolation=jail": `unknown isolation "jail": it is process or container`,
		"nethttp,bin=":     "bin needs the path of a program",
		"nethttp,x=1,y=2":  `unknown key "y"`,
		"nethttp,env.A=1,": "is no KEY=VALUE",
	} {
		if s, err := duel.ParseSpec(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v, want %q", text, s, err, says)
		}
	}
}

func TestSpecsChangeAManifest(t *testing.T) {
	t.Parallel()
	m := catalog.Manifest{Name: "x", Command: []string{"x", "-q"}, Args: []string{"--listen"}, Env: map[string]string{"A": "1", "B": "1"}}
	s, err := duel.ParseSpec("x,arg=--fast,env.B=2,bin=/opt/x")
	if err != nil {
		t.Fatal(err)
	}
	got, binary, err := s.Apply(m)
	want := catalog.Manifest{Name: "x", Command: []string{"/opt/x", "-q"}, Args: []string{"--listen", "--fast"}, Env: map[string]string{"A": "1", "B": "2"}}
	if d := cmp.Diff(want, got); err != nil || d != "" || binary != "" {
		t.Errorf("%v, program %q\n%s", err, binary, d)
	}
	if m.Env["B"] != "1" || len(m.Args) != 1 || m.Command[0] != "x" {
		t.Errorf("the manifest itself has changed: %+v", m)
	}
	if _, binary, err := s.Apply(catalog.Manifest{Name: "y", Go: "."}); err != nil || binary != filepath.FromSlash("/opt/x") {
		t.Errorf("a Go server: program %q, %v", binary, err)
	}
	m.Parameters, m.Params = map[string]catalog.Parameter{"gogc": {Default: "100"}}, map[string]string{"gogc": "100"}
	for text, says := range map[string]string{"x,with.gogc=off": "", "x,with.gocg=off": `unknown parameter "gocg", did you mean "gogc"?`} {
		s, err := duel.ParseSpec(text)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := s.Apply(m)
		if says == "" && (err != nil || got.Params["gogc"] != "off" || m.Params["gogc"] != "100") || says != "" && (err == nil || err.Error() != says) {
			t.Errorf("%s: %v, %v", text, got.Params, err)
		}
	}
	if _, _, err := s.Apply(catalog.Manifest{Name: "z", URL: "http://127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), "nothing can be changed about it") {
		t.Errorf("a server that runs already: %v", err)
	}
}
