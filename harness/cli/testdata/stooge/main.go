// Command stooge is a small server for tests that answers the row hello, and
// misbehaves on demand:
//
//	stooge ADDRESS [MODE [N]]
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stooge:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	args = append(args, "", "", "")
	address, mode := args[0], args[1]
	after, _ := strconv.ParseInt(args[2], 10, 64) // 0 where none is given
	if mode == "stubborn" {
		// Before it says that it has started, so that no signal comes too early.
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	}
	event("started")
	switch mode {
	case "profiled":
		if err := serveProfiles(args[2]); err != nil {
			return err
		}
	case "surroundings":
		if err := tellSurroundings(); err != nil {
			return err
		}
	case "exits":
		fmt.Println("cannot find my configuration")
		os.Exit(7)
	case "silent":
		fmt.Println("thinking about it")
		time.Sleep(time.Hour)
	case "forks":
		if err := fork("127.0.0.1:0"); err != nil {
			return err
		}
	case "usurped":
		if err := fork(address); err != nil {
			return err
		}
		// Its own start fails once the other has the port.
		for start := time.Now(); time.Since(start) < time.Second; time.Sleep(time.Millisecond) {
			if c, err := net.Dial("tcp", address); err == nil {
				return errors.Join(http.ListenAndServe(address, nil), c.Close())
			}
		}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening on", address)
	gate := &gate{Listener: listener}
	return http.Serve(gate, answers(mode, after, gate))
}

// serveProfiles serves net/http/pprof on a unix socket, nowhere for an empty path.
func serveProfiles(path string) error {
	if path == "" {
		return nil
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	go func() { fmt.Println(http.Serve(listener, mux)) }()
	return nil
}

// gate closes what it accepts once it is shut.
type gate struct {
	net.Listener
	shut atomic.Bool
}

func (g *gate) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err == nil && g.shut.Load() {
		err = c.Close()
	}
	return c, err
}

// fork starts a server that leaves the session and ignores polite signals.
func fork(address string) error {
	child := exec.Command(os.Args[0], address, "stubborn")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return child.Start()
}

// tellSurroundings prints what this process was started in as one line of JSON,
// in the form of results.Surroundings.
func tellSurroundings() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	// To ask the kernel by umask(2) would change it, while joust reads it.
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, umask, _ := strings.Cut(string(status), "\nUmask:\t")
	environment, limits := map[string]string{}, map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	for name, resource := range map[string]int{"core": syscall.RLIMIT_CORE, "stack": syscall.RLIMIT_STACK} {
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(resource, &limit); err != nil {
			return err
		}
		limits[name+" soft"] = strconv.FormatUint(limit.Cur, 10)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"environment": environment, "working_directory": dir, "umask": fmt.Sprintf("%.4s", umask), "limits": limits,
	})
}

// loadFrom is the number of requests, and loadFor the time after it, from which
// a server is under load and not merely checked.
const (
	loadFrom = 100
	loadFor  = 300 * time.Millisecond
)

// event adds a line to the file that the environment names, if it does.
func event(what string) {
	path := os.Getenv("STOOGE_EVENTS")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = fmt.Fprintln(f, what, os.Getpid())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		fmt.Println(err)
	}
}

// answers is right until the mode's trouble begins after that many requests. In
// the modes "swallows" and "repeats" trouble meets one of so many requests once
// the server is under load.
func answers(mode string, after int64, gate *gate) http.Handler {
	var asked, since atomic.Int64
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, number := "alive\r\n", asked.Add(1)
		if number == 1 {
			event("asked")
		}
		if number == loadFrom {
			since.Store(time.Now().UnixNano())
		}
		if begun := since.Load(); begun > 0 && time.Now().UnixNano()-begun > int64(loadFor) {
			once.Do(func() { event("loaded") })
		}
		if number > loadFrom && after > 0 && number%after == 0 {
			switch mode {
			case "swallows":
				<-r.Context().Done() // until the client gives up
				panic(http.ErrAbortHandler)
			case "repeats":
				answerTwice(w)
				return
			}
		}
		if mode == "warms" && number <= after {
			time.Sleep(20 * time.Millisecond)
		}
		if number > after {
			switch mode {
			case "shuts":
				gate.shut.Store(true)
				panic(http.ErrAbortHandler)
			case "wrong":
				body = "dead!\r\n"
			case "dies":
				fmt.Println("out of ideas")
				os.Exit(9)
			case "slow":
				time.Sleep(20 * time.Millisecond)
			}
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if _, err := w.Write([]byte(body)); err != nil {
			fmt.Println(err)
		}
	})
}

// answerTwice sends two answers in one write and leaves the connection to the
// client.
func answerTwice(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return // the connection is gone
	}
	defer conn.Close()
	answer := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nalive\r\n"
	_, _ = io.WriteString(conn, answer+answer)
	_, _ = io.Copy(io.Discard, conn)
}
