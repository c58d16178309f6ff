package results_test

import (
	"strings"
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

func TestRedactedArgs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"load http://u:p@h/ -c 5":                       "load http://xxxxx@h/ -c 5",
		"load -A u:p http://h/":                         "load -A xxxxx http://h/",
		"load -Au:p --basic-auth u:p --basic-auth=u:p=": "load -Axxxxx --basic-auth xxxxx --basic-auth=xxxxx",
		"load --cookie a=b --cookie=a=b":                "load --cookie xxxxx --cookie=xxxxx",
		"-H|Authorization: Bearer t|-H|Accept: a":       "-H|Authorization: xxxxx|-H|Accept: a",
		"-Hcookie:a=b|--header=proxy-authorization: x":  "-Hcookie: xxxxx|--header=proxy-authorization: xxxxx",
		"--all -Anna": "--all -Axxxxx",
	} {
		sep := " "
		if strings.Contains(text, "|") {
			sep = "|"
		}
		if got := strings.Join(results.RedactedArgs(strings.Split(text, sep)), sep); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
