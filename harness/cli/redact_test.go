package cli

import (
	"bytes"
	"strings"
	"testing"
)

// A URL's password is not printed, wherever the URL stands.
func TestNoErrorPrintsAPassword(t *testing.T) {
	t.Parallel()
	const url = "http://user:s3cret@127.0.0.1:9/"
	for _, args := range [][]string{
		{"load", url, "--timeout", "x"}, {"load", url, url}, {"load", url[:len(url)-2] + "99999/"},
		{"load", "http://127.0.0.1:9/", "--proxy", url + "x"}, {"load", "http://127.0.0.1:9/", "--hgrm", url},
		{"load", "http://127.0.0.1:9/", "--unix", url}, {"load", "http://127.0.0.1:9/", "--body-file", url},
		{"run", "--url", url}, {"run", "--url", "mine=" + url}, {"run", url}, {"run", "--servers", url}, {"run", "--resume", url},
		{"check", url}, {"check", "--url", "mine=" + url}, {"serve", url}, {"duel", "--a", url, "--b", url}, {"agree", url},
		{"list", url}, {"report", url}, {"compare", url, url}, {"doctor", url}, {"certify", url}, {"calibrate", url}, {url}, {"help", url},
	} {
		var out, errs bytes.Buffer
		if code := Run(args, strings.NewReader(""), &out, &errs); code == ExitOK || errs.Len() == 0 {
			t.Errorf("%q: exit code %d, %q", args, code, errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "s3cret") {
			t.Errorf("%q prints the password: %s%s", args, out.String(), errs.String())
		}
	}
}
