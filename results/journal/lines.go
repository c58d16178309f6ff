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
