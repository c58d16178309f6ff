package pieces

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/joust-bench/joust/loaders"
)

// Counters are the counters of one load, which all of its threads share. Several loaders
// that make the load together count in turn: the first of n takes 1, n+1, …
type Counters struct {
	first, step int64
	mu          sync.Mutex
	byName      map[string]*Counter
}

// Counter gives each number once.
type Counter struct {
	first, step int64
	given       atomic.Int64
}

// NewCounters returns the counters of the loader at that place.
func NewCounters(place loaders.Share) *Counters {
	return &Counters{first: int64(place.Index) + 1, step: int64(max(1, place.Of)), byName: map[string]*Counter{}}
}

func (c *Counters) named(name string) *Counter {
	c.mu.Lock()
	defer c.mu.Unlock()
	counter := c.byName[name]
	if counter == nil {
		counter = &Counter{first: c.first, step: c.step}
		c.byName[name] = counter
	}
	return counter
}

func (c *Counter) next() int64 { return c.first + c.step*(c.given.Add(1)-1) }

// Table has the values of columns, by row, both counted from 0: data rows, or what users
// know. The bytes are good until the next call.
type Table interface {
	Value(row, column int) []byte
}

// Values makes the values of one thread, which alone uses it.
type Values struct {
	rnd   *rand.Rand
	table Table
	// body holds the body of the request that is rendered, raw a value that is escaped.
	body, raw []byte
	// second is the second, since 1970, whose text is in clock, up to its fraction.
	second int64
	clock  []byte
}

// valueStream gives values other random numbers than users and sources.
const valueStream = 1 << 40

// NewValues returns the values of a thread: the same seed and stream give the same random
// ones. Streams are below 2³².
func NewValues(spec *loaders.Spec, stream uint64) *Values {
	return &Values{rnd: rand.New(rand.NewPCG(spec.Seed, valueStream+stream)), table: spec.Data}
}

// From takes the values of columns from the table in place of the data rows of the Spec.
func (v *Values) From(t Table) { v.table = t }

// append appends the part.
func (v *Values) append(out []byte, p *part, row int32) []byte {
	switch {
	case p.kind == kindLiteral:
		return append(out, p.literal...)
	case p.encode != asIs && (p.kind == kindColumn || p.kind == kindTime):
		v.raw = v.value(v.raw[:0], p, row)
		if p.encode == inJSON {
			return inText(out, v.raw)
		}
		return encoded(out, v.raw)
	}
	return v.value(out, p, row)
}

// value appends a new value.
func (v *Values) value(out []byte, p *part, row int32) []byte {
	switch p.kind {
	case kindUUID:
		return appendUUID(out, v.rnd.Uint64(), v.rnd.Uint64())
	case kindInteger:
		n := uint64(0)
		if p.size == 0 {
			n = v.rnd.Uint64()
		} else {
			n = v.rnd.Uint64N(p.size)
		}
		return strconv.AppendInt(out, int64(uint64(p.least)+n), 10)
	case kindLetters:
		return v.letters(out, int(p.size))
	case kindCounter:
		return strconv.AppendInt(out, p.counter.next(), 10)
	case kindTime:
		return v.time(out, time.Now())
	case kindUnix:
		return strconv.AppendInt(out, time.Now().Unix(), 10)
	}
	return append(out, v.table.Value(int(row), int(p.size))...)
}

// appendUUID appends a random UUID (RFC 9562 §5.4).
func appendUUID(out []byte, high, low uint64) []byte {
	const hex = "0123456789abcdef"
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 2<<62
	for shift := 60; shift >= 0; shift -= 4 {
		out = append(out, hex[high>>shift&0xf])
		if shift == 32 || shift == 16 || shift == 0 {
			out = append(out, '-')
		}
	}
	for shift := 60; shift >= 0; shift -= 4 {
		out = append(out, hex[low>>shift&0xf])
		if shift == 48 {
			out = append(out, '-')
		}
	}
	return out
}

// letters appends n random letters and digits.
func (v *Values) letters(out []byte, n int) []byte {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for n > 0 {
		bits := v.rnd.Uint64()
		for range 10 { // six bits each; two of their 64 values are no letter
			if i := bits & 0x3f; i < uint64(len(alphabet)) && n > 0 {
				out = append(out, alphabet[i])
				n--
			}
			bits >>= 6
		}
	}
	return out
}

// time appends an instant in UTC with its microseconds (RFC 3339 §5.6). Date and time of
// day are formatted once a second.
func (v *Values) time(out []byte, t time.Time) []byte {
	if s := t.Unix(); s != v.second || len(v.clock) == 0 {
		v.second, v.clock = s, t.UTC().AppendFormat(v.clock[:0], "2006-01-02T15:04:05.")
	}
	out = append(out, v.clock...)
	for micros, unit := t.Nanosecond()/1000, 100_000; unit > 0; unit /= 10 {
		out = append(out, '0'+byte(micros/unit%10))
	}
	return append(out, 'Z')
}

// encoded appends the value with all bytes escaped but the unreserved ones (RFC 3986
// §2.3).
func encoded(out, value []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range value {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&0xf])
		}
	}
	return out
}

// inText appends the value as it stands in a text of JSON (RFC 8259 §7).
func inText(out, value []byte) []byte {
	const hex = "0123456789abcdef"
	for _, c := range value {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			out = append(out, c)
		}
	}
	return out
}
