package adhoc

import (
	"time"

	"github.com/joust-bench/joust/loaders/arrival"
)

// checkProfile checks the profile of an open loop's rate, whose rate checkLoop checks.
func (f *Flags) checkProfile(refuse refusal) {
	if f.Profile == nil {
		return
	}
	refuse(f.Duration == nil, "--rate-profile is pressed into the time of the load: give that with -d")
	if f.Duration == nil || *f.Duration <= 0 {
		return
	}
	if _, err := arrival.Constant(*f.RateRPS); err != nil {
		return
	}
	_, err := arrival.MeanRate(f.Profile, *f.RateRPS, *f.Duration)
	refuse(err != nil, "--rate-profile %s with -R %v: %v", f.Profile, *f.RateRPS, err)
}

// meanRate returns the mean rate of the profile over a load of that length, in req/s.
func (f *Flags) meanRate(over time.Duration) float64 {
	mean, err := arrival.MeanRate(f.Profile, *f.RateRPS, over)
	if err != nil {
		return *f.RateRPS // which checkProfile has refused
	}
	return mean
}
