//go:build linux

package host

import (
	"testing"
	"time"
)

// TestUsed counts children that ended as well, with a control group or without.
func TestUsed(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]LocalOptions{"as it comes": {}, "without control groups": {NoCgroups: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const work = "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done"
			h := launch(t, o, Program{Argv: []string{"sh", "-c", "sh -c '" + work + "'; sleep 60"}})
			for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
				used, err := h.Used()
				if err != nil {
					t.Fatal(err)
				}
				if used.CPU > 10*time.Millisecond && used.PeakMemoryBytes > 0 {
					return
				}
				if time.Since(began) > patience {
					t.Fatalf("used %+v", used)
				}
			}
		})
	}
}
