package loaders_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
)

func TestParseThink(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for text, want := range map[string]loaders.Think{
		"1s":              {From: s, To: s},
		" 250ms ":         {From: s / 4, To: s / 4},
		"0.25":            {From: s / 4, To: s / 4},
		"1±50%":           {From: s / 2, To: 3 * s / 2},
		"exp 1":           {From: s, To: s, Exponential: true},
		"uniform 0.5..5":  {From: s / 2, To: 5 * s},
		"1s±50%":          {From: s / 2, To: 3 * s / 2},
		"1s ± 100%":       {To: 2 * s},
		"exp 1s":          {From: s, To: s, Exponential: true},
		"uniform 1s..5s":  {From: s, To: 5 * s},
		"uniform  0s..5s": {To: 5 * s},
	} {
		if got, err := loaders.ParseThink(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"": `"" is no duration: write 1s`, "0": "must be above 0", "0s": "must be above 0", "-1s": "must be above 0", "exp -1s": "must be above 0",
		"1s±150%": "from 0% to 100%", "1s±50": "from 0% to 100%", "uniform 1s": `"" is no duration`, "uniform 5s..1s": "must rise", "exp": `"exp" is no duration`, "exp 1s±5%": "from 0% to 100%",
		"pareto 1s": "write 1s, 1s±50%, exp 1s or uniform 1s..5s",
	} {
		if got, err := loaders.ParseThink(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %+v, %v, want %q", text, got, err, says)
		}
	}
}

// The draws of a law have its mean, keep its bounds and follow their seed. The
// bounds of the mean are five standard deviations; the seed is fixed.
func TestThinkDraws(t *testing.T) {
	t.Parallel()
	const n, mean = 100_000, float64(time.Second)
	for text, deviation := range map[string]float64{"1s": 0, "1s±50%": 0.5 / math.Sqrt(3), "uniform 0s..2s": 1 / math.Sqrt(3), "exp 1s": 1} {
		law, err := loaders.ParseThink(text)
		if err != nil {
			t.Fatal(err)
		}
		r, again := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
		sum := 0.0
		for range n {
			d := law.Draw(r)
			if d != law.Draw(again) {
				t.Fatalf("%s: the same seed drew another time", text)
			}
			if d < 0 || !law.Exponential && (d < law.From || d > law.To) {
				t.Fatalf("%s drew %v", text, d)
			}
			sum += float64(d)
		}
		if got := sum / n; math.Abs(got-mean) > 5*deviation*mean/math.Sqrt(n) {
			t.Errorf("%s: a mean of %v", text, time.Duration(got))
		}
	}
}

// A law that is read is written as it can be read again, in JSON too.
func FuzzParseThink(f *testing.F) {
	for _, text := range []string{"1s", "1s±50%", "exp 1s", "uniform 1s..5s", "", "uniform ..", "±%", "1s±NaN%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		law, err := loaders.ParseThink(text)
		if err != nil {
			return
		}
		if again, err := loaders.ParseThink(law.String()); err != nil || again != law {
			t.Errorf("%q is %+v, written %q and read as %+v, %v", text, law, law, again, err)
		}
		line, err := json.Marshal(law)
		var back loaders.Think
		if err != nil || json.Unmarshal(line, &back) != nil || back != law {
			t.Errorf("%q: %s was read as %+v, %v", text, line, back, err)
		}
	})
}
