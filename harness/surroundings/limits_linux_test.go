package surroundings

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// The texts are of Linux 6.18, shortened.
func TestProcessFilesAreRead(t *testing.T) {
	t.Parallel()
	const limits = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max stack size            8388608              unlimited            bytes     
Max core file size        0                    unlimited            bytes     
Max processes             63704                63705                processes 
Max open files            1048576              1048577              files     
Max locked memory         67108864             67108865             bytes     
Max address space         unlimited            unlimited            bytes     
`
	want := map[string]string{
		"stack soft": "8388608", "stack hard": "unlimited", "core soft": "0", "core hard": "unlimited",
		"nproc soft": "63704", "nproc hard": "63705", "nofile soft": "1048576", "nofile hard": "1048577",
		"memlock soft": "67108864", "memlock hard": "67108865", "as soft": "unlimited", "as hard": "unlimited",
	}
	if d := cmp.Diff(want, limitsOf(limits)); d != "" {
		t.Errorf("limits (-want +got):\n%s", d)
	}
	if got := umaskOf("Name:\tcat\nUmask:\t0027\nState:\tR (running)\n"); got != "0027" {
		t.Errorf("the umask is %q", got)
	}
	if got := umaskOf("Name:\tcat\nState:\tR (running)\n"); got != "" {
		t.Errorf("a missing umask is %q", got)
	}
}

func TestReadsOwnSurroundings(t *testing.T) {
	t.Parallel()
	s := Read(os.Getpid())
	if s.Umask == "" || s.Limits["nofile soft"] == "" || s.Niceness == nil || *s.Niceness < -20 || *s.Niceness > 19 {
		t.Errorf("%+v", s)
	}
	if s := Read(0); s.Umask != "" || s.Limits != nil {
		t.Errorf("of no process: %+v", s)
	}
}

func TestLimitNotesItself(t *testing.T) {
	t.Parallel()
	limits := map[string]string{}
	Limit{Name: "stack", Soft: 8 << 20, Hard: unix.RLIM_INFINITY}.Note(limits)
	if d := cmp.Diff(map[string]string{"stack soft": "8388608", "stack hard": "unlimited"}, limits); d != "" {
		t.Error(d)
	}
}
