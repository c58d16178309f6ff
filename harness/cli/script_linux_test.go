package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// TestScripts runs joust as a user does.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Condition: func(condition string) (bool, error) {
			if condition == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", condition)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"joust": cmdJoust, "server": cmdServer, "run": cmdRun,
			"smalldisk": cmdSmallDisk, "last": cmdLast, "running": cmdRunning,
		},
	})
}

// setUp gives a script its programs and folders, and holds it to leaving no
// process behind.
func setUp(env *testscript.Env) error {
	env.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
	env.Setenv("CHECKOUT", checkout)
	env.Setenv("JOUST_IDLE", os.Getenv("JOUST_IDLE"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("TAKEN", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	t := env.T()
	mark := env.WorkDir + "/"
	env.Defer(func() {
		if err := listener.Close(); err != nil {
			t.Log(err)
			t.Fatal()
		}
		if lines := waitGone(mark, 2*time.Second); len(lines) > 0 {
			t.Log("processes remain: ", lines)
			t.Fatal()
		}
	})
	return nil
}

// cmdJoust is "joust CODE ARGUMENT...": joust must end with that exit code.
// "0|4" also takes cells that are void, as those of an open loop may be on a
// busy machine.
func cmdJoust(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: joust CODE ARGUMENT...")
	}
	code, args := args[0], args[1:]
	if len(args) > 0 && args[0] == "run" {
		args = slices.Concat(args[:1], steadily(), args[1:])
	}
	expect(ts, code, "joust", args)
}

// cmdRun is "run CODE ARGUMENT...": a joust run that is over soon, with the
// script's own servers.
func cmdRun(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: run CODE ARGUMENT...")
	}
	expect(ts, args[0], "joust", append(soon("servers"), args[1:]...))
}

func expect(ts *testscript.TestScript, want, program string, args []string) {
	code := 0
	err := ts.Exec(program, args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if !slices.Contains(strings.Split(want, "|"), strconv.Itoa(code)) {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// cmdServer is "server NAME [MODE [N]] [KEY=VALUE...]": a manifest for the
// stooge, with more keys.
func cmdServer(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: server NAME [MODE [N]] [KEY=VALUE...]")
	}
	at := len(args)
	if i := slices.IndexFunc(args, func(s string) bool { return strings.Contains(s, "=") }); i >= 0 {
		at = i
	}
	ts.Check(writeServer(ts.MkAbs("servers"), args[0], args[1:at], args[at:]))
}

// cmdLast is "last VARIABLE": the folder of the newest run in results.
func cmdLast(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: last VARIABLE")
	}
	runs, err := filepath.Glob(ts.MkAbs("results/runs/*"))
	ts.Check(err)
	if len(runs) == 0 {
		ts.Fatalf("there is no run in results")
	}
	ts.Setenv(args[0], runs[len(runs)-1])
}

// cmdSmallDisk is "smalldisk DIR BYTES": a file system of its own of that size.
// Only root can make one.
func cmdSmallDisk(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: smalldisk DIR BYTES")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() { ts.Check(unix.Unmount(dir, unix.MNT_DETACH)) })
}

// cmdRunning is "running VARIABLE [MODE [N]]": a stooge that joust does not
// start; VARIABLE is its URL and VARIABLE_PID its process.
func cmdRunning(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: running VARIABLE [MODE [N]]")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	address := listener.Addr().String()
	ts.Check(listener.Close())
	c := exec.Command(filepath.Join(programs, "stooge"), append([]string{address}, args[1:]...)...)
	ts.Check(c.Start())
	ts.Defer(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
	})
	ts.Check(awaitListener(address))
	ts.Setenv(args[0], "http://"+address)
	ts.Setenv(args[0]+"_PID", strconv.Itoa(c.Process.Pid))
}
