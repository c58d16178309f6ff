package arrival

import "fmt"

// Law names a schedule that a rate alone defines. Its values are those of
// loaders.Schedule, which this package may not import.
type Law string

// The laws.
const (
	ConstantLaw Law = "constant"
	PoissonLaw  Law = "poisson"
)

// For makes the schedule of that name with the rate in arrivals per second.
func For(law Law, rate float64) (Schedule, error) {
	switch law {
	case ConstantLaw:
		return Constant(rate)
	case PoissonLaw:
		return Poisson(rate)
	}
	return nil, fmt.Errorf("unknown schedule %q: use %q or %q", law, ConstantLaw, PoissonLaw)
}
