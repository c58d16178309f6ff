package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/joust-bench/joust/scenarios/suggest"
)

// maxBytes bounds a file: tables and manifests are written by hand.
const maxBytes = 1 << 20

// maxDepth bounds nesting, far beyond any table's own.
const maxDepth = 32

// Keyed is a mapping whose keys are listed when it is read, where other structs
// have fields with yaml tags. Every call returns the same keys.
type Keyed interface {
	Keys() []Key
}

// Key is one key of a Keyed; its value is read into what Value points to.
type Key struct {
	Name  string
	Value any
}

// Decode reads the single YAML document in data into out, a pointer to a Keyed
// or to a struct whose fields have yaml tags. Fields may be strings, booleans,
// integers, floats, durations, structs, slices, maps with text keys, pointers
// to these, and types with an UnmarshalText of their own. What can be read is
// read even when there are problems. The file's name is for messages only.
func Decode(file string, data []byte, out any) *Document {
	d := &Document{file: file, lines: map[string]int{}}
	if len(data) > maxBytes {
		d.reject("", 0, "the file has %d bytes, more than %d", len(data), maxBytes)
		return d
	}
	tree, err := parse(data)
	if err != nil {
		line, message := syntaxError(err)
		d.reject("", line, "%s", message)
		return d
	}
	switch len(tree.Docs) {
	case 0:
		d.reject("", 0, "the file is empty")
	case 1:
		d.document(tree.Docs[0], reflect.ValueOf(out).Elem())
	default:
		d.reject("", startOf(tree.Docs[1]), "a second document begins here; one a file")
	}
	return d
}

func (d *Document) document(doc *ast.DocumentNode, out reflect.Value) {
	if doc.Body == nil || doc.Body.Type() == ast.NullType {
		d.reject("", 0, "the file is empty")
		return
	}
	d.value("", doc.Body, out, 0)
}

// parse keeps a defect of the parser on odd input from ending the program:
// such input is wrong in any case, and the user is told so.
func parse(data []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not readable as YAML (%v)", r)
		}
	}()
	return parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
}

// syntaxError gives the line and the message of the parser's error, without
// the excerpt that it prints.
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
	if node == nil {
		d.reject(path, d.Line(path), "%s has no value; give it one or leave the key out", name(path))
		return
	}
	switch node.Type() {
	case ast.AnchorType, ast.AliasType, ast.TagType, ast.DirectiveType, ast.MergeKeyType:
		d.reject(path, lineOf(node), "%s: anchors, aliases, merges and tags are not taken here; write the value out", name(path))
		return
	case ast.NullType:
		d.reject(path, lineOf(node), "%s has no value; give it one or leave the key out", name(path))
		return
	}
	if out.Type() == reflect.TypeFor[time.Duration]() {
		d.duration(path, node, out)
		return
	}
	if d.ownText(path, node, out) {
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
		if item == nil {
			d.reject(at, lineOf(node), "%s has no value", at)
			continue
		}
		d.lines[at] = lineOf(item)
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
		at, line := join(path, key), lineOf(entry.Key)
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
	at := join(path, key)
	if out.Kind() == reflect.Map {
		item := reflect.New(out.Type().Elem()).Elem()
		d.value(at, entry.Value, item, depth+1)
		out.SetMapIndex(reflect.ValueOf(key).Convert(out.Type().Key()), item)
		return
	}
	names, fields := fieldsOf(out)
	field, known := fields[key]
	if !known {
		d.reject(at, lineOf(entry.Key), "unknown key %q%s", key, suggest.Hint(key, names))
		// The key that was meant is not missing besides.
		if meant, near := suggest.Nearest(key, names); near && !d.Has(join(path, meant)) {
			d.bad = append(d.bad, join(path, meant))
		}
		return
	}
	d.value(at, entry.Value, field, depth+1)
}

// keyOf is the text of a key, and whether it is a plain one.
func keyOf(entry *ast.MappingValueNode) (string, bool) {
	switch key := entry.Key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return key.GetToken().Value, true
	}
	return "", false
}

// fieldsOf returns the keys of a mapping in order, and what each is read into.
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

// startOf is the line on which a document begins; it may have nothing in it.
func startOf(doc *ast.DocumentNode) int {
	if doc.Start != nil && doc.Start.Position != nil {
		return doc.Start.Position.Line
	}
	if doc.Body != nil {
		return lineOf(doc.Body)
	}
	return 0
}

// lineOf is the line on which a node begins.
func lineOf(node ast.Node) int {
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return 0
}
