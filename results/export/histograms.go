package export

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// distribution is the histogram of one valid phase of a trial: of corrected latency in an
// open loop, else of service time.
type distribution struct {
	name string
	// begin is the instant at which the window opened: that of the server's first answer
	// and the time from the first phase, which the loader begins right behind it.
	begin  time.Time
	length time.Duration
	*results.Histogram
}

// distributions returns the histograms of the run's measured phases, in the order of the
// journal.
func distributions(from Source) iter.Seq2[distribution, error] {
	return func(yield func(distribution, error) bool) {
		for t, err := range from.Trials {
			if err != nil {
				yield(distribution{}, fmt.Errorf("reading the trials of the run: %w", err))
				return
			}
			for _, d := range distributionsOf(&t) {
				if !yield(d, nil) {
					return
				}
			}
		}
	}
}

// distributionsOf returns the histograms of a trial; none where it does not count.
func distributionsOf(t *results.Trial) []distribution {
	if t.State != results.TrialOK || t.Kind != results.TrialMeasured || len(t.Loaders) == 0 || len(t.Loaders[0].Phases) == 0 {
		return nil
	}
	var list []distribution
	report := &t.Loaders[0]
	for i := range t.Phases {
		if !t.Phases[i].Verdict.Valid {
			continue
		}
		p := report.Phase(t.Phases[i].Name)
		if p == nil || p.Skipped != "" {
			continue
		}
		h := p.Total.Service
		if p.Loop == results.OpenLoop {
			h = p.Total.Corrected
		}
		if h == nil || h.HDRv2 == "" {
			continue
		}
		list = append(list, distribution{
			name:      strings.Join([]string{t.Server, t.Scenario, t.Protocol, p.Name}, "."),
			begin:     t.Started.Add(time.Duration(t.ReadyNS + p.T0NS - report.Phases[0].T0NS)),
			length:    time.Duration(p.WindowNS()),
			Histogram: h,
		})
	}
	return list
}

// percentileFiles returns a file a distribution, with its percentiles in milliseconds. The
// number in a name counts the trials of the cell.
func percentileFiles(from Source) ([]File, error) {
	var files []File
	counts := map[string]int{}
	for d, err := range distributions(from) {
		if err != nil {
			return files, err
		}
		counts[d.name]++
		var text bytes.Buffer
		if err := stats.Spectrum(&text, d.Histogram); err != nil {
			return files, fmt.Errorf("%s, trial %d: %w", d.name, counts[d.name], err)
		}
		files = append(files, File{fmt.Sprintf("%s.%d.hgrm", plainName(d.name), counts[d.name]), text.Bytes()})
	}
	return files, nil
}

// plainName returns a name whose letters every file system and every tag of a histogram
// log may have.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-@+%", r):
			return r
		}
		return '_'
	}, name)
}

// writeHistogramLog writes a line a distribution in the histogram log format, version 1.3.
// The histograms are those of the journal, byte for byte, in nanoseconds; the largest value
// of a line is in milliseconds, as the format has it.
func writeHistogramLog(out *bytes.Buffer, from Source) error {
	seconds := func(d time.Duration) float64 { return float64(d) / 1e9 }
	start := from.Set.Run.Started
	fmt.Fprintf(out, "#[joust run %s]\n#[Histogram log format version 1.3]\n", from.Set.Run.ID)
	fmt.Fprintf(out, "#[StartTime: %.3f (seconds since epoch), %s]\n", float64(start.UnixMilli())/1e3, start.UTC().Format(time.UnixDate))
	fmt.Fprintf(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n")
	for d, err := range distributions(from) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Tag=%s,%.3f,%.3f,%.3f,%s\n", plainName(d.name), float64(d.begin.UnixMilli())/1e3, seconds(d.length), float64(d.MaxNS)/1e6, d.HDRv2)
	}
	return nil
}
