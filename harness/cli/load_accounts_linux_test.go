package cli

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/summary"
)

const (
	// calm is the pause of a test's server before an answer: without it a closed
	// loop would take all processor time from its server.
	calm        = time.Millisecond
	rightAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	rightChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
)

// eachEngine runs the test with both engines.
func eachEngine(t *testing.T, test func(t *testing.T, engine string)) {
	t.Helper()
	for _, engine := range []string{"evloop", "portable"} {
		t.Run(engine, func(t *testing.T) { t.Parallel(); test(t, engine) })
	}
}

// loadsOf returns the arguments of a short load of each kind of loop, without a
// warm-up.
func loadsOf(engine string, more ...string) map[string][]string {
	load := append([]string{"load", "-c", "4", "-t", "1", "-d", "500ms", "--warmup", "0s", "--engine", engine}, more...)
	return map[string][]string{"closed": load, "open": append([]string{"-R", "400"}, load...)}
}

// loadServer loads a fresh server once; check compares the load with the server's
// own counts and returns the difference.
func loadServer(t *testing.T, behave func(*enginetest.Peer), args []string, check func(*enginetest.CountingServer, ended) string) {
	t.Helper()
	retry.Often(t, func() string {
		s := enginetest.Start(t, behave)
		defer s.Die()
		c, out, errs := command(t, t.TempDir(), append(args, "http://"+s.Address+"/")...)
		e := ended{exitOf(t, c.Run()), out.String(), errs.String()}
		return check(s, e)
	})
}

// outcome compares the exit code with code and the output with the parts that
// must be there (want) and must not (not). It returns the differences.
func (e ended) outcome(code int, want, not []string) string {
	var wrong []string
	if e.code != code {
		wrong = append(wrong, fmt.Sprintf("exit code %d, want %d", e.code, code))
	}
	for _, part := range want {
		if !strings.Contains(e.out, part) {
			wrong = append(wrong, fmt.Sprintf("nothing says %q", part))
		}
	}
	for _, part := range not {
		if strings.Contains(e.out, part) {
			wrong = append(wrong, fmt.Sprintf("it says %q", part))
		}
	}
	return strings.Join(wrong, "; ")
}

// marksMax matches a largest latency that is printed as a lower bound.
var marksMax = regexp.MustCompile(`(?m)^ +max +≥ `)

// Requests without an answer are counted and reach percentiles.
func TestLoadOfASilentServer(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		for loop, args := range loadsOf(engine) {
			t.Run(loop, func(t *testing.T) {
				t.Parallel()
				const each = 100
				behave := func(p *enginetest.Peer) {
					for n := 1; ; n++ {
						if _, err := p.Next(); err != nil || n == each/int(p.Number) {
							p.Hold()
							return
						}
						time.Sleep(calm)
						p.Send(rightAnswer)
					}
				}
				loadServer(t, behave, args, func(s *enginetest.CountingServer, e ended) string {
					asked := s.Requests.Load()
					wrong := e.outcome(ExitOK, []string{"0 failed, 4 unanswered", fmt.Sprintf("note: 4 of %d requests had no answer", asked), "it is a lower bound"}, nil)
					if wrong == "" && !marksMax.MatchString(e.out) {
						wrong = "the largest latency has no ≥"
					}
					return wrong
				})
			})
		}
	})
}

// Whether requests without an answer have failed cannot be told, so a threshold on
// failures that they would break cannot decide.
func TestLoadWithAThresholdThatCannotBeTold(t *testing.T) {
	t.Parallel()
	behave := func(p *enginetest.Peer) {
		for n := 1; ; n++ {
			if _, err := p.Next(); err != nil || n == 150 {
				p.Hold()
				return
			}
			time.Sleep(calm)
			p.Send(rightAnswer)
		}
	}
	for limit, want := range map[string]struct {
		code int
		says string
	}{"1": {ExitUsage, "not told: 2 requests had no answer"}, "3": {ExitOK, "kept"}} {
		args := []string{"load", "-c", "2", "-t", "1", "-d", "500ms", "--warmup", "0s", "--threshold", "errors<" + limit, "--threshold", "p10<1h"}
		loadServer(t, behave, args, func(_ *enginetest.CountingServer, e ended) string {
			return e.outcome(want.code, []string{"0 failed, 2 unanswered", want.says}, []string{"void:"})
		})
	}
}

// A server that loses requests is not saturated, so its timeouts are failures.
func TestLoadOfARateWithTimeouts(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	behave := func(p *enginetest.Peer) {
		for {
			if _, err := p.Next(); err != nil || asked.Add(1)%10 == 0 {
				p.Hold()
				return
			}
			p.Send(rightAnswer)
		}
	}
	args := []string{"load", "-c", "4", "-t", "1", "-n", "100", "-R", "200", "--timeout", "300ms"}
	loadServer(t, behave, args, func(_ *enginetest.CountingServer, e ended) string {
		return e.outcome(ExitOK, []string{"90 right, 10 failed, 0 unanswered", "failed      10 of 100 requests (10.0 %)", "the first: "}, []string{"failed to pace", "void:"})
	})
}

// Requests that hang in the warm-up alone void nothing, and are reported.
func TestLoadWithAHungWarmUp(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		behave := func(p *enginetest.Peer) {
			for {
				if _, err := p.Next(); err != nil || p.Number <= 4 {
					p.Hold()
					return
				}
				time.Sleep(calm)
				p.Send(rightAnswer)
			}
		}
		args := []string{"load", "-c", "4", "-t", "1", "-d", "300ms", "--warmup", "200ms", "--drain", "200ms", "--engine", engine}
		loadServer(t, behave, args, func(_ *enginetest.CountingServer, e ended) string {
			return e.outcome(ExitOK, []string{"note: in the warm-up 4 of 4 requests had no answer", " 0 failed, 0 unanswered"}, []string{"void:"})
		})
	})
}

