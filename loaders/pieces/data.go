package pieces

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/joust-bench/joust/loaders"
)

// ReadData reads rows from CSV (RFC 4180) whose first line names the columns, or from
// lines that each hold a JSON object with the same keys. A JSON text is taken without its
// quotes, a number or a truth value as it is written, and null is empty. Errors name the
// line.
func ReadData(from io.Reader) (*loaders.Data, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(len(mark)) // they were peeked at
	}
	first, err := firstLetter(in)
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("is empty: write rows of CSV whose first line names the columns, or a JSON object a line")
	case err != nil:
		return nil, err
	case first == '[':
		return nil, errors.New("holds a JSON list: write one object a line, such as {\"user\":\"ann\"}")
	}
	d := &loaders.Data{}
	if first == '{' {
		err = readJSON(d, in)
	} else {
		err = readCSV(d, in)
	}
	if err == nil && d.Rows() == 0 {
		err = errors.New("names columns and has no row behind them")
	}
	if err != nil {
		return nil, err
	}
	d.Text, d.Ends = slices.Clip(d.Text), slices.Clip(d.Ends)
	return d, nil
}

// firstLetter returns the first byte that is no space, which it does not take.
func firstLetter(in *bufio.Reader) (byte, error) {
	for {
		c, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, in.UnreadByte()
		}
	}
}

func readCSV(d *loaders.Data, in io.Reader) error {
	lines := csv.NewReader(in)
	lines.ReuseRecord = true
	for {
		record, err := lines.Read()
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			if errors.Is(e.Err, csv.ErrFieldCount) {
				return fmt.Errorf("line %d has %d values, and there are %d columns", e.Line, len(record), len(d.Columns))
			}
			return fmt.Errorf("line %d is no CSV: %w", e.Line, e.Err)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case d.Columns == nil:
			for _, name := range record {
				d.Columns = append(d.Columns, strings.TrimSpace(name))
			}
			err = checkColumns(d.Columns)
		default:
			err = addRow(d, record)
		}
		if err != nil {
			line, _ := lines.FieldPos(0)
			return fmt.Errorf("line %d %w", line, err)
		}
	}
}

func readJSON(d *loaders.Data, in *bufio.Reader) error {
	var row []string
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(bytes.TrimSpace(text)) > 0 {
			if row, wrong := jsonRow(d, text, row); wrong != nil {
				return fmt.Errorf("line %d %w", line, wrong)
			} else if wrong := addRow(d, row); wrong != nil {
				return fmt.Errorf("line %d %w", line, wrong)
			}
		}
		if err != nil {
			return nil
		}
	}
}

// jsonRow returns the values of an object by the columns, which the first one names.
func jsonRow(d *loaders.Data, text []byte, row []string) ([]string, error) {
	keys, values, err := flat(text)
	if err != nil {
		return nil, err
	}
	if d.Columns == nil {
		d.Columns = keys
		if err := checkColumns(keys); err != nil {
			return nil, err
		}
	}
	row = row[:0]
	for _, name := range d.Columns {
		i := slices.Index(keys, name)
		if i < 0 {
			return nil, fmt.Errorf("lacks %q, which the first object has", name)
		}
		row = append(row, values[i])
	}
	if len(keys) > len(d.Columns) {
		for _, key := range keys {
			if !slices.Contains(d.Columns, key) {
				return nil, fmt.Errorf("has %q, which the first object lacks", key)
			}
		}
		return nil, errors.New("has a key twice")
	}
	return row, nil
}

// flat returns the keys of a JSON object in their order, with their values as texts.
func flat(text []byte) (keys, values []string, err error) {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	bad := func(err error) error { return fmt.Errorf("is no JSON object: %w", err) }
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return nil, nil, bad(cmp.Or(err, errors.New("it begins otherwise")))
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return nil, nil, bad(err)
		}
		value, err := in.Token()
		if err != nil {
			return nil, nil, bad(err)
		}
		switch value := value.(type) {
		case json.Delim:
			return nil, nil, fmt.Errorf("holds an object or a list in %q: a value is a text, a number, true, false or null", key)
		case nil:
			values = append(values, "")
		default:
			values = append(values, fmt.Sprint(value))
		}
		keys = append(keys, fmt.Sprint(key))
	}
	if _, err := in.Token(); err != nil {
		return nil, nil, bad(err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("holds more than one JSON object: write one a line")
	}
	return keys, values, nil
}

// checkColumns refuses names that no piece can have.
func checkColumns(names []string) error {
	for i, name := range names {
		switch {
		case name == "":
			return fmt.Errorf("gives column %d no name", i+1)
		case strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || strings.ContainsRune("(){}$#", c) }):
			return fmt.Errorf("names a column %q: a name holds no control character and none of (){}$#", name)
		case slices.Index(names, name) < i:
			return fmt.Errorf("names two columns %q", name)
		}
	}
	return nil
}

// addRow adds a row while there is room.
func addRow(d *loaders.Data, row []string) error {
	size := len(d.Text)
	for _, value := range row {
		size += len(value)
	}
	switch {
	case d.Rows() == loaders.MostRows:
		return fmt.Errorf("is one too many: at most %d rows are possible", loaders.MostRows)
	case size > loaders.MostDataBytes:
		return fmt.Errorf("makes the values longer than %d bytes, the most that is possible", loaders.MostDataBytes)
	}
	for _, value := range row {
		d.Add(value)
	}
	return nil
}
