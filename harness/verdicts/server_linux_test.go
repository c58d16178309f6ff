package verdicts

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// troubleAfter is how many requests a server answers rightly before its trouble
// begins: more than its checks ask, less than a moment of load.
const troubleAfter = 300

// serve is the staged server: ADDRESS MODE [ARGUMENT...].
func serve(args []string) error {
	address, mode, args := args[0], args[1], args[2:]
	durations := make([]time.Duration, len(args))
	for i, a := range args {
		var err error
		if durations[i], err = time.ParseDuration(a); err != nil {
			return err
		}
	}
	listener, err := listen(address, mode)
	if err != nil {
		return err
	}
	gate := &gate{Listener: listener}
	if mode == "quota" {
		leave, err := underQuota(quota)
		if err != nil {
			return err
		}
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		go func() {
			<-stop
			if err := leave(); err != nil {
				fmt.Println(err)
			}
			os.Exit(0)
		}()
	}
	fmt.Println("listening on", address)
	return http.Serve(gate, handler(mode, durations, gate))
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

// handler answers the rows hello and upload_20mb, in the way of the mode.
func handler(mode string, d []time.Duration, gate *gate) http.Handler {
	var asked atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		body := "alive\r\n"
		switch mode {
		case "burn", "quota":
			burn(d[0])
		case "alternate":
			burn(alternating(d, time.Now()))
		case "sleep":
			time.Sleep(d[0])
		case "hurry":
			if n <= troubleAfter {
				time.Sleep(d[0])
			}
		case "wrong":
			if n > troubleAfter && n%50 == 0 {
				body = "dead!\r\n"
			}
		case "crash":
			if n > troubleAfter {
				fmt.Println("out of ideas")
				os.Exit(9)
			}
		}
		if n > troubleAfter && trouble(mode, n, w, r, gate) {
			return
		}
		if r.Method == http.MethodPost {
			upload(w, r, mode == "early" && n > uploadsChecked)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if mode == "nagle" {
			_ = http.NewResponseController(w).Flush() // the head goes alone
		}
		_, _ = io.WriteString(w, body) // a client that is gone needs no answer
	})
}

// trouble makes the trouble of some modes in place of an answer to request n. It
// returns false where an answer is to come.
func trouble(mode string, n int64, w http.ResponseWriter, r *http.Request, gate *gate) bool {
	switch {
	case mode == "swallow" && n%500 == 0:
		<-r.Context().Done() // until the client gives up
		panic(http.ErrAbortHandler)
	case mode == "twice" && n%50 == 0:
		answerTwice(w)
		return true
	case mode == "refuse":
		gate.shut.Store(true)
		panic(http.ErrAbortHandler)
	}
	return false
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

// uploadsChecked is above the number of uploads of the checks.
const uploadsChecked = 12

// upload answers with the number of bytes, early ones before they have come.
func upload(w http.ResponseWriter, r *http.Request, early bool) {
	w.Header().Set("Content-Type", "text/plain")
	if early {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		text := strconv.FormatInt(r.ContentLength, 10)
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = io.WriteString(w, text)
		_ = control.Flush()
		_, _ = io.Copy(io.Discard, r.Body)
		return
	}
	n, _ := io.Copy(io.Discard, r.Body)
	text := strconv.FormatInt(n, 10)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = io.WriteString(w, text)
}

// burn uses that much CPU time, however often the thread is interrupted.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for end := threadCPU() + d.Nanoseconds(); threadCPU() < end; {
		for i := 0; i < 500; i++ {
			spun.Store(int64(i))
		}
	}
}

var spun atomic.Int64

func threadCPU() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) // every Linux has it
	return ts.Nano()
}

// alternating is the cost of a request now: d[0] in the first d[2] of every
// d[3], else d[1].
func alternating(d []time.Duration, now time.Time) time.Duration {
	if time.Duration(now.UnixNano())%d[3] < d[2] {
		return d[0]
	}
	return d[1]
}

// smallBacklog is the length of the accept queue in mode "backlog". slowAccept is
// the pause after the second to the fourth connection: checks make the first two, and
// the load then meets a full queue.
const (
	smallBacklog = 32
	slowAccept   = 300 * time.Millisecond
)

func listen(address, mode string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	switch mode {
	case "nagle":
		return &delaying{Listener: l}, nil
	case "backlog":
		raw, err := l.(*net.TCPListener).SyscallConn()
		if err != nil {
			return nil, err
		}
		// A second listen sets the length of the queue anew.
		err = errors.Join(raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), smallBacklog) }), err)
		return &sleepy{Listener: l}, err
	}
	return l, nil
}

// delaying leaves Nagle's algorithm on.
type delaying struct{ net.Listener }

func (l *delaying) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetNoDelay(false)
	}
	return c, err
}

// sleepy sleeps behind some connections.
type sleepy struct {
	net.Listener
	accepted int
}

func (l *sleepy) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if l.accepted++; l.accepted > 1 && l.accepted < 5 {
		time.Sleep(slowAccept)
	}
	return c, err
}

// compete keeps the processor ARGUMENT busy from the first line of its input to
// the input's end.
func compete(args []string) error {
	cpu, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var set unix.CPUSet
	set.Set(cpu)
	runtime.LockOSThread()
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return err
	}
	fmt.Println("ready")
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return nil // nobody wants it to compete
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		os.Exit(0)
	}()
	fmt.Println("competing")
	for {
		burn(time.Second)
	}
}

// quota is the share of one processor that the server may use in mode "quota".
const (
	quota       = 0.4
	quotaPeriod = 50 * time.Millisecond
	// quotaGroup begins the name of the group that version 1 needs.
	quotaGroup = "joust-verdicts-"
	// mostShares puts that group before others, as hurry does for processes.
	mostShares = "262144"
)

// underQuota puts this process under a CPU quota: its own control group where
// that has a CPU controller, else a new one of version 1. leave undoes it.
func underQuota(share float64) (leave func() error, err error) {
	limit := strconv.FormatInt(int64(share*float64(quotaPeriod.Microseconds())), 10)
	period := strconv.FormatInt(quotaPeriod.Microseconds(), 10)
	if max := ownCPUMax(); max != "" {
		return func() error { return nil }, os.WriteFile(max, []byte(limit+" "+period), 0o644)
	}
	root, err := cpuControllerV1()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, quotaGroup+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	for _, f := range [][2]string{
		{"cpu.cfs_period_us", period}, {"cpu.cfs_quota_us", limit}, {"cpu.shares", mostShares}, {"cgroup.procs", strconv.Itoa(os.Getpid())},
	} {
		if err := os.WriteFile(filepath.Join(dir, f[0]), []byte(f[1]), 0o644); err != nil {
			return nil, err
		}
	}
	return func() error {
		err := os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o644)
		return errors.Join(err, os.Remove(dir))
	}, nil
}

// ownCPUMax is the cpu.max of this process's control group of version 2, empty
// where there is none.
func ownCPUMax() string {
	groups, _ := os.ReadFile("/proc/self/cgroup") // without it there is none
	for line := range strings.Lines(string(groups)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
				file := filepath.Join(mount, path, "cpu.max")
				if _, err := os.Stat(file); err == nil {
					return file
				}
			}
		}
	}
	return ""
}

// cpuControllerV1 is the root of the CPU controller of version 1.
func cpuControllerV1() (string, error) {
	for _, dir := range []string{"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"} {
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no control group here has a CPU controller")
}
