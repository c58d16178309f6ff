package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// trialsEnv asks for more trials than a suite has time for: memory is
	// compared after that many and after ten times as many.
	trialsEnv = "JOUST_TEST_TRIALS"
	// growth is how much more memory joust may then hold, in bytes.
	growth = 16 << 20
)

// TestMemoryDoesNotGrowWithTrials attaches a server of this process by its URL and
// reads the resident memory of joust twice.
func TestMemoryDoesNotGrowWithTrials(t *testing.T) {
	t.Parallel()
	few := numberFrom(t, trialsEnv, 3)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "7")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		_, _ = w.Write([]byte("alive\r\n")) // the loader counts what fails
	}))
	defer server.Close()
	s := newSite(t)
	manifest := "title: here\nlanguage: Go\nprotocols: [h1]\nscenarios: [hello]\nurl: " + server.URL + "\n"
	if err := os.MkdirAll(s.path("servers", "here"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path("servers", "here", "server.yaml"), []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	p := s.joust(t, s.run("--servers", "here", "--trials", strconv.Itoa(10*few+1), "--duration", "20ms")...)
	var resident [2]int64
	for i, trials := range []int{few, 10 * few} {
		line := fmt.Sprintf("block %d of %d done", trials, 10*few+1)
		p.within(time.Duration(10*few)*10*time.Second, line, func() bool { return strings.Contains(p.out.String(), line) })
		resident[i] = residentBytes(t, p.cmd.Process.Pid)
	}
	<-p.done
	t.Logf("joust held %.1f MB after %d trials and %.1f MB after %d", megabytes(resident[0]), few, megabytes(resident[1]), 10*few)
	if more := resident[1] - resident[0]; more > growth {
		t.Errorf("joust holds %.1f MB more after ten times as many trials, at most %.1f are allowed", megabytes(more), megabytes(growth))
	}
}

func megabytes(b int64) float64 { return float64(b) / (1 << 20) }

// residentBytes is the resident memory of a process.
func residentBytes(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
