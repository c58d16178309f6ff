// Package journal keeps a run on disk while it is measured: a folder with
// run.json, rewritten whole and atomically, and trials.jsonl, to which one
// line a trial is appended and synced. A crash loses at most the trial in
// flight: a torn last line is left out on reading and cut off before the next
// append. A run that is written has one owner, the process that holds the lock
// in its folder; reading takes no lock.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
)

// The names of the files in a run's folder.
const (
	RunFile    = "run.json"
	TrialsFile = "trials.jsonl"
	// LockFile names the process that owns the folder and is there as long as
	// that one writes. One that a killed process left locks nothing.
	LockFile = "owner.lock"
)

// RunsFolder is the folder of all runs within an output folder.
const RunsFolder = "runs"

// ErrExists is returned by Create for a folder that holds a run already, or in
// which another process is about to make one.
var ErrExists = errors.New("there is a run in this folder already")

// Journal is a run that is being written. One goroutine uses it at a time.
type Journal struct {
	dir string
	// owner is held from before the folder is read until Close.
	owner *files.Lock
	// trials is open for appending: no write can change a line that is there.
	trials *os.File
	// broken is the failure after which nothing more may be appended, because
	// a torn line could not be cut off.
	broken error
}

// NewID is a run's name made from the time at which it started, in UTC to the
// second, such as "2026-11-21T18-05-33Z". Names sort as times do.
func NewID(t time.Time) string { return t.UTC().Format("2006-01-02T15-04-05Z") }

// Create makes the run's folder, with what is above it, and writes the run
// into it. The folder is OUT/runs/ID. The caller owns it until Close.
func Create(dir string, run results.Run) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the run's folder %s: %w (choose another with --out DIR)", dir, err)
	}
	j, err := own(dir)
	var held *files.HeldError
	if errors.As(err, &held) {
		return nil, fmt.Errorf("create the run in %s: %w: %w", dir, ErrExists, held)
	}
	if err != nil {
		return nil, err
	}
	if err := j.begin(run); err != nil {
		return nil, errors.Join(err, j.owner.Remove())
	}
	return j, nil
}

// begin writes the first files of a run into an owned folder.
func (j *Journal) begin(run results.Run) error {
	// Both files are looked for: trials without their run are worth keeping.
	for _, name := range []string{RunFile, TrialsFile} {
		if _, err := os.Lstat(filepath.Join(j.dir, name)); err == nil {
			return fmt.Errorf("create the run in %s: %w: continue it with --resume, or choose another with --out DIR", j.dir, ErrExists)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for a run in %s: %w (choose another with --out DIR)", j.dir, err)
		}
	}
	if err := j.UpdateRun(run); err != nil {
		return err
	}
	return j.openTrials(0)
}

// Resume opens a stored run to append to it. A line torn by a crash is cut
// off. The run comes with the trials that it has, as Outline reads them. The
// caller owns the folder until Close; where another process does, the error is a
// *files.HeldError and nothing was read.
func Resume(dir string) (*Journal, results.Run, error) {
	j, err := own(dir)
	if err != nil {
		return nil, results.Run{}, err
	}
	run, whole, err := read(dir, true)
	if err == nil {
		err = j.openTrials(whole)
	}
	if err != nil {
		return nil, results.Run{}, errors.Join(err, j.owner.Remove())
	}
	return j, run, nil
}

// own makes this process the only one that writes into the folder.
func own(dir string) (*Journal, error) {
	lock, err := files.TryLock(filepath.Join(dir, LockFile), 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the run's folder %s: %w (choose another with --out DIR)", dir, err)
	}
	return &Journal{dir: dir, owner: lock}, nil
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
	if err := files.Replace(path, append(b, '\n')); err != nil {
		return fmt.Errorf("write the run: %w (free some space, or choose another folder with --out DIR)", err)
	}
	return nil
}

// Append adds what the journal keeps of a trial and returns when it is on the
// disk. After an error nothing of the trial is in the file, and Append may be
// tried again.
func (j *Journal) Append(t results.Trial) error {
	if j.broken != nil {
		return j.broken
	}
	line, err := Line(t)
	if err != nil {
		return fmt.Errorf("append to %s: %w", j.trials.Name(), err)
	}
	before, err := j.trials.Stat()
	if err != nil {
		return fmt.Errorf("append trial %d to the journal: %w", t.Index, err)
	}
	n, err := j.trials.Write(line)
	if err == nil {
		err = j.trials.Sync()
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("append trial %d to the journal: %w (free some space, then continue with --resume %s)", t.Index, err, filepath.Base(j.dir))
	if n > 0 {
		err = errors.Join(err, j.cutBack(before.Size()))
	}
	return err
}

// Close closes the files and gives the folder up. Everything is on the disk
// already.
func (j *Journal) Close() error {
	if err := errors.Join(j.trials.Close(), j.owner.Remove()); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// openTrials opens the trials for appending. Of what is there it keeps the
// first whole bytes, which are whole lines, and drops the torn line after them.
func (j *Journal) openTrials(whole int64) error {
	path := filepath.Join(j.dir, TrialsFile)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open the journal: %w (choose another folder with --out DIR)", err)
	}
	j.trials = f
	info, err := f.Stat()
	if err == nil && info.Size() > whole {
		err = j.cutBack(whole)
	}
	if err := errors.Join(err, files.SyncFolder(j.dir)); err != nil {
		return errors.Join(fmt.Errorf("open the journal %s: %w", path, err), f.Close())
	}
	return nil
}

// cutBack drops the torn line after the whole lines, which take that many
// bytes. Where it cannot, the journal takes nothing more: the next line would be
// glued to the torn one and both would be lost.
func (j *Journal) cutBack(whole int64) error {
	err := j.trials.Truncate(whole)
	if err == nil {
		err = j.trials.Sync()
	}
	if err != nil {
		j.broken = fmt.Errorf("cut a torn line off %s: %w (nothing more is appended; continue with --resume %s)", j.trials.Name(), err, filepath.Base(j.dir))
		return j.broken
	}
	return nil
}
