package lua

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	gl "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// doneAfterStop bounds the function done of a load that was interrupted.
const doneAfterStop = 2 * time.Second

// Done calls the script's function done with the figures of the measured phase, and adds
// what the script did to the report. A load that the script itself has ended calls nothing.
func (p *Program) Done(ctx context.Context, r *results.Report) error {
	output := ""
	if p.failed() == nil && p.main.isFunction("done") {
		if ctx.Err() != nil {
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), doneAfterStop)
			defer cancel()
			ctx = late
		}
		p.main.SetContext(ctx)
		p.out.capture()
		err := p.callDone(r)
		output = p.out.captureEnd()
		if err != nil {
			p.unload(fmt.Errorf("%w: done()", err))
		}
	}
	p.report(r, output)
	return p.Close()
}

// callDone calls done.
func (p *Program) callDone(r *results.Report) error {
	phase := cmp.Or(r.Measured(), &results.Phase{})
	latency, err := stats.Decode(p.headline(phase))
	if err != nil {
		return err
	}
	return p.main.call(p.main.GetGlobal("done"), p.main.summary(phase),
		p.main.object(distributionOf(latency, p.Compat), p.main.statsClass),
		p.main.object(listed(phase.WrkRates(r.Threads, p.Compat == loaders.WRK2), p.Compat), p.main.statsClass))
}

// headline returns the latencies that the script sees: corrected ones where requests are
// due by a rate.
func (p *Program) headline(phase *results.Phase) *results.Histogram {
	if phase.Loop == results.OpenLoop {
		return phase.Total.Corrected
	}
	return phase.Total.Service
}

// summary makes the first argument of done.
func (s *state) summary(phase *results.Phase) *gl.LTable {
	e := phase.WrkErrors()
	errors := s.NewTable()
	for _, c := range []struct {
		name string
		n    uint64
	}{{"connect", e.Connect}, {"read", e.Read}, {"write", e.Write}, {"status", e.Status}, {"timeout", e.Timeout}} {
		errors.RawSetString(c.name, gl.LNumber(c.n))
	}
	t := s.NewTable()
	t.RawSetString("duration", gl.LNumber(phase.WindowNS()/1000))
	t.RawSetString("requests", gl.LNumber(phase.WrkAnswers()))
	t.RawSetString("bytes", gl.LNumber(phase.ReceivedBytes))
	t.RawSetString("errors", errors)
	return t
}

// distribution is what wrk's statistics hold: whole numbers in rising order, with how often
// each came.
type distribution struct {
	values                 []counted
	count                  uint64
	low, high, mean, stdev float64
	compat                 loaders.Compat
}

// counted is a value of a distribution.
type counted struct {
	value float64
	n     uint64
}

// distributionOf returns latencies in whole microseconds.
func distributionOf(d *stats.Dist, compat loaders.Compat) *distribution {
	all := &distribution{compat: compat, count: d.Count()}
	micros := func(ns float64) float64 { return math.Floor(ns / 1000) }
	for _, sample := range d.Samples() {
		all.add(micros(float64(sample.NS)), sample.Count)
	}
	if all.count == 0 {
		return all
	}
	all.low, all.high = micros(d.Figure("min")), micros(d.Figure("max"))
	all.values[0].value = min(all.low, all.values[0].value)
	all.mean = d.Figure("mean") / 1000
	if all.count > 1 {
		all.stdev = d.Figure("stdev") / 1000 * math.Sqrt(float64(all.count)/float64(all.count-1))
	}
	return all
}

// add adds a value that is no less than all before.
func (d *distribution) add(value float64, n uint64) {
	if last := len(d.values) - 1; last >= 0 && d.values[last].value == value {
		d.values[last].n += n
		return
	}
	d.values = append(d.values, counted{value, n})
}

// listed returns the distribution of a list.
func listed(list []float64, compat loaders.Compat) *distribution {
	d := &distribution{compat: compat, count: uint64(len(list))}
	if len(list) == 0 {
		return d
	}
	for _, x := range slices.Sorted(slices.Values(list)) {
		d.add(x, 1)
		d.mean += x / float64(len(list))
	}
	d.low, d.high = d.values[0].value, d.values[len(d.values)-1].value
	squares := 0.0
	for _, x := range list {
		squares += (x - d.mean) * (x - d.mean)
	}
	if len(list) > 1 {
		d.stdev = math.Sqrt(squares / float64(len(list)-1))
	}
	return d
}

// percentile returns the least value that the share of all values, in percent, does not
// exceed.
func (d *distribution) percentile(percent float64) float64 {
	rank := uint64(max(1, math.Round(percent/100*float64(d.count)+0.5)))
	return d.at(min(rank, d.count))
}

// at returns the value of the rank, which counts from 1 in rising order.
func (d *distribution) at(rank uint64) float64 {
	var below uint64
	for _, v := range d.values {
		if below += v.n; below >= rank {
			return v.value
		}
	}
	return d.high
}

// checkDistribution returns the distribution of the first argument.
func checkDistribution(l *gl.LState) *distribution {
	if u, ok := l.Get(1).(*gl.LUserData); ok {
		if d, ok := u.Value.(*distribution); ok {
			return d
		}
	}
	l.ArgError(1, "latency or requests expected, got "+l.Get(1).Type().String()+": write latency:percentile(…) with a colon")
	return nil
}

// statsIndex implements latency.KEY, and latency[i] of wrk2.
func statsIndex(l *gl.LState) int {
	d := checkDistribution(l)
	if n, ok := l.Get(2).(gl.LNumber); ok && d.compat == loaders.WRK2 {
		l.Push(gl.LNumber(d.at(uint64(max(1, n)))))
		return 1
	}
	value := gl.LValue(gl.LNil)
	switch l.Get(2).String() {
	case "min":
		value = gl.LNumber(d.low)
	case "max":
		value = gl.LNumber(d.high)
	case "mean":
		value = gl.LNumber(d.mean)
	case "stdev":
		value = gl.LNumber(d.stdev)
	case "percentile":
		value = l.NewFunction(func(l *gl.LState) int {
			l.Push(gl.LNumber(checkDistribution(l).percentile(float64(l.CheckNumber(2)))))
			return 1
		})
	}
	l.Push(value)
	return 1
}

// statsCall implements latency(i): the value of that number among the different ones, and
// how often it came; 0 and 0 where there is none.
func statsCall(l *gl.LState) int {
	d, i := checkDistribution(l), l.CheckInt(2)
	var v counted
	if i >= 1 && i <= len(d.values) {
		v = d.values[i-1]
	}
	l.Push(gl.LNumber(v.value))
	l.Push(gl.LNumber(v.n))
	return 2
}

// statsLen implements #latency: the number of different values, of all of them in wrk2.
func statsLen(l *gl.LState) int {
	d := checkDistribution(l)
	n := uint64(len(d.values))
	if d.compat == loaders.WRK2 {
		n = d.count
	}
	l.Push(gl.LNumber(n))
	return 1
}
