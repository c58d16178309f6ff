package results_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

func TestRedacted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://127.0.0.1:80/a@b":                         "http://127.0.0.1:80/a@b",
		"http://user:s3cret@127.0.0.1:99999/":             "http://xxxxx@127.0.0.1:99999/",
		"https://u:p@ss@host/?q=x@y":                      "https://xxxxx@host/?q=x@y",
		"joust load http://u:p@a -H x --proxy http://v@b": "joust load http://xxxxx@a -H x --proxy http://v@b",
		"user:s3cret@host:99/":                            "xxxxx@host:99/",
		"-H Authorization: Basic x@y":                     "-H Authorization: Basic x@y",
		"mail@example.com":                                "mail@example.com",
	} {
		if got := results.Redacted(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
