package importing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/pieces"
)

// longestLine is the longest line of a list, in bytes.
const longestLine = 1 << 20

// List reads a list of URLs: a line is a URL, or a method and a URL. Blank lines and those
// that begin with # are none. The error names each wrong line.
func List(from io.Reader) (Found, error) {
	var found Found
	var errs []error
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, longestLine)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		r := Request{Method: "GET", URL: line}
		if method, rest, ok := strings.Cut(line, " "); ok && !strings.Contains(method, "://") {
			r.Method, r.URL = method, strings.TrimSpace(rest)
		}
		err := checkLine(&r)
		if err != nil && len(errs) < 10 {
			errs = append(errs, fmt.Errorf("line %d: %w", number, err))
		}
		found.Requests = append(found.Requests, r)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return Found{}, fmt.Errorf("line %d is longer than %d bytes", number+1, longestLine)
	}
	return found, errors.Join(append(errs, lines.Err())...)
}

// checkLine refuses a line that is no request.
func checkLine(r *Request) error {
	if !isMethod(r.Method) {
		return fmt.Errorf("%q is no method: a line is a URL, or a method in capital letters and a URL", r.Method)
	}
	_, err := adhoc.ParseURL(pieces.Escape(r.URL))
	return err
}
