package strictyaml

import (
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// tooDeep returns the line at which lists and maps become nested more deeply than
// any file may be, 0 for none: the parser's time and memory grow with the square of
// the depth. Nesting by indentation is bounded by the size of the file.
func tooDeep(data []byte) int {
	brackets, dashes, line := 0, 0, 0
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType:
			dashes++
		}
		if brackets > maxDepth || dashes > maxDepth {
			return line
		}
	}
	return 0
}
