package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/joust-bench/joust/results/suggest"
)

// The bounds of a file in bytes and of its nesting, far beyond any that is
// written by hand.
const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// Keyed is a mapping that lists its keys at run time, in place of fields with
// yaml tags. Every call of Keys returns the same keys.
type Keyed interface {
	Keys() []Key
}

// Key is one key of a Keyed. Value points to the variable for its value.
type Key struct {
	Name  string
	Value any
}

// Decode reads the single YAML document in data into out, a pointer to a Keyed
// or to a struct whose fields have yaml tags. Fields may be strings, booleans,
// integers, floats, durations, structs, slices, maps with text keys, pointers
// to these, Ordered mappings, JSON, and types with an UnmarshalText of their own. A problem with one
// value does not keep the others from being read. The file's name is for
// messages only.
func Decode(file string, data []byte, out any) *Document {
	return DecodeUpTo(maxBytes, file, data, out)
}

// DecodeUpTo is Decode for a file of at most that many bytes.
func DecodeUpTo(most int, file string, data []byte, out any) *Document {
	d := &Document{file: file, lines: map[string]int{}}
	if len(data) > most {
		d.reject("", 0, "the file has %d bytes, more than %d", len(data), most)
		return d
	}
	if line := tooDeep(data); line > 0 {
		d.reject("", line, "lists and maps are nested more than %d deep", maxDepth)
		return d
	}
	tree, err := parse(data)
	if err != nil {
		line, message := syntaxError(err)
		d.reject("", line, "%s", message)
		return d
	}
	switch docs := tree.Docs; {
	case len(docs) > 1:
		d.reject("", startOf(docs[1]), "a second document begins here; one a file")
	case len(docs) == 0, docs[0].Body == nil, docs[0].Body.Type() == ast.NullType:
		d.reject("", 0, "the file is empty")
	default:
		d.value("", docs[0].Body, reflect.ValueOf(out).Elem(), 0)
	}
	return d
}

// parse turns a panic of the parser into an error: input on which it panics is
// wrong in any case.
func parse(data []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not readable as YAML (%v)", r)
		}
	}()
	return parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
}

// syntaxError returns the line and the message of the parser's error, without
// its excerpt.
func syntaxError(err error) (int, string) {
	var at yaml.Error
	if !errors.As(err, &at) {
		return 0, err.Error()
	}
	line := 0
	if token := at.GetToken(); token != nil && token.Position != nil {
		line = token.Position.Line
	}
	return line, "not YAML: " + at.GetMessage()
}

// value reads a node of any kind into out.
func (d *Document) value(path string, node ast.Node, out reflect.Value, depth int) {
	if depth > maxDepth {
		d.reject(path, d.Line(path), "nested deeper than %d", maxDepth)
		return
	}
	if out.Type() == reflect.TypeFor[JSON]() {
		d.json(path, node, out, depth)
		return
	}
	if node == nil || node.Type() == ast.NullType {
		d.reject(path, d.Line(path), "%s has no value; give it one or leave the key out", name(path))
		return
	}
	switch node.Type() {
	case ast.AnchorType, ast.AliasType, ast.TagType, ast.DirectiveType, ast.MergeKeyType:
		d.reject(path, lineOf(node), "%s: anchors, aliases, merges and tags are not taken here; write the value out", name(path))
		return
	}
	if out.Type() == reflect.TypeFor[time.Duration]() {
		d.duration(path, node, out)
		return
	}
	if d.ownText(path, node, out) {
		return
	}
	if _, ok := ordered(out); ok {
		d.mapping(path, node, out, depth)
		return
	}
	switch out.Kind() {
	case reflect.Pointer:
		out.Set(reflect.New(out.Type().Elem()))
		d.value(path, node, out.Elem(), depth)
	case reflect.Struct, reflect.Map:
		d.mapping(path, node, out, depth)
	case reflect.Slice:
		d.sequence(path, node, out, depth)
	default:
		d.scalar(path, node, out)
	}
}

func (d *Document) sequence(path string, node ast.Node, out reflect.Value, depth int) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.mismatch(path, node, "a list")
		return
	}
	list := reflect.MakeSlice(out.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = lineOf(seq)
		if item != nil {
			d.lines[at] = lineOf(item)
		}
		d.value(at, item, list.Index(i), depth+1)
	}
	out.Set(list)
}

func (d *Document) mapping(path string, node ast.Node, out reflect.Value, depth int) {
	m, ok := node.(ast.MapNode)
	if !ok {
		d.mismatch(path, node, "a mapping (key: value)")
		return
	}
	if out.Kind() == reflect.Map {
		out.Set(reflect.MakeMap(out.Type()))
	}
	for entries := m.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		key, ok := keyOf(entry)
		if !ok {
			d.reject(path, lineOf(entry), "%s: a key must be a plain text", name(path))
			continue
		}
		at, line := childPath(path, key), lineOf(entry.Key)
		if first, twice := d.lines[at]; twice {
			d.reject(at, line, "%s stands twice, first on line %d", name(at), first)
			continue
		}
		d.lines[at] = line
		d.entry(path, key, entry, out, depth)
	}
}

// entry reads one value of a mapping into its field or map entry.
func (d *Document) entry(path, key string, entry *ast.MappingValueNode, out reflect.Value, depth int) {
	at := childPath(path, key)
	if o, ok := ordered(out); ok {
		d.value(at, entry.Value, reflect.ValueOf(o.Add(key)).Elem(), depth+1)
		return
	}
	if out.Kind() == reflect.Map {
		item := reflect.New(out.Type().Elem()).Elem()
		d.value(at, entry.Value, item, depth+1)
		out.SetMapIndex(reflect.ValueOf(key).Convert(out.Type().Key()), item)
		return
	}
	names, fields := fieldsOf(out)
	field, known := fields[key]
	if !known {
		d.reject(at, lineOf(entry.Key), "%s", suggest.Unknown("key", key, names))
		// Nor is the nearest key reported as missing.
		if meant, near := suggest.Nearest(key, names); near && !d.Has(childPath(path, meant)) {
			d.bad = append(d.bad, childPath(path, meant))
		}
		return
	}
	d.value(at, entry.Value, field, depth+1)
}

// childPath appends a key to a path.
func childPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keyOf returns the text of a plain key.
func keyOf(entry *ast.MappingValueNode) (key string, plain bool) {
	switch key := entry.Key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return key.GetToken().Value, true
	}
	return "", false
}

// fieldsOf returns the keys of a mapping in order, and their variables.
func fieldsOf(out reflect.Value) (names []string, fields map[string]reflect.Value) {
	fields = map[string]reflect.Value{}
	if keyed, ok := out.Addr().Interface().(Keyed); ok {
		for _, k := range keyed.Keys() {
			names = append(names, k.Name)
			fields[k.Name] = reflect.ValueOf(k.Value).Elem()
		}
		return names, fields
	}
	for i := range out.NumField() {
		key := out.Type().Field(i).Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		names = append(names, key)
		fields[key] = out.Field(i)
	}
	return names, fields
}

// startOf returns the line on which a document begins, even an empty one.
func startOf(doc *ast.DocumentNode) int {
	if doc.Start != nil && doc.Start.Position != nil {
		return doc.Start.Position.Line
	}
	if doc.Body != nil {
		return lineOf(doc.Body)
	}
	return 0
}

// lineOf returns the line on which a node begins.
func lineOf(node ast.Node) int {
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return 0
}
