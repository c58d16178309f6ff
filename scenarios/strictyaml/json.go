package strictyaml

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// JSON is a value of any kind, as JSON text. Mappings keep the order of their keys, and
// numbers the way in which they are written, where JSON has it.
type JSON string

// Ordered is a mapping whose keys are free and keep their order. Add is called with each
// key, and returns a pointer to the variable for its value.
type Ordered interface {
	Add(key string) any
}

// ordered returns the variable as Ordered.
func ordered(out reflect.Value) (o Ordered, ok bool) {
	if out.CanAddr() {
		o, ok = out.Addr().Interface().(Ordered)
	}
	return o, ok
}

// json reads a value of any kind as JSON text.
func (d *Document) json(path string, node ast.Node, out reflect.Value, depth int) {
	var text bytes.Buffer
	if d.writeJSON(&text, path, node, depth) {
		out.SetString(text.String())
	}
}

// writeJSON writes the node. It reports whether it could.
func (d *Document) writeJSON(out *bytes.Buffer, path string, node ast.Node, depth int) bool {
	if depth > maxDepth {
		d.reject(path, d.Line(path), "nested deeper than %d", maxDepth)
		return false
	}
	switch n := node.(type) {
	case nil, *ast.NullNode:
		out.WriteString("null")
	case *ast.BoolNode:
		out.WriteString(strconv.FormatBool(n.Value))
	case *ast.IntegerNode:
		value, number := reflect.ValueOf(n.Value), math.NaN()
		if value.CanConvert(reflect.TypeFor[float64]()) {
			number = value.Convert(reflect.TypeFor[float64]()).Float()
		}
		return d.writeNumber(out, path, n, number)
	case *ast.FloatNode:
		return d.writeNumber(out, path, n, n.Value)
	case *ast.InfinityNode, *ast.NanNode:
		return d.writeNumber(out, path, n, math.NaN())
	case *ast.SequenceNode:
		return d.writeList(out, path, n, depth)
	case ast.MapNode:
		return d.writeObject(out, path, n, depth)
	default:
		text, ok := textOf(node)
		if !ok {
			d.reject(path, lineOf(node), "%s: it has no form in JSON; write the value out", name(path))
			return false
		}
		writeText(out, text)
	}
	return true
}

// writeNumber writes a number as it stands, or its value where JSON has no such form.
func (d *Document) writeNumber(out *bytes.Buffer, path string, node ast.Node, value float64) bool {
	text := node.GetToken().Value
	switch {
	case json.Valid([]byte(text)):
	case math.IsInf(value, 0) || math.IsNaN(value):
		d.reject(path, lineOf(node), "%s: %s is no number of JSON", name(path), text)
		return false
	default:
		text = strconv.FormatFloat(value, 'f', -1, 64)
	}
	out.WriteString(text)
	return true
}

func (d *Document) writeList(out *bytes.Buffer, path string, list *ast.SequenceNode, depth int) bool {
	out.WriteByte('[')
	for i, item := range list.Values {
		if i > 0 {
			out.WriteByte(',')
		}
		if !d.writeJSON(out, path, item, depth+1) {
			return false
		}
	}
	out.WriteByte(']')
	return true
}

func (d *Document) writeObject(out *bytes.Buffer, path string, m ast.MapNode, depth int) bool {
	out.WriteByte('{')
	seen := map[string]bool{}
	for entries := m.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		key, ok := keyOf(entry)
		switch {
		case !ok:
			d.reject(path, lineOf(entry), "%s: a key must be a plain text", name(path))
			return false
		case seen[key]:
			d.reject(path, lineOf(entry.Key), "%s: the key %q stands twice", name(path), key)
			return false
		case len(seen) > 0:
			out.WriteByte(',')
		}
		seen[key] = true
		writeText(out, key)
		out.WriteByte(':')
		if !d.writeJSON(out, path, entry.Value, depth+1) {
			return false
		}
	}
	out.WriteByte('}')
	return true
}

// writeText writes a text of JSON in which letters of HTML stay as they are.
func writeText(out *bytes.Buffer, text string) {
	var quoted strings.Builder
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text can be encoded
	out.WriteString(strings.TrimSuffix(quoted.String(), "\n"))
}
