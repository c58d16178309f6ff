package surroundings_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/surroundings"
)

// own looks a variable up in an environment of variables that must not reach a
// server.
func own(name string) (string, bool) {
	value, found := map[string]string{
		"PATH": "/bin:/opt/bin", "HOME": "/nowhere", "TMPDIR": "/elsewhere", "LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "USER": "me",
		"GOGC": "off", "GODEBUG": "gctrace=1", "GOMAXPROCS": "1", "GOMEMLIMIT": "10MiB", "NODE_OPTIONS": "--jitless",
		"PYTHONHOME": "/py", "LD_PRELOAD": "/lib/x.so", "MALLOC_ARENA_MAX": "1", "JAVA_TOOL_OPTIONS": "-Xint", "http_proxy": "http://proxy",
		"EMPTY": "",
	}[name]
	return value, found
}

func TestStatedEnvironment(t *testing.T) {
	t.Parallel()
	want := map[string]string{"PATH": "/bin:/opt/bin", "HOME": "/nowhere", "TMPDIR": "/tmp/server", "LANG": "C.UTF-8", "TZ": "UTC"}
	if d := cmp.Diff(want, surroundings.ForProcess(own, "/tmp/server")); d != "" {
		t.Errorf("of a process (-want +got):\n%s", d)
	}
	want = map[string]string{"TMPDIR": "/t", "LANG": "C.UTF-8", "TZ": "UTC"}
	if d := cmp.Diff(want, surroundings.ForProcess(func(string) (string, bool) { return "", false }, "/t")); d != "" {
		t.Errorf("where joust has none (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"LANG": "C.UTF-8", "TZ": "UTC"}, surroundings.ForContainer()); d != "" {
		t.Errorf("of a container (-want +got):\n%s", d)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	base := map[string]string{"LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/bin"}
	manifest := map[string]string{"TZ": "CET", "GOGC": "100", "PORT": "1"}
	user := map[string]string{"GOGC": "off", "EMPTY": ""}
	for _, c := range []struct {
		name   string
		layers []map[string]string
		want   []string
	}{
		{"nothing", nil, []string{}},
		{"base", []map[string]string{base}, []string{"LANG=C.UTF-8", "PATH=/bin", "TZ=UTC"}},
		{"manifest over base", []map[string]string{base, manifest}, []string{"GOGC=100", "LANG=C.UTF-8", "PATH=/bin", "PORT=1", "TZ=CET"}},
		{"user over both", []map[string]string{base, manifest, user}, []string{"EMPTY=", "GOGC=off", "LANG=C.UTF-8", "PATH=/bin", "PORT=1", "TZ=CET"}},
		{"none in between", []map[string]string{base, nil, user}, []string{"EMPTY=", "GOGC=off", "LANG=C.UTF-8", "PATH=/bin", "TZ=UTC"}},
	} {
		if d := cmp.Diff(c.want, surroundings.Pairs(surroundings.Merge(c.layers...))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	if len(base) != 3 || len(manifest) != 3 {
		t.Errorf("Merge changed a layer: %v, %v", base, manifest)
	}
	if got := surroundings.FromPairs([]string{"A=1", "B=x=y", "A=2", "C="}); !cmp.Equal(got, map[string]string{"A": "2", "B": "x=y", "C": ""}) {
		t.Errorf("FromPairs: %v", got)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		texts []string
		want  map[string]string
		wrong string
	}{
		{nil, map[string]string{}, ""},
		{[]string{"A=1", "B=x=y, z", "C=", "GOGC", "EMPTY", "d.e=f"}, map[string]string{"A": "1", "B": "x=y, z", "C": "", "GOGC": "off", "EMPTY": "", "d.e": "f"}, ""},
		{[]string{"NOWHERE"}, map[string]string{}, `"NOWHERE" is no NAME=VALUE, and joust's own environment has no NOWHERE to pass on; write NOWHERE=VALUE`},
		{[]string{"=x"}, map[string]string{}, `"=x": "" cannot be the name of a variable; write NAME=VALUE, such as GOGC=off`},
		{[]string{""}, map[string]string{}, `"": "" cannot be the name of a variable; write NAME=VALUE, such as GOGC=off`},
		{[]string{"GOGC off"}, map[string]string{}, `"GOGC off": "GOGC off" cannot be the name of a variable; write NAME=VALUE, such as GOGC=off`},
		{[]string{"A=\x00"}, map[string]string{}, `"A=\x00": the value of A holds a zero byte; write NAME=VALUE, such as GOGC=off`},
		{[]string{"A=1", "A=2", "B="}, map[string]string{"A": "1", "B": ""}, "A is given twice"},
	} {
		got, errs := surroundings.Parse(c.texts, own)
		wrong := ""
		if err := errors.Join(errs...); err != nil {
			wrong = err.Error()
		}
		if wrong != c.wrong || !cmp.Equal(got, c.want) {
			t.Errorf("%q: got %v and %q, want %v and %q", c.texts, got, wrong, c.want, c.wrong)
		}
	}
}
