package cli

import (
	"strings"
	"syscall"
	"testing"

	"github.com/joust-bench/joust/results"
)

// Ctrl-C ends a duel cleanly: its trials are stored, and no process remains. Until
// then no other joust can write its folder.
func TestInterruptedDuel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "good", nil)
	p := s.joust(t, "duel", "--servers-dir", s.path("servers"), "--a", "good", "--b", "good,arg=slow",
		"--duration", "5s", "--warmup", "0s", "--clients", "4")
	p.until("the first window", func() bool { return s.events("loaded") > 0 })
	again := "is not resumed, measure it again: joust duel --servers-dir " + s.path("servers") + " --a good --b good,arg=slow --duration 5s"
	resumed := strings.Replace(again, "resumed,", "resumed:", 1)
	text := s.joust(t, "run", "--resume", "latest", "--servers-dir", s.path("servers")).ends(patience, ExitUsage)
	says(t, text, " is a duel, and a duel "+resumed)
	p.signal(syscall.SIGINT)
	text = p.ends(patience, ExitInterrupted)
	says(t, text, "interrupted by Ctrl-C", "interrupted: a duel "+again)
	says(t, s.joust(t, "list", "runs").ends(patience, ExitOK), " interrupted ", "; a duel "+again)
	if _, run := s.stored(t); run.State != results.RunInterrupted || run.Duel == nil || run.Duel.Answer != results.DuelUndecided {
		t.Errorf("state %s, duel %+v", run.State, run.Duel)
	}
}
