package sample

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// powercap is the folder of the kernel's energy counters (Documentation/power/
// powercap/powercap.rst of the kernel).
const powercap = "/sys/class/powercap"

// energy holds the counter of each processor package, by the name of its zone.
type energy map[string]energyCounter

// energyCounter counts microjoules and begins again at 0 behind the largest value.
type energyCounter struct{ now, largest uint64 }

// readEnergy reads the counters of the processor packages below the folder. They are
// absent on machines without them, and for users who may not read them. The zones of
// cores and memory are left out: they lie within a package, or count for others.
func readEnergy(folder string) energy {
	zones, err := filepath.Glob(filepath.Join(folder, "*-rapl:*"))
	if err != nil {
		return nil
	}
	counters := energy{}
	for _, zone := range zones {
		name, err := os.ReadFile(filepath.Join(zone, "name"))
		if err != nil || !strings.HasPrefix(string(name), "package") {
			continue
		}
		var f files
		now, errNow := f.number(filepath.Join(zone, "energy_uj"))
		largest, errLargest := f.number(filepath.Join(zone, "max_energy_range_uj"))
		if errNow == nil && errLargest == nil && now >= 0 && largest >= now {
			counters[string(bytes.TrimSpace(name))] = energyCounter{uint64(now), uint64(largest)}
		}
	}
	return counters
}

// until returns the energy that all packages used between two readings, in joules; nil
// where a package was not read both times. A counter that began again did so once: at
// most a few hundred watts fill its range in several minutes.
func (e energy) until(later energy) *float64 {
	if len(e) == 0 || len(e) != len(later) {
		return nil
	}
	used := uint64(0)
	for name, first := range e {
		last, read := later[name]
		switch {
		case !read:
			return nil
		case last.now >= first.now:
			used += last.now - first.now
		default:
			used += first.largest - first.now + last.now
		}
	}
	return new(float64(used) / 1e6)
}
