package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
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

// mostHeader bounds run.json, in bytes.
const mostHeader = 256 << 20

// Open reads a stored run with its trials. It ignores a torn last line of
// trials.jsonl and changes no file.
func Open(dir string) (results.Run, error) {
	run, _, err := read(dir, false)
	return run, err
}

// Outline reads as Open does, without the buckets of histograms, which take most
// of a run's memory. Counts, extremes and means are there.
func Outline(dir string) (results.Run, error) {
	run, _, err := read(dir, true)
	return run, err
}

// Trials reads the trials of a stored run one after the other: a caller that
// drops them needs memory for a few. It ends after an error. Header reports whether
// this joust can read the run.
func Trials(dir string) iter.Seq2[results.Trial, error] {
	type decoded struct {
		trial results.Trial
		err   error
	}
	return func(yield func(results.Trial, error) bool) {
		// Decoding takes as long as most callers do with a trial: it goes on meanwhile.
		next, ended := make(chan decoded, 1), make(chan struct{})
		send := func(d decoded) bool {
			select {
			case next <- d:
				return true
			case <-ended:
				return false
			}
		}
		go func() {
			defer close(next)
			_, err := walk(dir, false, func(t results.Trial) bool { return send(decoded{trial: t}) })
			if err != nil {
				send(decoded{err: err})
			}
		}()
		defer func() {
			close(ended)
			for range next { // until the goroutine has closed the file
			}
		}()
		for d := range next {
			if !yield(d.trial, d.err) {
				return
			}
		}
	}
}

// Header reads a stored run without its trials. A run that is stored as running,
// though no process writes it any more, was interrupted.
func Header(dir string) (results.Run, error) {
	path := filepath.Join(dir, RunFile)
	b, err := files.Read(path, mostHeader)
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
	if run.State == results.RunRunning {
		if owner, err := files.Holder(filepath.Join(dir, LockFile)); owner == nil && err == nil {
			run.State = results.RunInterrupted
		}
	}
	return run, nil
}

// read reads a run, in outline or whole. whole is the number of bytes of the whole
// lines of trials.jsonl.
func read(dir string, outline bool) (run results.Run, whole int64, err error) {
	if run, err = Header(dir); err != nil {
		return results.Run{}, 0, err
	}
	whole, err = walk(dir, outline, func(t results.Trial) bool {
		run.Trials = append(run.Trials, t)
		return true
	})
	if err != nil {
		return results.Run{}, 0, err
	}
	return run, whole, nil
}

// decodeRun looks at the schema first: for a foreign file or another version, an
// error about single fields would mislead.
func decodeRun(b []byte) (run results.Run, err error) {
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Schema == nil {
		why := "it has no schema number"
		if !json.Valid(b) {
			why = "it is not JSON"
		}
		return run, fmt.Errorf("%w: %s", ErrForeign, why)
	}
	if s := *head.Schema; s != results.Schema {
		who, otherwise := "a newer", "update this one"
		if s < results.Schema {
			who, otherwise = "an older", "measure again"
		}
		return run, fmt.Errorf("%w: %s joust wrote it (schema %d; this joust reads %d): read it with that joust, or %s", ErrSchema, who, s, results.Schema, otherwise)
	}
	if err := json.Unmarshal(b, &run); err != nil {
		return results.Run{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return run, nil
}

// walk passes the trials of the run in dir to each in their order, in outline or
// whole, until each returns false. whole is the number of bytes of their lines.
func walk(dir string, outline bool, each func(results.Trial) bool) (whole int64, err error) {
	path := filepath.Join(dir, TrialsFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		// Killed between the first run.json and the first line.
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the trials of a run: %w", err)
	}
	whole, err = walkLines(f, outline, each)
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("read the trials in %s: %w", path, err)
	}
	return whole, nil
}

// walkLines is walk over lines, up to the end or a torn last one.
func walkLines(from io.Reader, outline bool, each func(results.Trial) bool) (whole int64, err error) {
	lines := bufio.NewReaderSize(from, 64<<10)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// The bytes after the last newline were never finished.
			return whole, nil
		}
		if err != nil {
			return 0, err
		}
		if torn(line, lines) {
			return whole, nil
		}
		length := len(line)
		if outline {
			line = withoutBuckets(line)
		}
		var t results.Trial
		if err := json.Unmarshal(line, &t); err != nil {
			return 0, fmt.Errorf("line %d is %w: %w (the lines before it are whole: cut the file there to keep them)", number, ErrDamaged, err)
		}
		whole += int64(length)
		if !each(t) {
			return whole, nil
		}
	}
}

// torn reports whether a loss of power cut the line short: it is the last one, and
// no JSON. A file system may have written the line's end and not its middle.
func torn(line []byte, rest *bufio.Reader) bool {
	_, err := rest.Peek(1)
	return errors.Is(err, io.EOF) && !json.Valid(line)
}

// withoutBuckets cuts the buckets out of all histograms of a line and overwrites
// it. The key cannot stand inside a text, where quotes are escaped, and base64
// has no quotes.
func withoutBuckets(line []byte) []byte {
	const key = `"hdr_v2":"`
	out, rest := line[:0], line
	for {
		at := bytes.Index(rest, []byte(key))
		if at < 0 {
			return append(out, rest...)
		}
		out, rest = append(out, rest[:at+len(key)]...), rest[at+len(key):]
		rest = rest[max(0, bytes.IndexByte(rest, '"')):]
	}
}
