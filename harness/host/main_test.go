//go:build linux

package host

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/harness/tree"
)

// TestMain makes this binary its own helpers: a keeper, a joust that is to be
// killed, and a program that does not want to go.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "keep":
			os.Exit(keeper.Main(context.Background(), os.Stdin, os.Stdout))
		case "stubborn":
			os.Exit(stubborn(os.Args[2:]))
		case "victim":
			os.Exit(victim(os.Args[2]))
		}
	}
	// Under the race detector every process, each keeper too, would sleep for a
	// second at its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// stubborn ignores every polite signal, and so does its child, which leaves
// the session and listens on a port.
func stubborn(args []string) int {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if len(args) == 0 {
		cmd := exec.Command(os.Args[0], "stubborn", "child")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			return 1
		}
		time.Sleep(time.Hour)
		return 0
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("listening", l.Addr())
	time.Sleep(time.Hour)
	return 0
}

// estate is the report of a victim on itself before it is killed.
type estate struct {
	Processes []tree.Process
	Cgroups   []string
	Addresses []string
	Error     string
}

// victim is a joust in the middle of a trial. It reports its processes and waits
// to be killed.
func victim(dir string) int {
	e := estate{}
	if err := e.fill(dir); err != nil {
		e.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(e); err != nil {
		return 1
	}
	time.Sleep(time.Hour)
	return 0
}

func (e *estate) fill(dir string) error {
	local, err := NewLocal(LocalOptions{Keeper: keeperCommand()})
	if err != nil {
		return err
	}
	port, err := FreePort("127.0.0.1")
	if err != nil {
		return err
	}
	p, err := nginxProgram(dir, port)
	if err != nil {
		return err
	}
	if _, err := local.Start(context.Background(), p); err != nil {
		return err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	e.Addresses = append(e.Addresses, addr)
	if err := awaitListening(addr); err != nil {
		return err
	}
	for name, argv := range map[string][]string{
		"stubborn": {os.Args[0], "stubborn"},
		"forking":  {"sh", "-c", "sleep 1000 & (setsid sleep 1000 &) ; echo listening; wait"},
	} {
		log := filepath.Join(dir, name+".log")
		h, err := local.Start(context.Background(), Program{Name: name, Argv: argv, Log: log})
		if err != nil {
			return err
		}
		line, err := awaitLog(h, "listening")
		if err != nil {
			return err
		}
		if _, addr, ok := strings.Cut(line, "listening 127"); ok {
			e.Addresses = append(e.Addresses, "127"+strings.TrimSpace(addr))
		}
		e.Cgroups = append(e.Cgroups, h.(*handle).started.Cgroup)
	}
	if _, err := local.Start(context.Background(), Program{Name: "piped", Argv: []string{"cat"}, Pipes: true}); err != nil {
		return err
	}
	// Four keepers; nginx has three processes, the stubborn program two, the
	// forking one three, and there is the one with pipes.
	const all = 13
	err = await(func() (bool, error) {
		e.Processes, err = tree.Descendants(os.Getpid())
		return len(e.Processes) == all, err
	}, "some of the 13 processes are not there")
	if err != nil {
		return fmt.Errorf("%w: %v", err, e.Processes)
	}
	return nil
}

func keeperCommand() []string {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return []string{exe, "keep"}
}

// nginxProgram returns a small nginx with two workers on the port of 127.0.0.1.
func nginxProgram(dir string, port int) (Program, error) {
	conf := fmt.Sprintf(`daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log stderr;
events { worker_connections 64; }
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f;
 uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
 server { listen 127.0.0.1:%[2]d; return 200 "ok"; } }
`, dir, port)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return Program{}, err
	}
	return Program{
		Name: "nginx", Argv: []string{"nginx", "-e", "stderr", "-c", file, "-p", dir},
		Log: filepath.Join(dir, "nginx.log"), StopTimeout: 2 * time.Second,
	}, nil
}

const patience = 10 * time.Second

// awaitListening returns when the address accepts connections.
func awaitListening(addr string) error {
	return await(func() (bool, error) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return false, nil
		}
		return true, c.Close()
	}, addr+" does not listen")
}

// awaitLog returns the log once it holds the text.
func awaitLog(h Handle, text string) (string, error) {
	var log string
	err := await(func() (bool, error) {
		log = h.LogTail(4096)
		return strings.Contains(log, text), nil
	}, "no "+text+" in the log")
	if err != nil {
		return "", fmt.Errorf("%w, which holds: %s", err, log)
	}
	return log, nil
}

func await(f func() (bool, error), complaint string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok, err := f(); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("%s after %v", complaint, patience)
}
