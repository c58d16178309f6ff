package profile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/joust-bench/joust/results"
)

// samplesPerSecond is the rate at which perf samples. It is no multiple of the kernel's
// ticks, whose work it would sample too often or never.
const samplesPerSecond = "199"

// perf samples the CPU time of the processes.
func (p Plan) perf(ctx context.Context, pids []int, d time.Duration) error {
	var list []string
	for _, pid := range pids {
		list = append(list, strconv.Itoa(pid))
	}
	_, err := output(ctx, "perf", "record", "-q", "-g", "-F", samplesPerSecond, "-o", p.file("perf.data"),
		"-p", strings.Join(list, ","), "--", "sleep", strconv.FormatFloat(d.Seconds(), 'f', 3, 64))
	return err
}

// readPerf summarises the samples by perf's own report.
func (p Plan) readPerf(ctx context.Context, out *results.Profile) error {
	out.File, out.Of = p.file("perf.data"), "CPU time"
	out.Show = "perf report -i FILE"
	text, err := output(ctx, "perf", "report", "-i", out.File, "--stdio", "--no-children", "-g", "none", "--sort", "symbol")
	if err != nil {
		return err
	}
	out.Top = top(perfShares(text))
	return nil
}

// perfShares reads lines such as "    12.34%  [k] tcp_sendmsg" of perf report --stdio.
// Some versions add columns of their own.
func perfShares(text []byte) map[string]float64 {
	line := regexp.MustCompile(`^\s*([0-9.]+)%\s+\[.\]\s+(.*?)(\s{2,}.*)?$`)
	shares := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			if share, err := strconv.ParseFloat(m[1], 64); err == nil {
				shares[m[2]] += share
			}
		}
	}
	return shares
}

// output runs a program to its end and returns its standard output. The error has the
// last words of a program that failed.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, time.Second
	// The group ends as a whole: perf has a child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("%s is not on PATH: install it (packages: %s)", name, packages()[name])
	}
	if err != nil {
		said := strings.TrimSpace(stderr.String() + stdout.String())
		return nil, fmt.Errorf("%s %s: %w: %s", name, args[0], err, said[max(0, len(said)-mostSaid):])
	}
	return stdout.Bytes(), nil
}

// mostSaid bounds the last words of a failed program, in bytes.
const mostSaid = 400

// packages returns the Debian package of each program that profiles need.
func packages() map[string]string {
	return map[string]string{"perf": "linux-perf", "jcmd": "default-jdk-headless", "jfr": "default-jdk-headless"}
}
