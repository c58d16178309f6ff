package keeper

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A log holds everything, or its first and last bytes with a line between them
// that accounts for the rest, and never more than its cap.
func TestCapLogLaw(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(minLogCap, 2000).Draw(t, "limit")
		log, err := openLog(path, limit)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		var all strings.Builder
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, 1500), 0, 12).Draw(t, "sizes") {
			line := strings.Repeat(fmt.Sprintf("%d.", i), n)[:n]
			all.WriteString(line)
			log.Write([]byte(line))
			// A flush in between must not change what follows.
			if rapid.Bool().Draw(t, "flush") {
				checkCapLog(t, log, path, limit, all.String())
			}
		}
		checkCapLog(t, log, path, limit, all.String())
	})
}

func checkCapLog(t *rapid.T, log *capLog, path string, limit int64, all string) {
	if err := log.Flush(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := string(content)
	if int64(len(all)) <= limit {
		if got != all {
			t.Fatalf("the log of %d bytes is not what was written, %d bytes", len(got), len(all))
		}
		return
	}
	head, end, ok := strings.Cut(got, "\n[joust cut ")
	if !ok {
		t.Fatalf("no line names a cut in %q", got)
	}
	var missing int
	if _, err := fmt.Sscanf(end, "%d bytes here]\n", &missing); err != nil {
		t.Fatal(err)
	}
	_, end, _ = strings.Cut(end, "]\n")
	if !strings.HasPrefix(all, head) || !strings.HasSuffix(all, end) || len(head)+missing+len(end) != len(all) {
		t.Fatalf("%d bytes, %d missing and %d bytes are not the ends of %d bytes", len(head), missing, len(end), len(all))
	}
	if int64(len(got)) > limit || int64(len(head)) < limit/2-1 || int64(len(end)) < limit/2-cutRoom-1 {
		t.Fatalf("of %d bytes allowed, the log holds %d: %d and %d", limit, len(got), len(head), len(end))
	}
}

func TestCapLogReportsFailure(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	log, err := openLog("/dev/full", 0)
	if err != nil {
		t.Fatal(err)
	}
	log.Write([]byte("lost"))
	log.Write([]byte("dropped"))
	if err := log.Close(); err == nil || !strings.Contains(err.Error(), "writing the log") {
		t.Errorf("error is %v", err)
	}
}

func TestWriteLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	for limit, want := range map[int64]int{minLogCap: minLogCap, 0: 5000} {
		if err := WriteLog(path, limit, make([]byte, 5000)); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(path); err != nil || len(text) > want || len(text) < want-cutRoom {
			t.Errorf("a log of at most %d bytes has %d, %v", limit, len(text), err)
		}
	}
}
