package certify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/harness/certify"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/loaders"
	truth "github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/child"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

// TestMain makes this binary its own keeper, loader and law server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "keep":
			os.Exit(keeper.Main(context.Background(), os.Stdin, os.Stdout))
		case "loader":
			os.Exit(code(child.Serve(context.Background(), os.Stdin, os.Stdout, os.Stderr, "test")))
		case "lawserver":
			os.Exit(code(lawserver.Serve(context.Background(), os.Stdin, os.Stdout, "127.0.0.1:0")))
		}
	}
	// Under the race detector every process would sleep for a second at its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func code(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

func battery(t *testing.T, cases ...truth.Case) *certify.Battery {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	local, err := host.NewLocal(host.LocalOptions{Keeper: []string{exe, "keep"}})
	if err != nil {
		t.Fatal(err)
	}
	topology, err := cpuset.Read()
	if err != nil {
		t.Fatal(err)
	}
	split, err := cpuset.Split(topology, nil, cpuset.PolicyAuto)
	if err != nil {
		t.Fatal(err)
	}
	// The programs see next to nothing of this process's own environment.
	program := func(arg string) []string { return []string{"env", "GORACE=" + os.Getenv("GORACE"), exe, arg} }
	return &certify.Battery{
		Cases: cases, ServerArgv: program("lawserver"),
		Launcher: launch.Launcher{Host: local, CPUs: split, LoaderArgv: program("loader"), Logs: t.TempDir()},
		Engine:   loaders.EventLoop, Idle: loaders.Wait, Threads: 1,
		CapacityWindow: 200 * time.Millisecond,
	}
}

const ms = time.Millisecond

var (
	counting = truth.Counting{Label: "x", Connections: 4, RateRPS: 200, Window: 60 * ms, Lead: 20 * ms}
	refusing = truth.Bad{Behaviour: lawserver.Refuse, Cause: results.CauseConnectRefused, Connections: 2, Window: 60 * ms, Timeout: time.Second}
	// The stop is put on the clock of a loader in another process.
	stalling = truth.Stall{
		RateRPS: 500, CapacityRPS: 2500, Length: 100 * ms, Period: 400 * ms, Periods: 1,
		Connections: 32, Within: 0.5, P50Within: 20 * ms,
	}
	overloading = truth.Overload{CapacityRPS: 500, Factor: 2, Lead: 100 * ms, Window: 400 * ms, Drain: time.Second, Connections: 32, Within: 0.5}
)

// Every process is started, pinned and stopped as for a measurement, and the
// certificate holds what the laws say.
func TestBatteryRuns(t *testing.T) {
	cases := []truth.Case{counting, refusing, stalling, overloading}
	sum := 0
	b := battery(t, cases...)
	b.Begins = func(number int, _ truth.Case) { sum += number }
	c, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum != 1+2+3+4 {
		t.Errorf("the numbers of the cases that began add up to %d", sum)
	}
	if c.OK != (c.Missed() == 0 && len(c.Failures) == 0) || c.Schema != certify.Schema || c.Took <= 0 {
		t.Errorf("certificate: OK is %t with %d missed, failures %v", c.OK, c.Missed(), c.Failures)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var again certify.Certificate
	if err := json.Unmarshal(text, &again); err != nil || len(again.Checks) != len(c.Checks) {
		t.Errorf("%d checks of %d come back, %v", len(again.Checks), len(c.Checks), err)
	}
	verdicts := 0
	for _, one := range cases {
		for _, r := range often(t, c, one) {
			if r.Figure == "verdict" {
				verdicts++
			}
		}
	}
	if want := !c.CPUs.Shared; (verdicts == 1) != want {
		t.Errorf("%d verdicts, with CPUs of each side's own: %v", verdicts, want)
	}
}

// often returns the checks of a case that hold: in the certificate, or in one that
// is made again. A busy machine may miss a law of time.
func often(t *testing.T, c certify.Certificate, one truth.Case) (checks []truth.Check) {
	t.Helper()
	retry.Often(t, func() string {
		checks = slices.DeleteFunc(slices.Clone(c.Checks), func(r truth.Check) bool { return r.Law != one.Name() })
		if len(checks) > 0 && truth.Missed(checks) == 0 {
			return ""
		}
		why := fmt.Sprintf("%s: failures %v, checks %+v", one.Name(), c.Failures, checks)
		var err error
		if c, err = battery(t, one).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return why
	})
	return checks
}

// The battery goes on behind a case that cannot be run; its failure stands in the
// certificate, which is not OK then.
func TestCaseThatCannotBeRun(t *testing.T) {
	b := battery(t, truth.Delay{Delay: ms, Connections: 0, Window: ms}, refusing)
	c, err := b.Run(t.Context())
	if err != nil || c.OK || len(c.Failures) != 1 || len(c.Checks) == 0 {
		t.Errorf("got %+v, %v", c, err)
	}
	if !strings.Contains(strings.Join(c.Failures, ""), "0 connections") {
		t.Errorf("the failure does not say why: %v", c.Failures)
	}
}

func TestBatteryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	long := truth.Delay{Delay: ms, Connections: 1, Window: time.Hour}
	b := battery(t, long)
	b.Begins = func(int, truth.Case) { cancel(enough) }
	c, err := b.Run(ctx)
	if !errors.Is(err, enough) || c.OK {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	b := battery(t, refusing)
	b.ServerArgv = []string{"sh", "-c", "echo no such luck >&2; exit 3"}
	if _, err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("got %v, want the server's own words", err)
	}
	b.ServerArgv = []string{"no-such-program-here"}
	if _, err := b.Run(t.Context()); err == nil {
		t.Error("a program that is not there was started")
	}
}
