package strictyaml

import (
	"encoding"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Good tells whether the file gives a value for the path that could be read
// and of which no problem is known that makes it useless.
func (d *Document) Good(path string) bool { return d.Has(path) && !d.isBad(path) }

// Spoiled tells whether the value at the path may be missing only because of a
// problem that is reported already: a misspelt key, or an unreadable file.
func (d *Document) Spoiled(path string) bool {
	return d.isBad(path) || slices.Contains(d.bad, "")
}

func (d *Document) isBad(path string) bool {
	return slices.ContainsFunc(d.bad, func(b string) bool {
		return b == path || strings.HasPrefix(path, b) && strings.ContainsAny(path[len(b):len(b)+1], ".[")
	})
}

// Reject reports a value that was read and cannot be used: Good no longer
// holds for it, and nothing more is reported of it.
func (d *Document) Reject(path, format string, args ...any) {
	if d.Good(path) {
		d.reject(path, d.Line(path), format, args...)
	}
}

// ownText lets a type read any single value from its text, numbers included. A
// struct that does so may be written as a mapping too, a slice as a list. It
// tells whether the value was dealt with.
func (d *Document) ownText(path string, node ast.Node, out reflect.Value) bool {
	if !out.CanAddr() {
		return false
	}
	reader, ok := out.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok {
		return false
	}
	text, single := textOf(node)
	switch node.Type() {
	case ast.IntegerType, ast.FloatType, ast.InfinityType, ast.NanType, ast.BoolType:
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
