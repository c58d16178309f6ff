package cli

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/enginetest"
)

// A server that goes away ends the load, which says so and blames nobody else.
func TestLoadOfAServerThatGoesAway(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		for name, more := range map[string][]string{
			"a number of requests": {"-n", "1000"},
			"a long window":        {"-d", "1h", "--warmup", "0s"},
			"a rate":               {"-d", "1h", "--warmup", "0s", "-R", "100"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				const answers = 5
				fifth := make(chan struct{})
				s := enginetest.Start(t, func(p *enginetest.Peer) {
					for {
						if _, err := p.Next(); err != nil {
							return
						}
						switch p.Server.Answers.Add(1) {
						case answers:
							p.Send(rightAnswer)
							close(fifth)
						case 1, 2, 3, 4:
							p.Send(rightAnswer)
						}
					}
				})
				go func() { <-fifth; s.Die() }()
				c, out, errs := command(t, t.TempDir(), append(more, "load", "-c", "4", "-t", "1", "--connect-timeout", "500ms", "--engine", engine, "http://"+s.Address+"/")...)
				e := ended{exitOf(t, c.Run()), out.String(), errs.String()}
				if wrong := e.outcome(ExitVoid, []string{"void: the server went away after 5 answers: no connection could be made in the last ", "connection refused", "\n  attempts "}, []string{"pace", "before it connected anew", "open at one time"}); wrong != "" {
					t.Errorf("%s:\n%s%s", wrong, e.out, e.errors)
				}
			})
		}
	})
}

// Requests that end their connection, and servers that end idle ones with a 408, make
// no failure.
func TestLoadOfConnectionsThatEnd(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine string) {
		t.Run("as the requests ask", func(t *testing.T) {
			t.Parallel()
			once := func(p *enginetest.Peer) {
				if _, err := p.Next(); err == nil {
					time.Sleep(calm)
					p.Send(rightAnswer)
				}
			}
			for _, field := range []string{"Connection: close", "connection: TE, Close"} {
				loadServer(t, once, []string{"load", "-c", "4", "-t", "1", "-n", "40", "-H", field, "--latency-from", "connect", "--engine", engine}, func(_ *enginetest.CountingServer, e ended) string {
					return e.outcome(ExitOK, []string{"40 right, 0 failed, 0 unanswered", "40 closed as the requests asked", "service time, from before the connect "}, []string{"void:", "before connecting anew"})
				})
			}
		})
		t.Run("idle with a 408", func(t *testing.T) {
			t.Parallel()
			impatient := func(p *enginetest.Peer) {
				for {
					_ = p.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
					if _, err := p.Next(); err != nil {
						p.Send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
						return
					}
					p.Send(rightAnswer)
				}
			}
			loadServer(t, impatient, []string{"load", "-c", "8", "-t", "1", "-R", "10", "-d", "1s", "--warmup", "0s", "--engine", engine}, func(_ *enginetest.CountingServer, e ended) string {
				return e.outcome(ExitOK, []string{" 0 failed, 0 unanswered", " closed idle by the server with a 408"}, []string{"void:", "before connecting anew", "no request asked for"})
			})
		})
	})
}
