// Package plantest has a small plan for tests.
package plantest

import "github.com/joust-bench/joust/results"

// Ladder returns a plan of one server and one table with every kind of rate.
func Ladder() results.Plan {
	return results.Plan{
		Seed: 3, LoaderThreads: 2, RequestTimeoutNS: 10e9, DrainNS: 5e8, IdleStrategy: "wait", Engine: "evloop",
		Entries: []results.PlanEntry{{Server: "nginx", As: "nginx"}},
		Peaks:   []results.PlanPeak{{Server: "nginx", Scenario: "hello", Protocol: "h1", PeakRPS: 8000}},
		Tables: []results.PlanTable{{
			Scenario: "hello", Protocol: "h1", Clients: 64, Trials: 2, WarmupNS: 1e9, Closed: true, ClosedDurationNS: 15e8, OpenDurationNS: 1e9,
			Schedule: "poisson", Rates: []results.PlanRate{
				{Kind: results.RateFraction, Fraction: 0.5}, {Kind: results.RateAbsolute, RateRPS: 2000}, {Kind: results.RateCommon},
			},
		}},
	}
}
