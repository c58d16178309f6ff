package scenarios_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/scenarios"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	rows := scenarios.Rows{
		{Name: "hello", Family: "core", Headline: true}, {Name: "json", Family: "core", Headline: true},
		{Name: "gzip_response", Family: "h1", Headline: true}, {Name: "etag_304", Family: "h1"},
		{Name: "httparena_json", Family: "httparena"},
	}
	for words, want := range map[string]string{
		"all":                        "hello json gzip_response etag_304 httparena_json",
		"json hello":                 "json hello",
		"json core":                  "json hello",
		"headline -core":             "gzip_response",
		"*json* -httparena":          "json",
		"-httparena_* -etag_304":     "hello json gzip_response",
		"!h1 core":                   "hello json",
		"h1 -h1":                     "",
		"jsn":                        `: unknown scenario "jsn", did you mean "json"?`,
		"coer -etag_30 x*":           `: unknown scenario "coer", did you mean "core"? | unknown scenario "etag_30", did you mean "etag_304"? | no scenario matches x*; joust list scenarios shows all`,
		"gzip_response gzip_respons": `gzip_response: unknown scenario "gzip_respons", did you mean "gzip_response"?`,
	} {
		list, err := rows.Select(strings.Fields(words)...)
		var names []string
		for _, row := range list {
			names = append(names, row.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got += ": " + strings.ReplaceAll(err.Error(), "\n", " | ")
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", words, got, want)
		}
	}
}
