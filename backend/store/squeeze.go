package store

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

var encoders = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
}}

var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		panic(err) // the options are constant
	}
	return d
}}

const maxUnpacked = 64 << 20 // bytes of an entry; none that Rondo writes comes near it

// codec compresses what is read again by unsqueeze.
type codec func([]byte) []byte

// gains returns what content that begins like this is to be compressed by; nil if the
// sample does not shrink by at least a tenth: numbers at random, which have a few bits in a
// hundred to spare, otherwise took more time than all else that is done with them. Letters
// alone are enough where looking for repetitions hardly saves more: it takes four times as long.
func gains(sample []byte) codec {
	sample = sample[:min(len(sample), 256<<10)]
	by, least := codec(squeeze), len(squeeze(sample))
	if n := len(spell(sample)); n <= least*21/20 {
		by, least = spell, n
	}
	if least > len(sample)*9/10 {
		return nil
	}
	return by
}

func squeeze(b []byte) []byte {
	e := encoders.Get().(*zstd.Encoder)
	defer encoders.Put(e)
	return e.EncodeAll(b, nil)
}

func unsqueeze(b, into []byte) ([]byte, error) {
	d := decoders.Get().(*zstd.Decoder)
	defer decoders.Put(d)
	return d.DecodeAll(b, into)
}
