// Package pieces makes requests that differ from each other. In their texts ${…} stands
// for a value that is new for each request: a random one, a number that counts, the time,
// or a column of data. Texts are parsed once; a request is then rendered without an
// allocation.
package pieces

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
)

// Begin begins a piece; behind another $ it stands for itself.
const Begin = "${"

// Known lists the pieces that need no data, in a sentence.
const Known = "${uuid()}, ${randint(a,b)}, ${randstr(n)}, ${counter(name)}, ${now()} and ${now(unix)}"

// Escaping says how a text holds Begin itself.
const Escaping = "a literal ${ is written $${"

// MostRandom is the most letters of ${randstr(n)}.
const MostRandom = 1 << 16

// kind is the kind of a piece.
type kind uint8

const (
	kindLiteral kind = iota
	kindUUID
	kindInteger
	kindLetters
	kindCounter
	kindTime
	kindUnix
	kindColumn
)

// Piece is a literal text or a value that is new for each request.
type Piece struct {
	kind kind
	// text is a literal, or the name of a counter.
	text string
	// least is the least random integer; size is how many different ones there are, 0 for
	// 2⁶⁴, or the length of a random text, or the number of a column.
	least int64
	size  uint64
}

// IsLiteral reports whether the piece is a text that is always the same.
func (p *Piece) IsLiteral() bool { return p.kind == kindLiteral }

// Escape returns a template that stands for the text, and Unescape the text for which a
// template without pieces stands.
func Escape(text string) string { return strings.ReplaceAll(text, Begin, "$"+Begin) }

// Unescape is the opposite of Escape.
func Unescape(template string) string { return strings.ReplaceAll(template, "$"+Begin, Begin) }

// Column returns the number of the column that the piece stands for; ok is false for all
// other pieces.
func (p *Piece) Column() (number int, ok bool) { return int(p.size), p.kind == kindColumn }

// Has reports whether the text holds Begin: a piece, or an escaped one.
func Has(text string) bool { return strings.Contains(text, Begin) }

// Parse reads a text whose pieces may name the columns. The error holds every problem,
// with its place in bytes from 0.
func Parse(text string, columns []string) ([]Piece, error) {
	var list []Piece
	var errs []error
	add := func(literal string) {
		if literal != "" {
			list = append(list, Piece{kind: kindLiteral, text: literal})
		}
	}
	each(text, add, func(at int, inner string, closed bool) {
		p, err := Piece{}, errors.New("has no }: "+Escaping)
		if closed {
			p, err = parse(inner, columns)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s at %d %w", shown(inner, closed), at, err))
			return
		}
		list = append(list, p)
	})
	return list, errors.Join(errs...)
}

// shown returns the text of a piece for an error.
func shown(inner string, closed bool) string {
	const most = 40
	if len(inner) > most {
		inner, closed = inner[:most], false
	}
	if !closed {
		return strconv.Quote(Begin + inner + "…")
	}
	return strconv.Quote(Begin + inner + "}")
}

// each calls literal with each literal part of the text, as it is meant, and piece with
// each piece: its place, what stands between its braces, and whether the second one is
// there.
func each(text string, literal func(string), piece func(at int, inner string, closed bool)) {
	for done := 0; ; {
		from := strings.Index(text[done:], Begin)
		if from < 0 {
			literal(text[done:])
			return
		}
		from += done
		behind := from + len(Begin)
		if from > done && text[from-1] == '$' {
			literal(text[done:from-1] + Begin)
			done = behind
			continue
		}
		literal(text[done:from])
		length := strings.IndexByte(text[behind:], '}')
		if length < 0 {
			piece(from, text[behind:], false)
			return
		}
		piece(from, text[behind:behind+length], true)
		done = behind + length + 1
	}
}

