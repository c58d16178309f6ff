package loaders

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The parameters and defaults are those of pywrkr's traffic profiles.
func TestParseProfile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Profile
		// written is the canonical form, empty where it is the text.
		written string
	}{
		{"sine", Profile{Kind: Sine, Cycles: 2, Min: 0.1}, "sine:cycles=2,min=0.1"},
		{"sine:cycles=3,min=0.2", Profile{Kind: Sine, Cycles: 3, Min: 0.2}, ""},
		{" SINE : min_factor = 0 ", Profile{Kind: Sine, Cycles: 2}, "sine:cycles=2,min=0"},
		{"step:levels=100,500,1k", Profile{Kind: Step, Levels: []float64{100, 500, 1000}}, "step:levels=100,500,1000"},
		{"step:100,0", Profile{Kind: Step, Levels: []float64{100, 0}}, "step:levels=100,0"},
		{"sawtooth", Profile{Kind: Sawtooth, Cycles: 3, Min: 0.1}, "sawtooth:cycles=3,min=0.1"},
		{"square:cycles=1.5", Profile{Kind: Square, Cycles: 1.5, Low: 0.2}, "square:cycles=1.5,low=0.2"},
		{"spike", Profile{Kind: SpikeKind, Every: 10 * time.Second, Spike: 2 * time.Second, Multiplier: 5, Baseline: 0.2}, "spike:interval=10,spike_dur=2,multiplier=5,baseline=0.2"},
		{"spike:interval=1m,spike_dur=0.5", Profile{Kind: SpikeKind, Every: time.Minute, Spike: 500 * time.Millisecond, Multiplier: 5, Baseline: 0.2}, "spike:interval=60,spike_dur=0.5,multiplier=5,baseline=0.2"},
		{"business-hours", Profile{Kind: BusinessHours}, ""},
		{"csv:a,b=c:d.csv", Profile{Kind: CSV, File: "a,b=c:d.csv"}, ""},
	} {
		got, err := ParseProfile(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", c.text, diff)
		}
		written := c.written
		if written == "" {
			written = c.text
		}
		if got.String() != written {
			t.Errorf("%q is written %q, want %q", c.text, got.String(), written)
		}
		if again, err := ParseProfile(got.String()); err != nil || cmp.Diff(got, again) != "" {
			t.Errorf("%q is read as %+v, %v", got.String(), again, err)
		}
	}
}

func TestProfilesRefused(t *testing.T) {
	t.Parallel()
	for text, wants := range map[string][]string{
		"":                              {`no profile is called ""`, "business-hours"},
		"cosine:cycles=2":               {`no profile is called "cosine"`},
		"sine:cycle=2":                  {`sine has no parameter "cycle": it has cycles and min`},
		"sine:cycle=2,max=1":            {`no parameter "cycle"`, `no parameter "max"`},
		"sine:cycles":                   {"cycles has no value: write cycles=2"},
		"sine:cycles=":                  {`cycles: "" is no number`},
		"sine:cycles=2,cycles=3":        {"cycles is given twice"},
		"sine:min=0.1,min_factor=0.2":   {"min is given twice"},
		"sine:cycles=0":                 {"cycles 0: must be above 0"},
		"sine:cycles=-1":                {"cycles -1: must be above 0"},
		"sine:cycles=NaN":               {`"NaN" is no number`},
		"sine:min=1.1":                  {"min 1.1: must be from 0 to 1"},
		"sine:,":                        {`sine has no parameter ""`},
		"sawtooth:low=0.1":              {`sawtooth has no parameter "low": it has cycles and min`},
		"square:low=-0.1":               {"low -0.1: must be from 0 to 1"},
		"spike:interval=0":              {"interval 0: must be above 0"},
		"spike:interval=soon":           {`interval: "soon" is no duration`},
		"spike:multiplier=-1":           {"multiplier -1: must be from 0"},
		"spike:multiplier=0,baseline=0": {"its rate is always 0"},
		"business-hours:cycles=2":       {"business-hours has no parameters"},
		"step":                          {"it has no levels: write step:levels=100,500,1000"},
		"step:levels=":                  {"it has no levels"},
		"step:levels=100,,200":          {`level 2: "" is no number`},
		"step:levels=100,":              {`level 2: "" is no number`},
		"step:levels=100,-5":            {"level 2 is -5 req/s: must not be negative"},
		"step:levels=0,0":               {"its rate is always 0"},
		"step:rates=1":                  {`step has no parameter "rates"`},
		"csv":                           {"it names no file: write csv:FILE"},
		"csv: ":                         {"it names no file"},
	} {
		_, err := ParseProfile(text)
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
	}
}

func TestParseProfilePoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		want   []ProfilePoint
		shares bool
	}{
		{"time_sec,rate\n0,100\n30,500\n", []ProfilePoint{{0, 100}, {30 * time.Second, 500}}, false},
		{"\ufefftime_sec,RPS\r\n1.5, 2k\r\n", []ProfilePoint{{1500 * time.Millisecond, 2000}}, false},
		{"time_sec,multiplier\n0,0\n0,0.5\n", []ProfilePoint{{0, 0}, {0, 0.5}}, true},
		{"t,factor\n5,1", []ProfilePoint{{5 * time.Second, 1}}, true},
		{"0,100\n\n10,200\n", []ProfilePoint{{0, 100}, {10 * time.Second, 200}}, false},
		{"\"0\",\"100\"\n", []ProfilePoint{{0, 100}}, false},
	} {
		got, shares, err := ParseProfilePoints([]byte(c.text))
		if diff := cmp.Diff(c.want, got); err != nil || shares != c.shares || diff != "" {
			t.Errorf("%q: shares %v, %v (-want +got)\n%s", c.text, shares, err, diff)
		}
	}
}

func TestProfilePointsRefused(t *testing.T) {
	t.Parallel()
	for text, wants := range map[string][]string{
		"":                                           {"it has no points: write time_sec,rate"},
		"time_sec,rate\n":                            {"it has no points"},
		"rate,time_sec\n0,1\n":                       {`line 1: the head "rate,time_sec" says neither rate nor multiplier`},
		"time_sec\n0\n":                              {"line 1: the head"},
		"time_sec,rate\n0,100\n10\n20,200\n":         {"line 3: 1 column: two are needed"},
		"time_sec,rate\n0,100\n10,\n,200\n":          {"line 3: it has no rate", "line 4: it has no time"},
		"time_sec,rate\n0,100,5\n":                   {"line 2: 3 columns: two are needed"},
		"time_sec,rate\n10,100\n\n5,100\n":           {"line 4: time 5 s: it goes back, behind 10 s"},
		"time_sec,rate\n0,-1\n":                      {"line 2: rate -1: must not be negative"},
		"time_sec,rate\n-1,1\n":                      {"line 2: time -1 s: must be from 0"},
		"time_sec,rate\n1e12,1\n":                    {"line 2: time 1e+12 s: must be from 0"},
		"time_sec,rate\n0,NaN\nx,1\n":                {`line 2: rate: "NaN" is no number`, `line 3: time: "x" is no number`},
		"time_sec,rate\n0,\"1\n":                     {"line 2"},
		strings.Repeat("0,1\n", MostProfilePoints+1): {"line 100001: a profile has 100000 points at most"},
	} {
		_, _, err := ParseProfilePoints([]byte(text))
		if err == nil {
			t.Errorf("%.60q is taken", text)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.60q: %v, want %q", text, err, want)
			}
		}
	}
	_, _, err := ParseProfilePoints([]byte(strings.Repeat("x,1\ny,2\n", 50)))
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a head that is none: %v", err)
	}
	if _, _, err = ParseProfilePoints([]byte("0,1\n" + strings.Repeat("y,2\n", 50))); err == nil || strings.Count(err.Error(), "line ") != 10 {
		t.Errorf("50 wrong lines: %v, want the first ten of them", err)
	}
}

// A profile is data: a loader that reads it from JSON needs no file.
func TestProfileInJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"sine:min=0", "step:1,2", "sawtooth", "square", "spike", "business-hours", "csv:f.csv"} {
		p, err := ParseProfile(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.Kind == CSV {
			p.Points, p.Shares = []ProfilePoint{{0, 1}, {time.Second, 0}}, true
		}
		written, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var got Profile
		if err := json.Unmarshal(written, &got); err != nil || cmp.Diff(p, got) != "" {
			t.Errorf("%s: %v\n%s", written, err, cmp.Diff(p, got))
		}
	}
}

// Whatever the text: it is refused, or a profile that is valid and can be written.
func FuzzParseProfile(f *testing.F) {
	for _, text := range []string{"sine", "sine:cycles=3,min=0.2", "step:levels=1,2", "step:1k", "spike:interval=10s", "square:low=1e-9", "csv:x", "business-hours"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProfile(text)
		if err != nil || p.Kind == CSV {
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if again, err := ParseProfile(p.String()); err != nil || cmp.Diff(p, again) != "" {
			t.Fatalf("%q is written %q, which is read as %+v, %v", text, p.String(), again, err)
		}
	})
}

// Whatever the file: it is refused, or its points are in order.
func FuzzParseProfilePoints(f *testing.F) {
	for _, text := range []string{"time_sec,rate\n0,100\n30,500\n", "time_sec,multiplier\r\n0,0.5\n", "0,1\n0,2", "\ufeff1,\"2\"\n", "a,b\n", "0\n", "\n\n1,1"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		points, shares, err := ParseProfilePoints(text)
		if err != nil {
			return
		}
		p := Profile{Kind: CSV, File: "f", Points: points, Shares: shares}
		if err := p.Validate(); err != nil && !strings.Contains(err.Error(), "always 0") {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
