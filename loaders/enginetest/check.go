package enginetest

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

// CheckAccounts fails unless each phase accounts for every request that was
// asked in it, and describes what it counts.
func CheckAccounts(t testing.TB, report *results.Report) {
	t.Helper()
	for i := range report.Phases {
		p := &report.Phases[i]
		if sum := p.Right() + p.Failures() + p.Unanswered + p.Abandons(); sum != p.Asked {
			t.Errorf("phase %s: %d right, %d failed, %d unanswered and %d abandoned make %d, asked were %d", p.Name, p.Right(), p.Failures(), p.Unanswered, p.Abandons(), sum, p.Asked)
		}
		if (p.SurplusAnswers > 0) != (p.FirstSurplus != "") {
			t.Errorf("phase %s: %d surplus answers, the first %q", p.Name, p.SurplusAnswers, p.FirstSurplus)
		}
		if (len(p.ConnectionErrors) > 0) != (p.FirstConnectionError != "") {
			t.Errorf("phase %s: connection errors %v, the first %q", p.Name, p.ConnectionErrors, p.FirstConnectionError)
		}
		if most := int64(report.ConnectionsAsked) * p.WindowNS(); p.BackoffNS < 0 || p.BackoffNS > most {
			t.Errorf("phase %s: %d ns of back-off, where all connections together have %d", p.Name, p.BackoffNS, most)
		}
		switch {
		case p.Loop == results.ClosedLoop && (p.Unanswered > 0) != (p.UnansweredFromNS > 0):
			t.Errorf("phase %s: %d unanswered, lower bounds from %d ns", p.Name, p.Unanswered, p.UnansweredFromNS)
		case p.Loop == results.OpenLoop && p.Rate != nil && p.Rate.Censored > p.Unanswered:
			t.Errorf("phase %s: %d censored of %d unanswered", p.Name, p.Rate.Censored, p.Unanswered)
		}
	}
}

// CheckCounts fails unless the report counts, without a failure, exactly the
// requests and the connections that the server counted.
func CheckCounts(t testing.TB, server *CountingServer, report *results.Report) {
	t.Helper()
	var answered, asked uint64
	for i := range report.Phases {
		p := &report.Phases[i]
		answered, asked = answered+p.Right(), asked+p.Asked
		if n := p.Failures(); n != 0 || p.Unanswered != 0 {
			t.Errorf("phase %s: %d failed and %d unanswered: %s %v", p.Name, n, p.Unanswered, p.Total.FirstError, p.Total.Errors)
		}
		if p.SurplusAnswers != 0 || len(p.ConnectionErrors) != 0 || p.BackoffNS != 0 {
			t.Errorf("phase %s: %d surplus answers (%s), connection errors %v, %d ns of back-off", p.Name, p.SurplusAnswers, p.FirstSurplus, p.ConnectionErrors, p.BackoffNS)
		}
		checkSamples(t, p)
	}
	if answered == 0 || answered != uint64(server.Requests.Load()) {
		t.Errorf("the loader counts %d answers of %d requests, the server %d", answered, asked, server.Requests.Load())
	}
	if made := Samples(report.Connect); !Reaches(&server.Connects, made, patience) {
		t.Errorf("the loader counts %d connections, the server %d", made, server.Connects.Load())
	}
}

// checkSamples compares the histograms of a phase without failures with its
// counts.
func checkSamples(t testing.TB, p *results.Phase) {
	t.Helper()
	want := p.Total.Completed
	if p.Loop == results.OpenLoop {
		want = p.Rate.Offered
		if got := Samples(p.Total.Corrected); got != want {
			t.Errorf("phase %s: %d corrected samples of %d requests offered", p.Name, got, want)
		}
		if lags := Samples(p.SendLagIdle) + Samples(p.SendLagBlocked); lags != want {
			t.Errorf("phase %s: %d send lags of %d requests offered", p.Name, lags, want)
		}
		if p.CompletedAfter == 0 && p.Rate.BacklogT1 != 0 {
			t.Errorf("phase %s: all is answered before its end and %d are due then", p.Name, p.Rate.BacklogT1)
		}
		if p.Rate.Achieved != p.Total.Completed+p.Total.Abandoned {
			t.Errorf("phase %s: achieved %d, completed %d, abandoned %d", p.Name, p.Rate.Achieved, p.Total.Completed, p.Total.Abandoned)
		}
	}
	if got := Samples(p.Total.Service); got != want {
		t.Errorf("phase %s: %d service samples of %d requests", p.Name, got, want)
	}
	if p.CompletedFirstHalf > p.Total.Completed {
		t.Errorf("phase %s: %d completed in its first half of %d", p.Name, p.CompletedFirstHalf, p.Total.Completed)
	}
}

// Samples returns the number of the histogram's samples.
func Samples(h *results.Histogram) uint64 {
	if h == nil {
		return 0
	}
	return h.Count
}
