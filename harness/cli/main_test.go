package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// programs is the folder of the programs that the tests start: joust, which
// starts itself again as keeper and loader, and the stooge.
var programs string

// checkout is the root of the sources.
var checkout string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withPrograms(func() int {
		if err := moreAtOnce(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// moreAtOnce lets twice as many tests run at once as there are processors, unless the
// command line says how many: most of them wait for a server, or for a window to end.
func moreAtOnce() error {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if asked {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
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