// MapLiterals returns the text with the function applied to its literal parts. Pieces
// and escaped ones stay as they are.
func MapLiterals(text string, change func(string) string) string {
	var out strings.Builder
	rest := text
	each(text, func(string) {}, func(at int, inner string, closed bool) {
		before := text[len(text)-len(rest) : at]
		out.WriteString(mapEscaped(before, change))
		end := at + len(Begin) + len(inner)
		if closed {
			end++
		}
		out.WriteString(text[at:end])
		rest = text[end:]
	})
	out.WriteString(mapEscaped(rest, change))
	return out.String()
}

// mapEscaped applies the function to the parts of a text without pieces that lie around
// escaped ones.
func mapEscaped(text string, change func(string) string) string {
	const escaped = "$" + Begin
	parts := strings.Split(text, escaped)
	for i := range parts {
		parts[i] = change(parts[i])
	}
	return strings.Join(parts, escaped)
}

// parse reads what stands between the braces of a piece.
func parse(inner string, columns []string) (Piece, error) {
	for i, name := range columns {
		if name == inner {
			return Piece{kind: kindColumn, text: name, size: uint64(i)}, nil
		}
	}
	name, arguments, ok := strings.Cut(inner, "(")
	arguments, ends := strings.CutSuffix(arguments, ")")
	if !ok || !ends {
		return Piece{}, unknown(inner, columns)
	}
	var list []string
	if arguments = strings.TrimSpace(arguments); arguments != "" {
		for argument := range strings.SplitSeq(arguments, ",") {
			list = append(list, strings.TrimSpace(argument))
		}
	}
	switch {
	case name == "uuid" && len(list) == 0:
		return Piece{kind: kindUUID}, nil
	case name == "uuid":
		return Piece{}, errors.New("takes nothing between its parentheses")
	case name == "randint":
		return integer(list)
	case name == "randstr":
		return letters(list)
	case name == "counter" && len(list) < 2:
		return Piece{kind: kindCounter, text: strings.Join(list, "")}, nil
	case name == "counter":
		return Piece{}, errors.New("takes one name, such as ${counter(orders)}")
	case name == "now" && len(list) == 0:
		return Piece{kind: kindTime}, nil
	case name == "now" && len(list) == 1 && list[0] == "unix":
		return Piece{kind: kindUnix}, nil
	case name == "now":
		return Piece{}, errors.New("is ${now()} for a time such as 2026-01-31T12:00:00.000000Z, or ${now(unix)} for whole seconds")
	}
	return Piece{}, unknown(inner, columns)
}

// unknown returns the error of a piece that names nothing.
func unknown(inner string, columns []string) error {
	known := "pieces are " + Known
	names := []string{"uuid()", "randint(a,b)", "randstr(n)", "counter(name)", "now()"}
	if len(columns) > 0 {
		known += "; columns of the data are " + strings.Join(columns, ", ")
		names = append(names, columns...)
	}
	near := ""
	if name, ok := suggest.Nearest(inner, names); ok {
		near = fmt.Sprintf(", did you mean %s%s}?", Begin, name)
	}
	return fmt.Errorf("names nothing known%s; %s; %s", near, known, Escaping)
}

// integer reads the bounds of a random integer.
func integer(list []string) (Piece, error) {
	bad := errors.New("takes the least and the greatest number, such as ${randint(1,100)}")
	if len(list) != 2 {
		return Piece{}, bad
	}
	least, err := strconv.ParseInt(list[0], 10, 64)
	if err != nil {
		return Piece{}, bad
	}
	most, err := strconv.ParseInt(list[1], 10, 64)
	switch {
	case err != nil:
		return Piece{}, bad
	case most < least:
		return Piece{}, fmt.Errorf("has the least number %d above the greatest one, %d: swap them", least, most)
	}
	return Piece{kind: kindInteger, least: least, size: uint64(most) - uint64(least) + 1}, nil
}

// letters reads the length of a random text.
func letters(list []string) (Piece, error) {
	if len(list) == 1 {
		if n, err := strconv.ParseUint(list[0], 10, 64); err == nil && n >= 1 && n <= MostRandom {
			return Piece{kind: kindLetters, size: n}, nil
		}
	}
	return Piece{}, fmt.Errorf("takes the number of letters, from 1 to %d, such as ${randstr(8)}", MostRandom)
}
