package strictyaml

import (
	"fmt"
	"reflect"
	"time"

	"github.com/goccy/go-yaml/ast"
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
	switch v := n.Value.(type) {
	case int64:
		if !out.OverflowInt(v) {
			out.SetInt(v)
			return
		}
	case uint64:
		if v <= 1<<63-1 && !out.OverflowInt(int64(v)) {
			out.SetInt(int64(v))
			return
		}
	}
	d.reject(path, lineOf(node), "%s: %s is too large", name(path), n.GetToken().Value)
}

func (d *Document) float(path string, node ast.Node, out reflect.Value) {
	switch n := node.(type) {
	case *ast.FloatNode:
		out.SetFloat(n.Value)
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			out.SetFloat(float64(v))
		case uint64:
			out.SetFloat(float64(v))
		}
	default:
		d.mismatch(path, node, "a number")
	}
}

func (d *Document) duration(path string, node ast.Node, out reflect.Value) {
	text, ok := textOf(node)
	if !ok {
		d.mismatch(path, node, "a duration with its unit, such as 10s or 250ms")
		return
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		d.reject(path, lineOf(node), "%s: %q is no duration; write it with its unit, such as 10s or 250ms", name(path), text)
		return
	}
	out.SetInt(int64(v))
}

// textOf is the value of a plain, quoted or block text.
func textOf(node ast.Node) (string, bool) {
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

// mismatch reports a value of the wrong type.
func (d *Document) mismatch(path string, node ast.Node, want string) {
	got := kindOf(node)
	hint := ""
	if want == "a text" && got != "a list" && got != "a mapping" {
		hint = "; put it in quotes"
	}
	d.reject(path, lineOf(node), "%s wants %s, not %s%s", name(path), want, got, hint)
}

// kindOf says in words what a node is.
func kindOf(node ast.Node) string {
	switch node.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "a mapping"
	case ast.SequenceType:
		return "a list"
	case ast.IntegerType, ast.FloatType, ast.InfinityType, ast.NanType, ast.BoolType:
		return "the " + scalarKind(node) + " " + node.GetToken().Value
	}
	if text, ok := textOf(node); ok {
		return fmt.Sprintf("the text %q", text)
	}
	return "this"
}

func scalarKind(node ast.Node) string {
	if node.Type() == ast.BoolType {
		return "truth value"
	}
	return "number"
}

// name is how a path is called in messages.
func name(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}
