package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/joust-bench/joust/results"
)

func TestFullDiskIsReportedWithTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), TrialsFile)
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	j := &Journal{dir: filepath.Dir(path), trials: full}
	err = j.Append(results.Trial{})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("Append on a full disk: %v", err)
	}
}
