package journal

import (
	"errors"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

func FuzzReadTrials(f *testing.F) {
	f.Add("")
	f.Add("{\"index\":1}\n{\"index\":2")
	f.Add("{\"index\":1}\n\x00\x00\n")
	f.Add("\n\n")
	f.Add("null\n")
	f.Add("{\"loaders\":[{\"connect\":{\"hdr_v2\":\"HISTF\"}}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, outline := range []bool{false, true} {
			trials := 0
			count := func(results.Trial) bool { trials++; return true }
			whole, err := walkLines(strings.NewReader(text), outline, count)
			if err != nil {
				continue
			}
			if whole < 0 || whole > int64(len(text)) || (whole > 0 && text[whole-1] != '\n') {
				t.Fatalf("the whole lines end at byte %d of %q", whole, text)
			}
			// The whole lines alone read the same.
			before := trials
			again, err := walkLines(strings.NewReader(text[:whole]), outline, count)
			if err != nil || again != whole || trials != 2*before {
				t.Fatalf("after the cut: %d trials to byte %d, %v; before it %d to %d", trials-before, again, err, before, whole)
			}
		}
	})
}

func FuzzDecodeRun(f *testing.F) {
	f.Add([]byte(`{"schema":1,"id":"x"}`))
	f.Add([]byte(`{"schema":9}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		run, err := decodeRun(b)
		if err == nil && run.Schema != results.Schema {
			t.Fatalf("accepted schema %d", run.Schema)
		}
		if err != nil && !errors.Is(err, ErrForeign) && !errors.Is(err, ErrSchema) {
			t.Fatalf("an error without a kind: %v", err)
		}
	})
}
