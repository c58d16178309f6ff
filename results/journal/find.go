package journal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// ErrNotFound is returned by Find when no stored run, or more than one, has
// the name.
var ErrNotFound = errors.New("no such run")

// Latest is the name by which Find knows the newest run.
const Latest = "latest"

// Summary is one line of a list of runs.
type Summary struct {
	// ID is the folder's name; Dir its path.
	ID, Dir string
	State   results.RunState
	Started time.Time
	// Plan is the plan's name.
	Plan string
	// Duel is true for a duel, which cannot be resumed; Command is the command line
	// that began the run.
	Duel    bool
	Command []string
	// Trials counts the whole lines of the journal, scouting included.
	Trials int
	// Problem says why the run cannot be read; empty for one that can. With a
	// problem only ID and Dir are known.
	Problem string
}

// List returns the runs in OUT/runs, the newest first; those that cannot be read
// come last. Without the folder there are no runs.
func List(out string) ([]Summary, error) {
	folder := filepath.Join(out, RunsFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	var list []Summary
	for _, e := range entries {
		dir := filepath.Join(folder, e.Name())
		if holdsRun(dir) {
			list = append(list, summarise(dir))
		}
	}
	slices.SortFunc(list, func(a, b Summary) int {
		return cmp.Or(
			// min gives 0 for a run without a problem, 1 for one with.
			cmp.Compare(min(len(a.Problem), 1), min(len(b.Problem), 1)),
			b.Started.Compare(a.Started),
			cmp.Compare(b.ID, a.ID),
		)
	})
	return list, nil
}

// Find returns the folder of the run that the user named: a path, an ID in
// OUT/runs, a prefix that only one ID has, or "latest".
func Find(out, name string) (dir string, err error) {
	if name == "" {
		return "", fmt.Errorf("find a run: %w: the name is empty; give a path, an ID, the beginning of one, or %q", ErrNotFound, Latest)
	}
	if holdsRun(name) {
		return filepath.Clean(name), nil
	}
	if dir := filepath.Dir(name); filepath.Base(name) == RunFile && holdsRun(dir) {
		return dir, nil
	}
	list, err := List(out)
	if err != nil {
		return "", err
	}
	if name == Latest {
		if len(list) == 0 || list[0].Problem != "" {
			return "", fmt.Errorf("find the latest run: %w in %s; %s", ErrNotFound, out, known(list))
		}
		return list[0].Dir, nil
	}
	var matches []Summary
	for _, s := range list {
		if s.ID == name {
			return s.Dir, nil
		}
		if strings.HasPrefix(s.ID, name) {
			matches = append(matches, s)
		}
	}
	switch len(matches) {
	case 1:
		return matches[0].Dir, nil
	case 0:
		return "", fmt.Errorf("find the run %q: %w in %s; %s", name, ErrNotFound, out, known(list))
	}
	return "", fmt.Errorf("find the run %q: %w: the name begins several; %s", name, ErrNotFound, known(matches))
}

// known names the runs of the list for an error.
func known(list []Summary) string {
	if len(list) == 0 {
		return "there are no runs there yet (joust run makes one)"
	}
	const most = 10
	var ids []string
	for _, s := range list[:min(len(list), most)] {
		ids = append(ids, s.ID)
	}
	if len(list) > most {
		ids = append(ids, fmt.Sprintf("and %d older", len(list)-most))
	}
	return "the runs are: " + strings.Join(ids, ", ")
}

// holdsRun reports whether the folder has a run.json of any kind.
func holdsRun(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, RunFile))
	return err == nil && !info.IsDir()
}

// summarise reads a run for a list.
func summarise(dir string) Summary {
	s := Summary{ID: filepath.Base(dir), Dir: dir}
	run, err := Header(dir)
	if err == nil {
		s.State, s.Started, s.Plan = run.State, run.Started, run.Plan.Name
		s.Duel, s.Command = run.Duel != nil, run.CommandLine
		s.Trials, err = countLines(filepath.Join(dir, TrialsFile))
	}
	if err != nil {
		s.Problem = err.Error()
	}
	return s
}

// countLines counts the whole lines of a file; 0 for a missing file.
func countLines(path string) (int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var n lineCounter
	_, err = io.Copy(&n, f)
	return int(n), errors.Join(err, f.Close())
}

// lineCounter counts the line ends that are written to it.
type lineCounter int

func (n *lineCounter) Write(b []byte) (int, error) {
	*n += lineCounter(bytes.Count(b, []byte{'\n'}))
	return len(b), nil
}
