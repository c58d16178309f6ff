package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/retry"
)

// programs is the folder of the programs that the tests start: joust, which
// starts itself again as keeper and loader, and the stooge.
var programs string

// checkout is the root of the sources.
var checkout string

func TestMain(m *testing.M) {
	if err := retry.AtOnce(2 * runtime.GOMAXPROCS(0)); err != nil {
		panic(err)
	}
	code, err := withPrograms(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withPrograms builds the programs and removes them after run.
func withPrograms(run func() int) (code int, err error) {
	if checkout, err = filepath.Abs("../.."); err != nil {
		return 1, err
	}
	if programs, err = os.MkdirTemp("", "joust-cli-test-"); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(programs)) }()
	// Tests give joust a cache folder of their own; compiling the standard
	// library anew for each would take minutes.
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err == nil {
		err = os.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	}
	if err == nil {
		// Many tests have their loaders on the same CPU.
		err = os.Setenv("JOUST_IDLE", "hybrid")
	}
	if err != nil {
		return 1, err
	}
	for name, source := range map[string]string{"joust": ".", "stooge": "./harness/cli/testdata/stooge", "flow-shop": "./scripts/flow-shop"} {
		// Not by vcs: sources change while tests run.
		build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(programs, name), source)
		build.Dir = checkout
		// Static programs stand in empty images by themselves.
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("building %s: %w\n%s", name, err, out)
		}
	}
	return run(), nil
}
