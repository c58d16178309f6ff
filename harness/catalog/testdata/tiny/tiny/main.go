// Command tiny says what it was built with.
package main

import (
	"example.org/dep"

	"example.org/tiny/fixture"
)

func main() { println(fixture.Answer, dep.Number) }
