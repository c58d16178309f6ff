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

func TestRedactedCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"joust", "load", "http://u:p@h/", "-n", "1"}, "joust load http://xxxxx@h/ -n 1"},
		{[]string{"joust", "load", "--proxy", "http://u:p@h:1", "--proxy=http://u:p@h:1"}, "joust load --proxy http://xxxxx@h:1 --proxy=http://xxxxx@h:1"},
		{[]string{"-H", "Authorization: Basic dTpw", "-H", "Accept: a/b"}, "-H Authorization: xxxxx -H Accept: a/b"},
		{[]string{"--header=proxy-authorization:Bearer s3cret", "-Hcookie: id=s3cret"}, "--header=proxy-authorization: xxxxx -Hcookie: xxxxx"},
		{[]string{"-A", "u:p", "-Au:p", "--basic-auth", "u:p", "--basic-auth=u:p", "--cookie", "id=s3cret", "--cookie=id=s3cret"},
			"-A xxxxx -Axxxxx --basic-auth xxxxx --basic-auth=xxxxx --cookie xxxxx --cookie=xxxxx"},
		{[]string{"joust", "run", "-c", "5", "--servers", "a,b"}, "joust run -c 5 --servers a,b"},
	} {
		if got := results.RedactedCommand(c.args); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
}
