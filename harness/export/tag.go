package export

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tag is a name and a value that go with every figure.
type Tag struct{ Name, Value string }

// tagName is the form of a tag's name.
var tagName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// ParseTags reads tags, each written NAME=VALUE. The error names every problem.
func ParseTags(texts []string) ([]Tag, error) {
	var tags []Tag
	var errs []error
	labels := map[string]string{}
	for _, text := range texts {
		name, value, found := strings.Cut(text, "=")
		t := Tag{strings.TrimSpace(name), strings.TrimSpace(value)}
		label := t.Label()
		switch other, twice := labels[label]; {
		case !found || t.Value == "":
			errs = append(errs, fmt.Errorf("%q is no tag: write NAME=VALUE, such as build=1.4", text))
		case !tagName.MatchString(t.Name):
			errs = append(errs, fmt.Errorf("%q: a tag's name is made of letters, digits and _ . -, and does not begin with a digit, . or -", text))
		case strings.HasPrefix(label, "__") || label == "job" || label == quantileLabel:
			errs = append(errs, fmt.Errorf("%q: the name %s has a meaning of its own in Prometheus: choose another", text, t.Name))
		case !utf8.ValidString(t.Value) || strings.ContainsFunc(t.Value, unicode.IsControl):
			errs = append(errs, fmt.Errorf("%q: a tag's value has no control characters and is UTF-8", text))
		case twice:
			errs = append(errs, fmt.Errorf("%q: there is a tag %s already, which has the same name in Prometheus", text, other))
		default:
			tags, labels[label] = append(tags, t), t.Name
		}
	}
	return tags, errors.Join(errs...)
}

// quantileLabel is the label of percentiles.
const quantileLabel = "quantile"

// Label returns the tag's name in Prometheus.
func (t Tag) Label() string { return strings.NewReplacer(".", "_", "-", "_").Replace(t.Name) }
