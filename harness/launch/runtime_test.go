package launch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/catalog"
)

func TestRuntimeMemory(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/memory":
			fmt.Fprintln(w, 12345678)
		case "/words":
			fmt.Fprint(w, "12 MB")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	address := s.Listener.Addr().String()
	if runtimeMemory(catalog.Manifest{}, address) != nil {
		t.Error("a manifest without a probe has one")
	}
	for path, says := range map[string]string{"/memory": "", "/words": `parsing "12 MB"`, "/none": "404"} {
		held, err := runtimeMemory(catalog.Manifest{RuntimeMemory: &catalog.RuntimeMemory{Path: path}}, address)(t.Context())
		switch {
		case says == "" && (err != nil || held != 12345678):
			t.Errorf("%s: %d, %v", path, held, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: error %v, want one with %q", path, err, says)
		}
	}
}
