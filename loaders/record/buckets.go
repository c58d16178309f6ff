package record

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// The shape of an HdrHistogram from 1 ns with 3 digits: values below 2^(exactBits+1) have
// a bucket each; above, every doubling is divided into 2^exactBits buckets.
const exactBits = 10

// bucketOf returns the index of the bucket of a value within the range.
func bucketOf(ns int64) int {
	doubling := bits.Len64(uint64(ns)|(2<<exactBits-1)) - exactBits - 1
	return doubling<<exactBits + int(ns>>doubling)
}

// bucketCount is the number of buckets up to highestNS.
var bucketCount = bucketOf(highestNS) + 1

// totals summarise the values of Buckets.
type totals struct {
	count, clamped uint64
	min, max       int64
	sum            float64
}

func (t *totals) add(o totals) {
	if t.count == 0 || o.count > 0 && o.min < t.min {
		t.min = o.min
	}
	t.count, t.clamped, t.sum = t.count+o.count, t.clamped+o.clamped, t.sum+o.sum
	t.max = max(t.max, o.max)
}

// Buckets counts durations like a Histogram, in the same buckets. They can be encoded
// while a load runs: an Encoder leaves next to no garbage, where the library leaves a
// megabyte, which nobody collects until the load ends. The zero Buckets are ready. One
// goroutine may touch them at a time.
type Buckets struct {
	totals
	counts []uint64
	// from and to bound the indexes of the counts above 0: [from, to).
	from, to int
}

// Reserve takes the memory now, so that recording never allocates.
func (b *Buckets) Reserve() {
	if b.counts == nil {
		b.counts, b.from = make([]uint64, bucketCount), bucketCount
	}
}

// Record counts one duration in nanoseconds as Histogram.Record does.
func (b *Buckets) Record(ns int64) {
	bounded := min(max(ns, lowestNS), highestNS)
	clamped := uint64(0)
	if bounded != ns && ns != 0 {
		clamped = 1
	}
	b.totals.add(totals{1, clamped, bounded, bounded, float64(bounded)})
	b.put(bucketOf(bounded), 1)
}

// put adds n to the bucket of that index.
func (b *Buckets) put(index int, n uint64) {
	b.Reserve()
	b.counts[index] += n
	b.from, b.to = min(b.from, index), max(b.to, index+1)
}

// Count returns the number of recorded values.
func (b *Buckets) Count() uint64 { return b.count }

// Reset forgets all values and keeps the memory.
func (b *Buckets) Reset() {
	if b.count > 0 {
		clear(b.counts[b.from:b.to])
	}
	*b = Buckets{counts: b.counts, from: len(b.counts)}
}

// Merge adds the other's values.
func (b *Buckets) Merge(o *Buckets) {
	b.totals.add(o.totals)
	for i := o.from; i < o.to; i++ {
		if n := o.counts[i]; n > 0 {
			b.put(i, n)
		}
	}
}

// Packed are Buckets that take memory only for counts above 0. They do not change.
type Packed struct {
	totals
	bars []bar
}

type bar struct {
	index int
	n     uint64
}

// Pack returns a copy.
func (b *Buckets) Pack() Packed {
	p := Packed{totals: b.totals}
	for i := b.from; i < b.to; i++ {
		if n := b.counts[i]; n > 0 {
			p.bars = append(p.bars, bar{i, n})
		}
	}
	return p
}

// Unpack adds the values of the copy.
func (b *Buckets) Unpack(p Packed) {
	b.totals.add(p.totals)
	for _, bar := range p.bars {
		b.put(bar.index, bar.n)
	}
}

// Encoder makes the histograms of reports from Buckets. It keeps its memory. The zero
// Encoder is ready.
type Encoder struct {
	payload    []byte
	compressed bytes.Buffer
	zlib       *zlib.Writer
}

// Encode returns the histogram of a report, nil for empty Buckets: the bytes that
// Histogram.Result returns for the same values.
func (e *Encoder) Encode(b *Buckets) (*results.Histogram, error) {
	if b.count == 0 {
		return nil, nil
	}
	e.compressed.Reset()
	if e.zlib == nil {
		var err error
		if e.zlib, err = zlib.NewWriterLevel(&e.compressed, zlib.BestCompression); err != nil {
			return nil, fmt.Errorf("encoding a histogram of %d values: %w", b.count, err)
		}
	}
	e.zlib.Reset(&e.compressed)
	e.write(b)
	_, err := e.zlib.Write(e.payload)
	if err == nil {
		err = e.zlib.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encoding a histogram of %d values: %w", b.count, err)
	}
	e.payload = binary.BigEndian.AppendUint32(e.payload[:0], uint32(hdrhistogram.V2CompressedEncodingCookieBase|wordSize))
	e.payload = binary.BigEndian.AppendUint32(e.payload, uint32(e.compressed.Len()))
	e.payload = append(e.payload, e.compressed.Bytes()...)
	return &results.Histogram{
		Count: b.count, MinNS: b.min, MaxNS: b.max, MeanNS: b.sum / float64(b.count), Clamped: b.clamped,
		HDRv2: base64.StdEncoding.EncodeToString(e.payload),
	}, nil
}

// wordSize is the part of the encoding's first word that says how counts are written.
const wordSize = 0x10

// write writes the head and the counts in the V2 encoding of HdrHistogram.
func (e *Encoder) write(b *Buckets) {
	const head = 40
	p := append(e.payload[:0], make([]byte, head)...)
	zeros := int64(b.from)
	for i := b.from; i < b.to; i++ {
		n := b.counts[i]
		if n == 0 {
			zeros++
			continue
		}
		p, zeros = appendZigzag(appendZeros(p, zeros), int64(n)), 0
	}
	binary.BigEndian.PutUint32(p, uint32(hdrhistogram.V2EncodingCookieBase|wordSize))
	binary.BigEndian.PutUint32(p[4:], uint32(len(p)-head))
	binary.BigEndian.PutUint32(p[12:], digits)
	binary.BigEndian.PutUint64(p[16:], lowestNS)
	binary.BigEndian.PutUint64(p[24:], uint64(highestNS))
	binary.BigEndian.PutUint64(p[32:], math.Float64bits(1))
	e.payload = p
}

// appendZeros appends a run of empty buckets: one as a count of 0, more as their negative
// number.
func appendZeros(p []byte, n int64) []byte {
	switch n {
	case 0:
		return p
	case 1:
		return appendZigzag(p, 0)
	}
	return appendZigzag(p, -n)
}

// appendZigzag appends a number in the ZigZag LEB128 form of at most 9 bytes, whose last
// byte has 8 bits.
func appendZigzag(p []byte, n int64) []byte {
	z := uint64(n<<1) ^ uint64(n>>63)
	for range 8 {
		if z < 1<<7 {
			return append(p, byte(z))
		}
		p, z = append(p, byte(z)|1<<7), z>>7
	}
	return append(p, byte(z))
}
