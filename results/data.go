package results

// DataUse is the use of a load's data rows. Each request took one.
type DataUse struct {
	// Rows is the number of rows, Order the order in which requests took them.
	Rows  uint64 `json:"rows"`
	Order string `json:"order"`
	// Taken counts the rows that requests took; a row that several took counts for each.
	Taken uint64 `json:"taken"`
	// UsedUp is true where the load ended because no row was left.
	UsedUp bool `json:"used_up,omitempty"`
}

// Add adds the use of another loader, which had rows of its own.
func (d *DataUse) Add(other DataUse) {
	d.Rows += other.Rows
	d.Taken += other.Taken
	d.UsedUp = d.UsedUp && other.UsedUp
}
