package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestAttach(t *testing.T) {
	t.Parallel()
	s := &Servers{}
	for _, name := range []string{"mine", "a.b"} {
		if err := s.Attach(table(t), name, "http://localhost:8080/"); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a.b", "mine"}; !slices.Equal(s.Names(), want) {
		t.Errorf("names %v, want %v", s.Names(), want)
	}
	m := mustFind(t, s, "mine")
	if m.URL != "http://localhost:8080/" || m.StartTimeout <= 0 || !slices.Contains(m.Scenarios, "hello") || Available(m) != nil {
		t.Errorf("%+v", m)
	}
	for address, says := range map[string]string{
		"":                     "is not the address of a server",
		"127.0.0.1:8080":       "is not the address of a server",
		"http://":              "is not the address of a server",
		"ftp://127.0.0.1":      "is not the address of a server",
		"https://127.0.0.1":    "speaks TLS",
		"http://h/api":         "more than http://HOST:PORT",
		"http://h?x=1":         "more than http://HOST:PORT",
		"http://user@h":        "more than http://HOST:PORT",
		"http://h:80/#section": "more than http://HOST:PORT",
	} {
		if err := s.Attach(table(t), "other", address); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, want one that says %q", address, err, says)
		}
	}
	if err := s.Attach(table(t), "mine", "http://h"); err == nil || !strings.Contains(err.Error(), "there is a server mine already") {
		t.Errorf("error %v", err)
	}
}
