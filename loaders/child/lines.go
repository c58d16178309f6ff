package child

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/joust-bench/joust/loaders"
)

// lines writes messages; several goroutines may use it.
type lines struct {
	mu  sync.Mutex
	enc *json.Encoder
}

func newLines(w io.Writer) *lines { return &lines{enc: json.NewEncoder(w)} }

func (l *lines) send(m loaders.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.enc.Encode(m); err != nil {
		return fmt.Errorf("writing to the other end of the loader's pipe: %w", err)
	}
	return nil
}

// post sends a message that needs no answer. It drops an error: the side that reads
// sees that the other end is gone, and may still find its last words.
func (l *lines) post(m loaders.Message) { _ = l.send(m) }

// receive decodes messages into a channel until the stream ends. It returns the
// stream's error, nil for a clean end.
func receive(r io.Reader, out chan<- loaders.Message) error {
	defer close(out)
	dec := json.NewDecoder(r)
	for {
		var m loaders.Message
		switch err := dec.Decode(&m); err {
		case nil:
			out <- m
		case io.EOF:
			return nil
		default:
			return fmt.Errorf("reading from the other end of the loader's pipe: %w", err)
		}
	}
}
