package importing_test

import (
	"bytes"
	"testing"

	"github.com/joust-bench/joust/harness/importing"
	"github.com/joust-bench/joust/loaders/adhoc"
)

// joust load reads what was written, and asks what was found.
func TestURLFilesCanBeRead(t *testing.T) {
	t.Parallel()
	o := importing.Options{ThinkTimes: 1, PreserveHeaders: true, AssertStatus: true}
	shop, err := importing.OpenAPI(read(t, "shop.yaml"), "", o)
	if err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string]importing.Found{
		"chrome": har(t, read(t, "chrome.har"), o), "firefox": har(t, read(t, "firefox.har"), o), "safari": har(t, read(t, "safari.har"), o), "openapi": shop,
	} {
		var out bytes.Buffer
		if err := importing.WriteURLs(&out, found.Requests); err != nil {
			t.Fatal(err)
		}
		urls, err := adhoc.ParseURLs(out.String())
		if err != nil || urls.Len() != len(found.Requests) {
			t.Errorf("%s: %v\n%s", name, err, &out)
			continue
		}
		flags := adhoc.Flags{Processors: 2, Depth: 1, Timeout: 1e9, ConnectTimeout: 1e9, Drain: 1e9}
		many, err := flags.Many(urls)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, &out)
			continue
		}
		spec, err := many.Spec([][]string{{"127.0.0.1"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, r := range spec.EachRequest() {
			want := &found.Requests[i]
			if r.Method != want.Method || r.Expect.Status != want.Status || (r.Body == nil) != (want.Body == nil) || len(r.Headers) != len(want.Headers) {
				t.Errorf("%s: %+v became %+v", name, want, r)
			}
		}
	}
}
