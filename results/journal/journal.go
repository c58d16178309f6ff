// Package journal stores a run on disk while it is measured: a folder with
// run.json, which is replaced whole, and trials.jsonl, to which one line a trial
// is appended and synced. A crash loses at most the trial in flight: readers
// ignore a torn last line, and the next append cuts it off. One process at a time
// writes a run, the one that holds the lock in its folder; reading takes no lock.
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
	// LockFile is locked and names the process that owns the folder, while that
	// process writes. The file of a killed process locks nothing.
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
	// broken is set once a torn line could not be cut off: nothing more may be
	// appended.
	broken error
}

// NewID returns the name of a run that started at the time, in UTC to the second,
// such as "2026-11-21T18-05-33Z". Names sort as times do.
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
	// Trials without their run.json are worth protecting too.
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

// Resume opens a stored run to append to it, and cuts off a line that a crash
// tore. It returns the run as Outline does. The caller owns the folder until
// Close; where another process does, the error is a *files.HeldError and nothing
// was read.
func Resume(dir string) (*Journal, results.Run, error) {
	j, err := own(dir)
	if err != nil {
		return nil, results.Run{}, err
	}
	run, whole, err := read(dir, true)
	if err == nil {
		err = j.openTrials(whole)
	}
	if run.State == results.RunRunning { // its last owner was killed
		run.State = results.RunInterrupted
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

// UpdateRun replaces run.json: a reader finds the old one or the new one, even
// after a loss of power. It writes no trials; Append does.
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

// Append adds a trial, without the histograms that nobody will read, and returns
// when it is on the disk. After an error nothing of the trial is in the file, and
// Append may be tried again.
func (j *Journal) Append(t results.Trial) error {
	if j.broken != nil {
		return j.broken
	}
	line, err := json.Marshal(trim(t))
	if err != nil {
		return fmt.Errorf("append to %s: encode trial %d: %w", j.trials.Name(), t.Index, err)
	}
	before, err := j.trials.Stat()
	if err != nil {
		return fmt.Errorf("append trial %d to the journal: %w", t.Index, err)
	}
	n, err := j.trials.Write(append(line, '\n'))
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

// Close closes the files and gives the folder up. All trials are on the disk
// before it.
func (j *Journal) Close() error {
	if err := errors.Join(j.trials.Close(), j.owner.Remove()); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// openTrials opens the trials for appending, and cuts off the torn line after the
// whole lines, which take that many bytes.
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

// cutBack cuts off the torn line after the whole lines, which take that many
// bytes. If it fails, the journal is broken: the next line would be glued to the
// torn one and both would be lost.
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