// Answers that no request asked for void a load by their own name.
func TestLoadOfAServerThatAnswersTwice(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		for name, c := range map[string]struct {
			send string
			more []string
		}{
			"in one write":            {rightAnswer + rightAnswer, nil},
			"pipelined":               {rightAnswer + rightAnswer, []string{"--depth", "2"}},
			"to a body":               {rightAnswer + rightAnswer, []string{"-b", "hello"}},
			"bytes behind the chunks": {rightChunks + "surplus", nil},
		} {
			for loop, args := range loadsOf(engine, c.more...) {
				t.Run(name+", "+loop, func(t *testing.T) {
					t.Parallel()
					behave := func(p *enginetest.Peer) {
						for {
							if _, err := p.Next(); err != nil {
								return
							}
							time.Sleep(calm)
							p.Send(c.send)
						}
					}
					loadServer(t, behave, args, func(_ *enginetest.CountingServer, e ended) string {
						return e.outcome(ExitVoid, []string{"void: the server sent ", " that no request asked for"}, nil)
					})
				})
			}
		}
	})
}

// A close behind a right answer is no failure and costs no wait.
func TestLoadOfAServerThatClosesUnannounced(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		for loop, args := range loadsOf(engine) {
			t.Run(loop, func(t *testing.T) {
				t.Parallel()
				behave := func(p *enginetest.Peer) {
					if _, err := p.Next(); err == nil {
						time.Sleep(calm)
						p.SendLast(rightAnswer)
					}
				}
				loadServer(t, behave, args, func(s *enginetest.CountingServer, e ended) string {
					asked := grouped(s.Requests.Load())
					return e.outcome(ExitOK, []string{
						asked + " right, 0 failed, 0 unanswered", asked + " reconnected", asked + " closed by the server unannounced",
					}, []string{"void:", "before connecting anew"})
				})
			})
		}
	})
}

// grouped returns a number as the summary prints it.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + " " + text[at:]
	}
	return text
}

// The loader's own wait before it connects anew is never the server's doing.
func TestLoadOfAServerThatClosesAtOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		for loop, args := range loadsOf(engine) {
			t.Run(loop, func(t *testing.T) {
				t.Parallel()
				loadServer(t, func(*enginetest.Peer) {}, args, func(_ *enginetest.CountingServer, e ended) string {
					return e.outcome(ExitVoid, []string{
						"4 open of 4", " before connecting anew, over all connections", "before it connected anew the loader waited for ", "the numbers show its waiting, not the server",
					}, []string{"saturated", "failed to pace"})
				})
			})
		}
	})
}

// A loader that was stopped says so, and its numbers do not blame the server.
func TestLoadThatIsStopped(t *testing.T) {
	t.Parallel()
	for loop, more := range map[string][]string{"closed": nil, "open": {"-R", "500"}} {
		t.Run(loop, func(t *testing.T) {
			t.Parallel()
			want := []string{"the loader stood still for "}
			retry.Often(t, func() string {
				e := stoppedLoad(t, more)
				if wrong := e.outcome(ExitOK, want, []string{"void:"}); wrong != "" {
					return wrong + ": " + e.String()
				}
				return ""
			})
		})
	}
}

// stoppedLoad runs a load whose process is stopped for a fifth of its window.
func stoppedLoad(t *testing.T, more []string) ended {
	t.Helper()
	s := enginetest.Start(t, enginetest.Answering(calm, rightAnswer))
	args := append([]string{"load", "http://" + s.Address + "/", "-c", "4", "-t", "1", "-d", "3s", "--warmup", "0s"}, more...)
	c, out, errs := command(t, t.TempDir(), args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// Four connections ask 400 times at most in the lead-in of 0.1 s.
	await(t, "the window", func() bool { return s.Requests.Load() > 500 })
	stopFor(t, c.Process.Pid, 600*time.Millisecond)
	return ended{exitOf(t, c.Wait()), out.String(), errs.String()}
}

// stopFor stops a process for that long.
func stopFor(t *testing.T, pid int, d time.Duration) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// The defaults give a usable answer at every rate that is kept, however low it is:
// the loader's lag is a note. Only a machine with time to spare keeps a rate.
func TestLoadAtAnyRate(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	for _, rate := range []string{"1", "10", "100", "1000", "2000"} {
		t.Run(rate, func(t *testing.T) {
			t.Parallel()
			e := joustUntil(t, func(e ended) bool { return keptRate(t, e) }, "load", s.URL, "-R", rate, "-d", "2s", "--format", "json")
			var d summary.Document
			if err := json.Unmarshal([]byte(e.out), &d); err != nil {
				t.Fatal(err)
			}
			if e.code != ExitOK || !d.Verdict.Valid || d.Verdict.Bottleneck != "" || strings.Contains(e.out, `"loader-behind"`) {
				t.Errorf("the rate was kept: exit code %d, %+v, %s", e.code, d.Verdict, e.errors)
			}
		})
	}
}

// keptRate reports whether a load achieved its rate and nothing failed.
func keptRate(t *testing.T, e ended) bool {
	t.Helper()
	var d summary.Document
	if err := json.Unmarshal([]byte(e.out), &d); err != nil {
		t.Fatalf("%v in %s%s", err, e.out, e.errors)
	}
	p, limits := d.Report.Measured(), results.DefaultThresholds()
	return d.Errors == 0 && p.Unanswered == 0 && float64(p.Rate.Achieved) >= limits.KeptRate*float64(p.Rate.Offered) && p.Rate.BacklogT1 == 0
}
