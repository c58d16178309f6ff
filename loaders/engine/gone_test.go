package engine_test

import (
	"net"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

// A server goes away: the load ends by itself, and soon. One that comes back finds the
// load going on.
func TestServerGoesAway(t *testing.T)  { overEngines(t, serverGoesAway) }
func TestServerComesBack(t *testing.T) { overEngines(t, serverComesBack) }

// serverGoesAway ends the server behind a few answers of a load that has a number of
// requests and no bound in time, or a long window.
func serverGoesAway(t *testing.T, e loaders.Loader) {
	const answers = 5
	counted := enginetest.Closed(24 * time.Hour)
	counted.Count = 1000
	open := enginetest.Open(100, time.Hour)
	for name, phase := range map[string]loaders.Phase{"counted": counted, "closed": enginetest.Closed(time.Hour), "open": open} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			die := make(chan struct{}, 1)
			server := enginetest.Start(t, func(p *enginetest.Peer) {
				for {
					if _, err := p.Next(); err != nil {
						return
					}
					if p.Server.Answers.Add(1) > answers {
						select {
						case die <- struct{}{}:
						default:
						}
						return
					}
					p.Send(enginetest.RightAnswer)
				}
			})
			go func() { <-die; server.Die() }()
			second := phase
			second.Name = "second"
			spec := enginetest.Spec(phase, second)
			spec.Target.Address, spec.ConnectTimeout, spec.Threads = server.Address, 500*time.Millisecond, 2
			report := enginetest.Drive(t, e, spec, &enginetest.Steer{})
			for i := range report.Phases {
				p := &report.Phases[i]
				if p.GoneNS < int64(spec.ConnectTimeout) {
					t.Errorf("phase %s: the server was gone for %d ns, the phase waits for %v", p.Name, p.GoneNS, spec.ConnectTimeout)
				}
				if window := p.WindowNS(); window > int64(patience) {
					t.Errorf("phase %s has a window of %d ns", p.Name, window)
				}
			}
			first, after := &report.Phases[0], &report.Phases[1]
			if first.Right() != answers || first.Asked > answers+uint64(2*spec.Connections) {
				t.Errorf("%d right of %d asked, want %d of at most %d more", first.Right(), first.Asked, answers, 2*spec.Connections)
			}
			if after.Asked != 0 || first.FailedConnects() == 0 {
				t.Errorf("%d requests of a server that is gone, connection errors %v", after.Asked, first.ConnectionErrors)
			}
		})
	}
}

// patience bounds the window of a load whose server is gone.
const patience = 20 * time.Second

// serverComesBack restarts the server. The load finds it again and goes on to its end.
func serverComesBack(t *testing.T, e loaders.Loader) {
	retry.Often(t, func() string {
		server := enginetest.Start(t, enginetest.Good(calm))
		spec := enginetest.Spec(enginetest.Closed(1200 * time.Millisecond))
		spec.Target.Address = server.Address
		back := make(chan net.Listener, 1)
		steer := enginetest.Steer{OnWindow: func(loaders.Window) {
			time.AfterFunc(200*time.Millisecond, func() {
				server.Die()
				time.AfterFunc(250*time.Millisecond, func() {
					back <- enginetest.Accept(t, "tcp", server.Address, answerAll)
				})
			})
		}}
		report := enginetest.Drive(t, e, spec, &steer)
		_ = (<-back).Close()
		p := &report.Phases[0]
		switch {
		case p.GoneNS != 0:
			return "the server came back, and counts as gone"
		case p.FailedConnects() == 0 || p.Reconnects == 0:
			return "the server went away unnoticed"
		case p.WindowNS() != int64(1200*time.Millisecond) || p.Loop != results.ClosedLoop:
			return "the window did not last as long as it was asked to"
		}
		return ""
	})
}

// answerAll answers all requests of one connection.
func answerAll(c net.Conn) {
	buf := make([]byte, 4<<10)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		time.Sleep(calm)
		if _, err := c.Write([]byte(enginetest.RightAnswer)); err != nil {
			return
		}
	}
}
