package scenarios

import "fmt"

const (
	// maxEach is the largest number of requests that one entry may stand for.
	maxEach = 10_000
	// maxEachBytes bounds the bodies of these requests together, in bytes.
	maxEachBytes = 16 << 20
)

// Each makes a request for each number of a range. In the entry's path, header values
// and bodies, {i} stands for the number.
type Each struct {
	// From is the first number; 0 or more.
	From int `yaml:"from"`
	// To is the last number, at least From.
	To int `yaml:"to"`
	// Width is the least number of digits, filled with zeros from the left; 0 to 18.
	Width int `yaml:"width"`
}

// check reports ranges that make no sense.
func (e *Each) check(f *faults, at string) {
	f.atLeast(at+".from", int64(e.From), 0)
	f.when(e.To < e.From, at+".to", "is %d, and must be at least from, %d", e.To, e.From)
	f.when(e.To-e.From >= maxEach, at+".to", "makes %d requests, more than %d", e.To-e.From+1, maxEach)
	f.when(e.Width < 0 || e.Width > 18, at+".width", "is %d, and must be from 0 to 18", e.Width)
}

// expanded returns the requests for which the entry stands: itself where it has no each.
// With faults it is one request, for further checks.
func (r Request) expanded(from open) ([]Request, faults) {
	if r.Each == nil {
		one, f := r.filled(nil, from)
		return []Request{one}, f
	}
	var f faults
	last := r.Each.To
	if r.Each.check(&f, "each"); len(f) > 0 {
		last = r.Each.From
	}
	f.when(r.Vary != nil, "vary", "cannot stand together with each: its requests differ already")
	var out []Request
	held := 0
	for i := r.Each.From; i <= last; i++ {
		one, wrong := r.instance(i, from)
		out = append(out, one)
		held += one.held()
		f = append(f, wrong...)
		if f.when(held > maxEachBytes, "each", "makes bodies of more than %d bytes by %d; a long body may be a text with a length", maxEachBytes, i); len(f) > 0 {
			return out[:1], f
		}
	}
	return out, nil
}

// held returns the bytes of the bodies that the request holds. Requests share the content
// of files.
func (r *Request) held() (n int) {
	for _, b := range []*Body{r.Body, r.Expect.Body} {
		if b != nil && b.File == "" {
			n += len(b.Text)
		}
	}
	return n
}

// instance returns the entry's request for one number.
func (r Request) instance(i int, from open) (Request, faults) {
	n := &number{name: "i", value: int64(i), text: fmt.Sprintf("%0*d", r.Each.Width, i)}
	out, f := r.filled(numbers{n}, from)
	f.when(!n.used, "each", "makes equal requests: no path, header or body holds {i}")
	out.Name, out.Group, out.Each = r.Name+"/"+n.text, r.Name, nil
	return out, f
}
