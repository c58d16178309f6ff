package strictyaml

import (
	"encoding"
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"

	"github.com/joust-bench/joust/results"
)

// scalar reads a text, a number or a truth value.
func (d *Document) scalar(path string, node ast.Node, out reflect.Value) {
	switch out.Kind() {
	case reflect.String:
		if text, ok := textOf(node); ok {
			out.SetString(text)
			return
		}
		d.mismatch(path, node, "a text")
	case reflect.Bool:
		if b, ok := node.(*ast.BoolNode); ok {
			out.SetBool(b.Value)
			return
		}
		d.mismatch(path, node, "true or false")
	case reflect.Int, reflect.Int64:
		d.integer(path, node, out)
	case reflect.Float64:
		d.float(path, node, out)
	default:
		d.reject(path, lineOf(node), "%s: a %s cannot be read from YAML", name(path), out.Type())
	}
}

func (d *Document) integer(path string, node ast.Node, out reflect.Value) {
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		d.mismatch(path, node, "a whole number")
		return
	}
	// The parser gives an int64 for negative numbers and a uint64 for others.
	var value int64
	fits := true
	switch v := n.Value.(type) {
	case int64:
		value = v
	case uint64:
		value, fits = int64(v), v <= 1<<63-1
	default:
		fits = false
	}
	if !fits || out.OverflowInt(value) {
		d.reject(path, lineOf(node), "%s: %s is too large", name(path), n.GetToken().Value)
		return
	}
	out.SetInt(value)
}

func (d *Document) float(path string, node ast.Node, out reflect.Value) {
	switch n := node.(type) {
	case *ast.FloatNode:
		out.SetFloat(n.Value)
	case *ast.IntegerNode:
		if v := reflect.ValueOf(n.Value); v.IsValid() {
			out.SetFloat(v.Convert(out.Type()).Float())
		}
	default:
		d.mismatch(path, node, "a number")
	}
}

func (d *Document) duration(path string, node ast.Node, out reflect.Value) {
	text, ok := textOf(node)
	if numberOrTruth(node) == "number" {
		text, ok = node.GetToken().Value, true
	}
	if !ok {
		d.mismatch(path, node, "a duration such as 10, for seconds, or 250ms")
		return
	}
	v, err := results.ParseDuration(text)
	if err != nil {
		d.reject(path, lineOf(node), "%s: %v", name(path), err)
		return
	}
	out.SetInt(int64(v))
}

// ownText lets a type with UnmarshalText read any single value from its text,
// numbers included. Such a struct may be written as a mapping too, such a slice
// as a list. done is false for a value that must be read in another way.
func (d *Document) ownText(path string, node ast.Node, out reflect.Value) (done bool) {
	if !out.CanAddr() {
		return false
	}
	reader, ok := out.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok {
		return false
	}
	text, single := textOf(node)
	if kind := numberOrTruth(node); kind != "" {
		text, single = node.GetToken().Value, true
	}
	if !single {
		if out.Kind() == reflect.Struct || out.Kind() == reflect.Slice && node.Type() == ast.SequenceType {
			return false
		}
		d.mismatch(path, node, "a single value")
		return true
	}
	if err := reader.UnmarshalText([]byte(text)); err != nil {
		d.reject(path, lineOf(node), "%s: %v", name(path), err)
	}
	return true
}

// textOf returns the value of a plain, quoted or block text.
func textOf(node ast.Node) (text string, ok bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value != nil {
			return n.Value.Value, true
		}
		return "", true
	}
	return "", false
}

// numberOrTruth names the kind of a number or truth value; "" for other nodes.
func numberOrTruth(node ast.Node) string {
	switch node.Type() {
	case ast.IntegerType, ast.FloatType, ast.InfinityType, ast.NanType:
		return "number"
	case ast.BoolType:
		return "truth value"
	}
	return ""
}

// mismatch reports a value of the wrong type.
func (d *Document) mismatch(path string, node ast.Node, want string) {
	got, hint := "this", ""
	text, isText := textOf(node)
	switch kind := numberOrTruth(node); {
	case kind != "":
		got = "the " + kind + " " + node.GetToken().Value
	case isText:
		got = fmt.Sprintf("the text %q", text)
	case node.Type() == ast.MappingType, node.Type() == ast.MappingValueType:
		got = "a mapping"
	case node.Type() == ast.SequenceType:
		got = "a list"
	}
	if want == "a text" && got != "a list" && got != "a mapping" {
		hint = "; put it in quotes"
	}
	d.reject(path, lineOf(node), "%s wants %s, not %s%s", name(path), want, got, hint)
}

// name is the path as messages call it.
func name(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}
