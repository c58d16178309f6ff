package loaders

import (
	"math"
	"slices"
)

// DataOrder is the order in which requests take the rows of Data.
type DataOrder string

// The orders. LoopRows goes through the rows as they stand and begins again behind the
// last, SequentialRows and UniqueRows end the load there: UniqueRows is refused where more
// requests are asked for than there are rows. RandomRows draws each row from all of them.
const (
	LoopRows       DataOrder = "loop"
	SequentialRows DataOrder = "sequential"
	RandomRows     DataOrder = "random"
	UniqueRows     DataOrder = "unique"
)

// DataOrders returns all orders of rows.
func DataOrders() []DataOrder { return []DataOrder{LoopRows, SequentialRows, RandomRows, UniqueRows} }

// DataOrderWords lists the orders of rows in a sentence.
const DataOrderWords = string(LoopRows + ", " + SequentialRows + ", " + RandomRows + " or " + UniqueRows)

// The bounds of Data.
const (
	// MostRows is the greatest number of rows.
	MostRows = 1 << 24
	// MostDataBytes is the greatest length of all values together, in bytes.
	MostDataBytes = 512 << 20
)

// Data are rows of values. Each request takes a row, whose values stand in the place of
// its pieces ${column}. Rows are packed: a value takes its own bytes and four more.
type Data struct {
	Columns []string `json:"columns"`
	// Order not given is LoopRows.
	Order DataOrder `json:"order,omitempty"`
	// Text holds the values of all rows, one behind the other; Ends has the end of each
	// value in Text, as many a row as there are columns.
	Text []byte   `json:"text"`
	Ends []uint32 `json:"ends"`
}

// Rows returns the number of rows.
func (d *Data) Rows() int {
	if d == nil || len(d.Columns) == 0 {
		return 0
	}
	return len(d.Ends) / len(d.Columns)
}

// Value returns the value of a column in a row, both counted from 0. Its bytes are not to
// be changed.
func (d *Data) Value(row, column int) []byte {
	at := row*len(d.Columns) + column
	from := uint32(0)
	if at > 0 {
		from = d.Ends[at-1]
	}
	return d.Text[from:d.Ends[at]]
}

// Add appends a value: the next one of the last row, or the first of a new one.
func (d *Data) Add(value string) {
	d.Text = append(d.Text, value...)
	d.Ends = append(d.Ends, uint32(len(d.Text)))
}

// part returns the rows of one of several loaders: those of its index and every so many
// behind, which keep their order.
func (d *Data) part(share Share) *Data {
	if d == nil {
		return nil
	}
	p := &Data{Columns: d.Columns, Order: d.Order}
	for row := share.Index; row < d.Rows(); row += share.Of {
		for column := range d.Columns {
			p.Text = append(p.Text, d.Value(row, column)...)
			p.Ends = append(p.Ends, uint32(len(p.Text)))
		}
	}
	return p
}

// check refuses data whose parts do not fit together.
func (d *Data) check(refuse func(bad bool, format string, args ...any)) {
	if d == nil {
		return
	}
	refuse(d.Order != "" && !slices.Contains(DataOrders(), d.Order), "order of data rows %q: %s", d.Order, DataOrderWords)
	refuse(d.Rows() == 0, "data without a row")
	refuse(d.Rows() > MostRows || len(d.Text) > MostDataBytes, "%d data rows of %d bytes: at most %d rows and %d bytes are possible", d.Rows(), len(d.Text), MostRows, MostDataBytes)
	whole := len(d.Columns) > 0 && len(d.Ends)%len(d.Columns) == 0 && len(d.Text) <= math.MaxUint32 &&
		slices.IsSorted(d.Ends) && (len(d.Ends) == 0 || int(d.Ends[len(d.Ends)-1]) == len(d.Text))
	refuse(!whole, "data rows do not all have the same columns")
}
