// Package dep stands in for a framework that is under development.
package dep

// Number is its answer.
const Number = 1
