//go:build !linux

package tree

// Descendants returns nothing: the processes are not known here.
func Descendants(int) ([]Process, error) { return nil, nil }
