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
	// Trials counts the whole lines of the journal, scouting included.
	Trials int
	// Problem says why the run cannot be read; the fields above it, ID and Dir
	// apart, are then not known.
	Problem string
}

// List is the runs in OUT/runs, the newest first; those that cannot be read
// come last. There are none where there is no such folder.
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
			// min: 0 for a run that can be read, 1 for one that cannot.
			cmp.Compare(min(len(a.Problem), 1), min(len(b.Problem), 1)),
			b.Started.Compare(a.Started),
			cmp.Compare(b.ID, a.ID),
		)
	})
	return list, nil
}

// Find is the folder of the run that the user named: a path, an ID in
// OUT/runs, a prefix that only one ID has, or "latest".
func Find(out, name string) (dir string, err error) {
	if name == "" {
		return "", fmt.Errorf("find a run: %w: the name is empty; give a path, an ID, the beginning of one, or %q", ErrNotFound, Latest)
	}
	if dir := asPath(name); dir != "" {
		return dir, nil
	}
	list, err := List(out)
	if err != nil {
		return "", err
	}
	if name == Latest {
		return latest(list, out)
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

// asPath is the run's folder where name is the path of one, or of its
// run.json.
func asPath(name string) string {
	if holdsRun(name) {
		return filepath.Clean(name)
	}
	if filepath.Base(name) == RunFile && holdsRun(filepath.Dir(name)) {
		return filepath.Dir(name)
	}
	return ""
}

// latest is the newest run that can be read.
func latest(list []Summary, out string) (string, error) {
	if len(list) == 0 || list[0].Problem != "" {
		return "", fmt.Errorf("find the latest run: %w in %s; %s", ErrNotFound, out, known(list))
	}
	return list[0].Dir, nil
}

// known names the runs that there are, for an error.
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

// holdsRun tells whether the folder has a run.json of any kind.
func holdsRun(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, RunFile))
	return err == nil && !info.IsDir()
}

// summarise reads what a list shows of a run.
func summarise(dir string) Summary {
	s := Summary{ID: filepath.Base(dir), Dir: dir}
	run, err := Header(dir)
	if err != nil {
		s.Problem = err.Error()
		return s
	}
	s.State, s.Started, s.Plan = run.State, run.Started, run.Plan.Name
	s.Trials, err = countLines(filepath.Join(dir, TrialsFile))
	if err != nil {
		s.Problem = err.Error()
	}
	return s
}

// countLines counts the lines of a file that are whole. A file that is not
// there has none.
func countLines(path string) (n int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	buffer := make([]byte, 64<<10)
	for {
		got, err := f.Read(buffer)
		n += bytes.Count(buffer[:got], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			return n, f.Close()
		}
		if err != nil {
			return n, errors.Join(err, f.Close())
		}
	}
}
