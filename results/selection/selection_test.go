package selection_test

import (
	"testing"

	"github.com/joust-bench/joust/results/selection"
)

func TestWords(t *testing.T) {
	t.Parallel()
	type fact struct {
		matches, excludes, pattern bool
	}
	for text, want := range map[string]fact{
		"json_mix":  {matches: true},
		"all":       {matches: true},
		"httparena": {matches: true},
		"json*":     {matches: true, pattern: true},
		"json_m?x":  {matches: true, pattern: true},
		"[i-k]son*": {matches: true, pattern: true},
		"-json_mix": {matches: true, excludes: true},
		"!json*":    {matches: true, excludes: true, pattern: true},
		"json":      {},
		"core":      {},
		"*json":     {pattern: true},
		"[":         {pattern: true},
		"-":         {},
		"":          {},
	} {
		w := selection.Parse(text)
		got := fact{w.Matches("json_mix", "httparena", "headline"), w.Except, w.IsPattern()}
		if got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestOnlyExcludes(t *testing.T) {
	t.Parallel()
	words := func(texts ...string) (list []selection.Word) {
		for _, text := range texts {
			list = append(list, selection.Parse(text))
		}
		return list
	}
	if !selection.OnlyExcludes(words("-a", "!b")) || selection.OnlyExcludes(words("-a", "b")) || selection.OnlyExcludes(nil) {
		t.Error("a selection excludes only where each word does")
	}
}
