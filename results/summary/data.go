package summary

// data prints the use of data rows.
func (t *summary) data() {
	d := t.report.Data
	switch {
	case d == nil:
	case d.UsedUp:
		t.item("data", "all %s rows used, each once: the load ended with them", count(d.Rows))
	default:
		t.item("data", "%s times a request took one of %s rows, order %s", count(d.Taken), count(d.Rows), d.Order)
	}
}
