package record

import (
	"cmp"
	"errors"
	"maps"

	"github.com/joust-bench/joust/results"
)

// Merge adds another thread's record of the same phase.
func (p *Phase) Merge(o *Phase) {
	for i := range p.Groups {
		p.Groups[i].Merge(&o.Groups[i])
	}
	theirs := o.ErrorBars.histograms()
	for i, h := range p.ErrorBars.histograms() {
		h.Merge(theirs[i])
	}
	p.StallNS += o.StallNS
	p.Slowest.merge(&o.Slowest)
	p.Shed += o.Shed
	p.FirstHalf += o.FirstHalf
	p.Before += o.Before
	p.After += o.After
	p.FailedOutside += o.FailedOutside
	p.TimeoutsOutside += o.TimeoutsOutside
	p.Asked += o.Asked
	p.Unanswered += o.Unanswered
	p.SurplusAnswers += o.SurplusAnswers
	p.FirstSurplus = cmp.Or(p.FirstSurplus, o.FirstSurplus)
	p.BackoffNS += o.BackoffNS
	for cause, n := range o.connectionErrors {
		if p.connectionErrors == nil {
			p.connectionErrors = make(map[results.Cause]uint64)
		}
		p.connectionErrors[cause] += n
	}
	p.firstConnectionError = cmp.Or(p.firstConnectionError, o.firstConnectionError)
	p.NeverSent += o.NeverSent
	p.Censored += o.Censored
	p.Offered += o.Offered
	p.BacklogT0 += o.BacklogT0
	p.BacklogT1 += o.BacklogT1
	p.UnannouncedCloses += o.UnannouncedCloses
	p.AnnouncedCloses += o.AnnouncedCloses
	p.Reconnects += o.Reconnects
	if o.CensoredFromNS != 0 && (p.CensoredFromNS == 0 || o.CensoredFromNS < p.CensoredFromNS) {
		p.CensoredFromNS = o.CensoredFromNS
	}
	p.Traffic = p.Traffic.Plus(o.Traffic)
}

// Into writes the record into its lasting form; names are those of the
// groups.
func (p *Phase) Into(r *results.Phase, names []string) error {
	r.Loop, r.T0NS, r.T1NS = p.Window.Loop, p.Window.T0, p.Window.T1
	r.CompletedFirstHalf, r.CompletedBefore, r.CompletedAfter = p.FirstHalf, p.Before, p.After
	r.FailedOutside, r.TimeoutsOutside = p.FailedOutside, p.TimeoutsOutside
	r.Asked, r.Unanswered = p.Asked, p.Unanswered
	r.SurplusAnswers, r.FirstSurplus = p.SurplusAnswers, p.FirstSurplus
	if len(p.connectionErrors) > 0 {
		r.ConnectionErrors = maps.Clone(p.connectionErrors)
		r.FirstConnectionError = p.firstConnectionError
	}
	r.BackoffNS = p.BackoffNS
	r.SentBytes, r.ReceivedBytes = p.Traffic.Sent, p.Traffic.Received
	r.SentBodyBytes, r.ReceivedBodyBytes = p.Traffic.SentBody, p.Traffic.ReceivedBody
	r.UnannouncedCloses, r.AnnouncedCloses, r.Reconnects = p.UnannouncedCloses, p.AnnouncedCloses, p.Reconnects
	r.Shed = p.Shed
	var errs [5]error
	r.SendLagIdle, errs[0] = p.SendLagIdle.Result()
	r.SendLagBlocked, errs[1] = p.SendLagBlocked.Result()
	r.ReceiveLag, errs[2] = p.ReceiveLag.Result()
	r.LoopGaps, errs[3] = p.LoopGaps.Result()
	if r.LoopGaps != nil {
		stalled := p.StallNS
		r.StallNS = &stalled
	}
	r.Slowest = p.Slowest.result(names)
	errs[4] = p.groupsInto(r, names)
	if p.Window.Loop == results.ClosedLoop {
		r.UnansweredFromNS = p.CensoredFromNS
	} else {
		if r.Rate == nil {
			r.Rate = &results.RateReport{}
		}
		r.Rate.Offered, r.Rate.NeverSent, r.Rate.Censored = p.Offered, p.NeverSent, p.Censored
		r.Rate.Achieved = r.Total.Completed
		r.Rate.BacklogT0, r.Rate.BacklogT1 = p.BacklogT0, p.BacklogT1
		r.Rate.CensoredFromNS = p.CensoredFromNS
	}
	return errors.Join(errs[:]...)
}

// groupsInto writes the groups and their total. A single group is its own
// total.
func (p *Phase) groupsInto(r *results.Phase, names []string) error {
	var errs []error
	total := &p.Groups[0]
	if len(p.Groups) > 1 {
		total = &Group{}
		r.Groups = make(map[string]results.Group, len(p.Groups))
		for i := range p.Groups {
			total.Merge(&p.Groups[i])
			group, err := p.Groups[i].Result()
			r.Groups[names[i]] = group
			errs = append(errs, err)
		}
	}
	var err error
	r.Total, err = total.Result()
	return errors.Join(append(errs, err)...)
}
