package certify

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results/stats"
)

// Delay is a closed loop against a server that answers every request a fixed time
// after its arrival, any number at once.
type Delay struct {
	Delay       time.Duration
	Connections int
	Window      time.Duration
	// Within bounds the figures, as a share.
	Within float64
}

var _ Case = Delay{}

// ThroughputRPS is connections ÷ delay: each connection has one request in
// flight at all times.
func (d Delay) ThroughputRPS() float64 { return float64(d.Connections) / d.Delay.Seconds() }

// Name implements Case.
func (d Delay) Name() string { return fmt.Sprintf("delay %v, %d connections", d.Delay, d.Connections) }

// Law implements Case.
func (d Delay) Law(int64) lawserver.Law { return lawserver.Law{Delay: d.Delay} }

// Load implements Case.
func (d Delay) Load(float64) loaders.Spec { return spec(d.Connections, closedPhase(d.Window)) }

// Checks implements Case.
func (d Delay) Checks(seen Observation) ([]Check, error) {
	p := seen.phase()
	service, err := stats.Decode(p.Total.Service)
	if err != nil {
		return nil, err
	}
	r := checks{law: d.Name()}
	within := Bound{Relative, d.Within}
	r.count("requests failed", Requests, 0, p.Failures())
	r.number("throughput", PerSecond, d.ThroughputRPS(), p.ThroughputRPS(), within)
	r.duration("service p50", d.Delay, time.Duration(service.Quantile(0.5)), within)
	r.duration("service mean", d.Delay, mean(p.Total.Service), within)
	return r.list, nil
}
