package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/results"
)

// The reasons for which a folder is refused.
var (
	// ErrForeign: the folder, or a file in it, was not written by joust.
	ErrForeign = errors.New("not a joust run")
	// ErrSchema: another version of joust wrote it in another form.
	ErrSchema = errors.New("a run in another form")
	// ErrDamaged: a line of trials.jsonl other than the last cannot be read.
	ErrDamaged = errors.New("damaged")
)

// Open reads a stored run with its trials. A torn last line of trials.jsonl
// is left out; the file is not changed.
func Open(dir string) (results.Run, error) {
	run, _, err := read(dir)
	return run, err
}

// read reads a run and says how many bytes of trials.jsonl are whole lines.
func read(dir string) (results.Run, int64, error) {
	run, err := readRun(dir)
	if err != nil {
		return results.Run{}, 0, err
	}
	path := filepath.Join(dir, TrialsFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		// Killed between the first run.json and the first line.
		return run, 0, nil
	}
	if err != nil {
		return results.Run{}, 0, fmt.Errorf("read the trials of a run: %w", err)
	}
	trials, end, err := readTrials(f)
	err = errors.Join(err, f.Close())
	if err != nil {
		return results.Run{}, 0, fmt.Errorf("read the trials in %s: %w", path, err)
	}
	run.Trials = trials
	return run, end, nil
}

// readRun reads run.json alone.
func readRun(dir string) (results.Run, error) {
	path := filepath.Join(dir, RunFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return results.Run{}, fmt.Errorf("read %s: %w: it has no %s", dir, ErrForeign, RunFile)
	}
	if err != nil {
		return results.Run{}, fmt.Errorf("read a run: %w", err)
	}
	run, err := decodeRun(b)
	if err != nil {
		return results.Run{}, fmt.Errorf("read %s: %w", path, err)
	}
	return run, nil
}

// decodeRun looks at the form first, so that a foreign file and another
// version are told as what they are and not as a list of odd fields.
func decodeRun(b []byte) (results.Run, error) {
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Schema == nil {
		why := "it has no schema number"
		if !json.Valid(b) {
			why = "it is not JSON"
		}
		return results.Run{}, fmt.Errorf("%w: %s", ErrForeign, why)
	}
	switch s := *head.Schema; {
	case s > results.Schema:
		return results.Run{}, fmt.Errorf("%w: a newer joust wrote it (schema %d; this joust reads %d): read it with that joust, or update this one", ErrSchema, s, results.Schema)
	case s < results.Schema:
		return results.Run{}, fmt.Errorf("%w: an older joust wrote it (schema %d; this joust reads %d): read it with that joust, or measure again", ErrSchema, s, results.Schema)
	}
	var run results.Run
	if err := json.Unmarshal(b, &run); err != nil {
		return results.Run{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return run, nil
}

// readTrials reads lines up to the end or a torn last line, and says how many
// bytes the whole lines take.
func readTrials(r io.Reader) (trials []results.Trial, end int64, err error) {
	lines := bufio.NewReaderSize(r, 1<<20)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// Whatever stands after the last newline was never finished.
			return trials, end, nil
		}
		if err != nil {
			return nil, 0, err
		}
		var t results.Trial
		if err := json.Unmarshal(line, &t); err != nil {
			if torn(line, lines) {
				return trials, end, nil
			}
			return nil, 0, fmt.Errorf("line %d is %w: %w (the lines before it are whole: cut the file there to keep them)", number, ErrDamaged, err)
		}
		trials = append(trials, t)
		end += int64(len(line))
	}
}

// torn tells whether an unreadable line is the rest of an append that a loss
// of power cut short: the very last one, and no JSON. A file system may have
// written the line's end and not its middle.
func torn(line []byte, rest *bufio.Reader) bool {
	_, err := rest.Peek(1)
	return errors.Is(err, io.EOF) && !json.Valid(bytes.TrimSpace(line))
}
