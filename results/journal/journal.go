// Package journal keeps a run on disk while it is measured: a folder with
// run.json, rewritten whole and atomically, and trials.jsonl, to which one
// line a trial is appended and synced. A crash loses at most the trial in
// flight: a torn last line is left out on reading and cut off before the next
// append.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/results"
)

// The names of the files in a run's folder.
const (
	RunFile    = "run.json"
	TrialsFile = "trials.jsonl"
)

// RunsFolder is the folder of all runs within an output folder.
const RunsFolder = "runs"

// ErrExists is returned by Create for a folder that holds a run already.
var ErrExists = errors.New("there is a run in this folder already")

// Journal is a run that is being written. One goroutine uses it at a time.
type Journal struct {
	dir    string
	trials *os.File
	// end is the length in bytes of the lines that are whole and synced.
	end int64
	// broken is the failure after which nothing more may be appended, because
	// a torn line could not be cut off.
	broken error
}

// NewID is a run's name made from the time at which it started, in UTC to the
// second, such as "2026-11-21T18-05-33Z". Names sort as times do.
func NewID(t time.Time) string { return t.UTC().Format("2006-01-02T15-04-05Z") }

// Create makes the run's folder, with what is above it, and writes the run
// into it. The folder is OUT/runs/ID.
func Create(dir string, run results.Run) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the run's folder %s: %w (choose another with --out DIR)", dir, err)
	}
	// Both files are looked for: trials without their run are worth keeping.
	for _, name := range []string{RunFile, TrialsFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, fmt.Errorf("create the run in %s: %w: continue it with --resume, or choose another with --out DIR", dir, ErrExists)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("look for a run in %s: %w (choose another with --out DIR)", dir, err)
		}
	}
	j := &Journal{dir: dir}
	if err := j.UpdateRun(run); err != nil {
		return nil, err
	}
	if err := j.openTrials(0); err != nil {
		return nil, err
	}
	return j, nil
}

// Resume opens a stored run to append to it. A line torn by a crash is cut
// off. The run comes with the trials that it has.
func Resume(dir string) (*Journal, results.Run, error) {
	run, end, err := read(dir)
	if err != nil {
		return nil, results.Run{}, err
	}
	j := &Journal{dir: dir}
	if err := j.openTrials(end); err != nil {
		return nil, results.Run{}, err
	}
	return j, run, nil
}

// Dir is the run's folder.
func (j *Journal) Dir() string { return j.dir }

// UpdateRun replaces run.json. A reader, and a machine that loses its power,
// sees the old one or the new one. The trials are not written: see Append.
func (j *Journal) UpdateRun(run results.Run) error {
	run.Schema = results.Schema
	path := filepath.Join(j.dir, RunFile)
	b, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the run for %s: %w", path, err)
	}
	if err := replaceFile(path, append(b, '\n')); err != nil {
		return fmt.Errorf("write the run: %w (free some space, or choose another folder with --out DIR)", err)
	}
	return nil
}

// Append adds one trial and returns when it is on the disk. After an error
// nothing of the trial is in the file, and Append may be tried again.
func (j *Journal) Append(t results.Trial) error {
	if j.broken != nil {
		return j.broken
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode trial %d for %s: %w", t.Index, j.trials.Name(), err)
	}
	line = append(line, '\n')
	n, err := j.trials.Write(line)
	if err == nil {
		err = j.trials.Sync()
	}
	if err == nil {
		j.end += int64(len(line))
		return nil
	}
	err = fmt.Errorf("append trial %d to the journal: %w (free some space, then continue with --resume %s)", t.Index, err, filepath.Base(j.dir))
	if n > 0 {
		err = errors.Join(err, j.cutBack())
	}
	return err
}

// Close closes the files. Everything is on the disk already.
func (j *Journal) Close() error {
	if err := j.trials.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// openTrials opens the trials for appending after the first end bytes and
// drops what follows them.
func (j *Journal) openTrials(end int64) error {
	path := filepath.Join(j.dir, TrialsFile)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("open the journal: %w (choose another folder with --out DIR)", err)
	}
	j.trials, j.end = f, end
	if err := errors.Join(j.trim(), syncFolder(j.dir)); err != nil {
		return errors.Join(fmt.Errorf("open the journal %s: %w", path, err), f.Close())
	}
	return nil
}

// trim drops what follows the whole lines, where something does, and sets the
// next write there.
func (j *Journal) trim() error {
	size, err := j.trials.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size > j.end {
		return j.cutBack()
	}
	return nil
}

// cutBack drops a torn line. Where it cannot, the journal takes nothing more:
// the next line would be glued to the torn one and both would be lost.
func (j *Journal) cutBack() error {
	err := j.trials.Truncate(j.end)
	if err == nil {
		_, err = j.trials.Seek(j.end, io.SeekStart)
	}
	if err == nil {
		err = j.trials.Sync()
	}
	if err != nil {
		j.broken = fmt.Errorf("cut a torn line off %s: %w (nothing more is appended; continue with --resume %s)", j.trials.Name(), err, filepath.Base(j.dir))
		return j.broken
	}
	return nil
}
