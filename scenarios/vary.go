package scenarios

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// Vary is a request with random numbers, and the answer that counts then. In its texts
// {n} stands for the number of that name, and {pairs(n)} for the text of a generator. A
// generator in a body takes the names as arguments.
type Vary struct {
	// Numbers are the names of the numbers with their ranges.
	Numbers map[string]Range `yaml:"numbers" json:"numbers"`
	// Path replaces the request's path; empty leaves it.
	Path string `yaml:"path" json:"path,omitempty"`
	// Headers replace the request's headers of the same names, or are added.
	Headers []Header `yaml:"headers" json:"headers,omitempty"`
	// Body replaces the request's body; nil leaves it.
	Body *Body `yaml:"body" json:"body,omitempty"`
	// Expect is the body of the right answer; nil leaves the request's, which is right
	// for an echo.
	Expect *Body `yaml:"expect" json:"expect,omitempty"`
}

// Range bounds a random number, both ends included.
type Range struct {
	// Min is the least number, from -1000000000.
	Min int64 `yaml:"min" json:"min"`
	// Max is the largest number, above Min and up to 1000000000.
	Max int64 `yaml:"max" json:"max"`
}

// Varied returns the request with random numbers and its right answer. ok is false for a
// request without vary.
func (r *Request) Varied(rnd *rand.Rand) (varied Request, ok bool) {
	if r.Vary == nil {
		return Request{}, false
	}
	varied, f := r.vary(func(x Range) int64 { return x.Min + rnd.Int64N(max(1, x.Max-x.Min+1)) })
	return varied, len(f) == 0
}

// vary returns the request with the numbers that choose takes from the ranges.
func (r *Request) vary(choose func(Range) int64) (Request, faults) {
	v := r.Vary
	var known numbers
	for _, name := range slices.Sorted(maps.Keys(v.Numbers)) {
		value := choose(v.Numbers[name])
		known = append(known, &number{name: name, value: value, text: fmt.Sprint(value)})
	}
	template := Request{Path: v.Path, Headers: v.Headers, Body: v.Body, Expect: Expect{Body: v.Expect}}
	made, f := template.filled(known, noFile)
	for i := range f {
		f[i].Path = strings.Replace(f[i].Path, "expect.body", "expect", 1)
	}
	for _, name := range known.unused() {
		f.add("numbers."+name, "is used nowhere: write {%s} in path, headers or a body", name)
	}
	out := *r
	out.Vary = nil
	out.Path = cmp.Or(made.Path, r.Path)
	out.Headers = replaced(r.Headers, made.Headers)
	out.Body = cmp.Or(made.Body, r.Body)
	out.Expect.Body = cmp.Or(made.Expect.Body, r.Expect.Body)
	return out, f
}

// noFile refuses files in templates: they have no placeholders.
func noFile(string) (string, error) {
	return "", fmt.Errorf("has no placeholders; use text or generate")
}

// replaced returns the headers with the values of others that have the same name; the
// rest of the others follows.
func replaced(headers, others []Header) []Header {
	out := slices.Clone(headers)
	for _, h := range others {
		same := func(have Header) bool { return strings.EqualFold(have.Name, h.Name) }
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i] = h
			continue
		}
		out = append(out, h)
	}
	return out
}

// checkVary reports variations that cannot be asked or answered. The ends of all ranges
// stand for the numbers between them.
func (r *Request) checkVary(f *faults, at string) {
	v := r.Vary
	if v == nil {
		return
	}
	before := len(*f)
	v.checkNumbers(f, at+".numbers")
	f.when(v.Expect == nil && !r.Expect.Echo, at+".expect", "is required: the body of the answer that then counts")
	f.when(v.Expect != nil && r.Expect.Echo, at+".expect", "cannot stand together with echo: the answer is the request's body")
	for _, b := range []*Body{v.Body, v.Expect} {
		f.when(b != nil && b.Base64 != "", at, "base64 has no placeholders; use text or generate")
	}
	if len(*f) > before {
		return
	}
	for _, end := range []func(Range) int64{func(x Range) int64 { return x.Min }, func(x Range) int64 { return x.Max }} {
		varied, wrong := r.vary(end)
		if len(wrong) == 0 {
			v.checkVaried(&wrong, &varied)
		}
		for _, fault := range wrong {
			f.add(at+"."+fault.Path, "%s", fault.Message)
		}
		if len(wrong) > 0 {
			return
		}
	}
}

// checkVaried reports mistakes in the parts that the variation replaced.
func (v *Vary) checkVaried(f *faults, varied *Request) {
	if v.Path != "" {
		checkTarget(f, "path", varied.Path)
	}
	if v.Headers != nil {
		varied.checkHeaders(f, "headers")
	}
	if v.Body != nil {
		checkBody(f, "body", varied.Body)
	}
	if v.Expect != nil {
		checkBody(f, "expect", varied.Expect.Body)
		f.when(v.Expect.chunked(), "expect.chunk", "is for request bodies; framing says how the answer's end is told")
	}
}

// numberName is the form of a number's name.
var numberName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (v *Vary) checkNumbers(f *faults, at string) {
	f.when(len(v.Numbers) == 0, at, "is required: the random numbers, such as {n: {min: 2, max: 999999}}")
	for _, name := range slices.Sorted(maps.Keys(v.Numbers)) {
		x, path := v.Numbers[name], at+"."+name
		f.when(!numberName.MatchString(name), path, "%q may hold only a-z, 0-9 and _, and begins with a letter", name)
		f.when(x.Min >= x.Max, path+".max", "is %d, and must be above min, %d", x.Max, x.Min)
		f.when(x.Min < -maxNumber, path+".min", "is %d, and must be at least %d", x.Min, -maxNumber)
		f.when(x.Max > maxNumber, path+".max", "is %d, and must be at most %d", x.Max, maxNumber)
	}
}
