package portable_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/portable"
)

func TestBattery(t *testing.T) { enginetest.Run(t, portable.Engine{}) }
