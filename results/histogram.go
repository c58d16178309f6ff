package results

// Histogram is a distribution of durations; the zero Histogram is empty.
type Histogram struct {
	Count uint64 `json:"count"`
	MinNS int64  `json:"min_ns"`
	MaxNS int64  `json:"max_ns"`
	// MeanNS is exact to the histogram's resolution.
	MeanNS float64 `json:"mean_ns"`
	// Clamped counts values beyond the histogram's range, recorded at its end.
	Clamped uint64 `json:"clamped,omitempty"`
	// HDRv2 is base64 of the compressed HdrHistogram V2 encoding in nanoseconds, of
	// 3 significant digits (2 for the loader's lags); empty where not stored.
	HDRv2 string `json:"hdr_v2,omitempty"`
}

// Sums returns the histogram without its buckets; nil for nil.
func (h *Histogram) Sums() *Histogram {
	if h == nil {
		return nil
	}
	sums := *h
	sums.HDRv2 = ""
	return &sums
}
