package retry_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/retry"
)

// recorder is a test that may fail without failing this one.
type recorder struct {
	testing.TB
	said []string
	// failed is the text of Fatalf.
	failed string
}

func (r *recorder) Helper() {}
func (r *recorder) Logf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// outcome runs tries that hold where the script has a "+". Its last letter stands for
// all later tries.
func outcome(script string) (r *recorder, tries int) {
	r = &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		retry.Often(r, func() string {
			at := min(tries, len(script)-1)
			tries++
			if script[at] == '+' {
				return ""
			}
			return "it was late"
		})
	}()
	<-done
	return r, tries
}

func TestOften(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		script string
		tries  int
		failed bool
	}{
		{"+", 1, false},
		{"-+", 2, false},
		{"---+", 4, false},
		{"----+", 6, false},       // 2 of 6
		{"---------+", 12, false}, // 3 of 12
		{"----+---+", 10, false},  // 3 of 10
		{"-", 10, true},
		{"----+-", 11, true}, // 1 of 11
	} {
		r, tries := outcome(k.script)
		if tries != k.tries || (r.failed != "") != k.failed {
			t.Errorf("%q: %d tries, failed with %q; want %d, %v", k.script, tries, r.failed, k.tries, k.failed)
		}
		if k.failed && !strings.Contains(r.failed, "it was late") || !k.failed && len(r.said) != k.tries-1 {
			t.Errorf("%q does not say how it went: %q, %q", k.script, r.said, r.failed)
		}
	}
}

// A try that holds once in twenty fails mostly; one that holds in half of all cases
// passes nearly always.
func TestOftenJudgesByTheRate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for rate, want := range map[float64][2]float64{0.05: {0, 0.25}, 0.5: {0.9, 1}} {
		const rounds = 500
		passed := 0
		for range rounds {
			script := make([]byte, 12)
			for i := range script {
				script[i] = '-'
				if random.Float64() < rate {
					script[i] = '+'
				}
			}
			if r, _ := outcome(string(script)); r.failed == "" {
				passed++
			}
		}
		if got := float64(passed) / rounds; got < want[0] || got > want[1] {
			t.Errorf("what holds in %v of its tries passes in %v of the tests, want %v", rate, got, want)
		}
	}
}
