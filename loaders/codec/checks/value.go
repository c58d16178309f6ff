package checks

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/joust-bench/joust/results"
)

// value is a condition of a value in a JSON document.
type value struct {
	// shown is the path as the user wrote it, path the same in gjson's syntax.
	shown, path string
	// want is the expected value as package encoding/json decodes it, with numbers as
	// json.Number. Where present is true any value is right.
	want    any
	present bool
}

// wholePath is the path of the whole document, in gjson's syntax.
const wholePath = "@this"

// parseValue reads PATH=VALUE. A path is made of names with dots between them, numbers in
// brackets for the elements of a list, and names in brackets and quotes; $ stands for the
// document: $.items[0]["a.b"].id. VALUE is JSON where it reads as JSON, else a text.
func parseValue(text string) (value, error) {
	p := pathReader{rest: strings.TrimPrefix(text, "$")}
	if err := p.read(len(p.rest) < len(text)); err != nil {
		return value{}, fmt.Errorf("%q: %w: write PATH=VALUE, such as status=ok or items[0].id=5", text, err)
	}
	v := value{shown: text[:len(text)-len(p.rest)], path: strings.Join(p.steps, ".")}
	if len(p.steps) == 0 {
		v.path = wholePath
	}
	v.want = decode(p.rest[1:])
	if v.want == nil && p.rest[1:] != "null" {
		v.want = p.rest[1:]
	}
	return v, nil
}

// parsePresent reads a path alone, of a value that must be there.
func parsePresent(path string) (value, error) {
	at, err := ParsePath(path)
	return value{shown: path, path: at, present: true}, err
}

// ParsePath reads a path as conditions have it, and returns it in the syntax of gjson.
func ParsePath(path string) (string, error) {
	p := pathReader{rest: strings.TrimPrefix(path, "$") + "="}
	err := p.read(strings.HasPrefix(path, "$"))
	switch {
	case err == nil && p.rest != "=":
		err = fmt.Errorf("an equals sign stands at %q", strings.TrimSuffix(p.rest, "="))
	case err == nil && len(p.steps) == 0:
		return wholePath, nil
	}
	if err != nil {
		return "", fmt.Errorf("%q: %w: write a path such as $.items[0].id", path, err)
	}
	return strings.Join(p.steps, "."), nil
}

// decode returns the value of a JSON text, nil where it is null or is no JSON.
func decode(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if !json.Valid([]byte(text)) || d.Decode(&v) != nil {
		return nil
	}
	return v
}

// pathReader reads a path up to its equals sign.
type pathReader struct {
	rest string
	// steps are the names and numbers, in gjson's syntax.
	steps []string
}

// read reads the whole path. whole is true where it may name the whole document.
func (p *pathReader) read(whole bool) error {
	for first := !whole; ; first = false {
		switch {
		case p.rest == "":
			return errors.New("there is no = behind the path")
		case p.rest[0] == '=' && (whole || len(p.steps) > 0):
			return nil
		case p.rest[0] == '[':
			if err := p.bracket(); err != nil {
				return err
			}
			continue
		case p.rest[0] == '.' && !first:
			p.rest = p.rest[1:]
		case !first:
			return fmt.Errorf("a dot or a bracket is missing before %q", p.rest)
		}
		if err := p.name(); err != nil {
			return err
		}
	}
}

// name reads a name up to a dot, a bracket or the equals sign.
func (p *pathReader) name() error {
	end := strings.IndexAny(p.rest, ".[]=")
	if end < 0 {
		end = len(p.rest)
	}
	if end == 0 {
		return errors.New("a name is missing in the path")
	}
	p.steps = append(p.steps, gjson.Escape(p.rest[:end]))
	p.rest = p.rest[end:]
	return nil
}

// bracket reads a number or a name in brackets.
func (p *pathReader) bracket() error {
	if inside := p.rest[1:]; strings.HasPrefix(inside, `"`) {
		quoted, err := strconv.QuotedPrefix(inside)
		name, wrong := strconv.Unquote(quoted)
		if err != nil || wrong != nil || name == "" || !strings.HasPrefix(inside[len(quoted):], "]") {
			return fmt.Errorf("no name in quotes and brackets stands at %q", p.rest)
		}
		p.steps, p.rest = append(p.steps, gjson.Escape(name)), inside[len(quoted)+1:]
		return nil
	}
	number, rest, closed := strings.Cut(p.rest[1:], "]")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || !closed {
		return fmt.Errorf("no number in brackets stands at %q", p.rest)
	}
	p.steps, p.rest = append(p.steps, strconv.FormatUint(n, 10)), rest
	return nil
}

// json judges the values of a body.
func (s *Set) json(body []byte) *Failure {
	if len(s.values) == 0 {
		return nil
	}
	if !gjson.ValidBytes(body) {
		return &Failure{results.CauseJSON, "a body that is no JSON: " + excerpt(body)}
	}
	for i := range s.values {
		v := &s.values[i]
		if found := gjson.GetBytes(body, v.path); !v.matches(&found) {
			return &Failure{results.CauseJSON, v.differs(&found)}
		}
	}
	return nil
}

// matches reports whether the value that was found is the expected one.
func (v *value) matches(found *gjson.Result) bool {
	if v.present {
		return found.Exists()
	}
	switch want := v.want.(type) {
	case nil:
		return found.Exists() && found.Type == gjson.Null
	case bool:
		return want && found.Type == gjson.True || !want && found.Type == gjson.False
	case string:
		return found.Type == gjson.String && found.Str == want
	case json.Number:
		return found.Type == gjson.Number && equalNumbers(string(want), found.Raw)
	}
	return found.Type == gjson.JSON && reflect.DeepEqual(decode(found.Raw), v.want)
}

// equalNumbers compares whole numbers exactly, and others as floating-point numbers.
func equalNumbers(a, b string) bool {
	if a == b {
		return true
	}
	i, errI := strconv.ParseInt(a, 10, 64)
	j, errJ := strconv.ParseInt(b, 10, 64)
	if errI == nil && errJ == nil {
		return i == j
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// differs says in words what was found in place of the expected value.
func (v *value) differs(found *gjson.Result) string {
	if v.present {
		return v.shown + " is missing"
	}
	want, err := json.Marshal(v.want)
	if err != nil {
		want = fmt.Append(nil, v.want)
	}
	if !found.Exists() {
		return fmt.Sprintf("%s is missing, where %s is expected", v.shown, want)
	}
	return fmt.Sprintf("%s is %s, where %s is expected", v.shown, short(found.Raw), want)
}

// short cuts a long text.
func short(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
