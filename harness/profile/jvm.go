package profile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// recording is the name of joust's Flight Recorder recording.
const recording = "joust"

// jvm has the JVM's own Flight Recorder record. The first process that is a JVM is
// asked: a launcher may stand before it.
func (p Plan) jvm(ctx context.Context, pids []int, d time.Duration) error {
	var pid string
	var errs []error
	for _, candidate := range pids {
		pid = strconv.Itoa(candidate)
		_, err := output(ctx, "jcmd", pid, "JFR.start", "name="+recording, "settings=profile")
		if err == nil {
			errs = nil
			break
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
	}
	_, err := output(ctx, "jcmd", pid, "JFR.stop", "name="+recording, "filename="+p.file("recording.jfr"))
	return err
}

// readJVM summarises the samples by the methods that ran.
func (p Plan) readJVM(ctx context.Context, out *results.Profile) error {
	out.File, out.Of = p.file("recording.jfr"), "CPU time in Java code"
	out.Show = "jfr print --events jdk.ExecutionSample FILE"
	if _, err := os.Stat(out.File); err != nil {
		return fmt.Errorf("the recorder left no file: %w", err)
	}
	text, err := output(ctx, "jfr", "print", "--events", "jdk.ExecutionSample", "--stack-depth", "1", out.File)
	if err != nil {
		return err
	}
	counts := jfrSamples(text)
	out.Top, out.Samples = top(counts), int64(sum(counts))
	return nil
}

// jfrSamples counts the samples of each method in the text of jfr print: the line behind
// "stackTrace = [" names it, as in "Server.answer(int) line: 12".
func jfrSamples(text []byte) map[string]float64 {
	counts := map[string]float64{}
	lines, next := bufio.NewScanner(bytes.NewReader(text)), false
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if next {
			method, _, _ := strings.Cut(line, " line:")
			counts[method]++
		}
		next = line == "stackTrace = ["
	}
	return counts
}
