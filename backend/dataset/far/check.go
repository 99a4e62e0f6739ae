package far

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// recordCheck begins the line of a remote's record that says what the others are: their CRC-32C
// (Castagnoli), as in pointers. Records of older versions have none.
const recordCheck = "\n  \"check\": \""

// encode writes a record as a remote keeps it.
func encode(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	return append([]byte("{"+checkLine(b)), b[1:]...), nil
}

func checkLine(rest []byte) string {
	return fmt.Sprintf("%s%08x\",", recordCheck, crc32.Checksum(rest, crc32.MakeTable(crc32.Castagnoli)))
}

// decode reads one, and refuses what is not as it was written.
func decode(b []byte, v any) error {
	begin := bytes.Index(b, []byte(recordCheck))
	if begin < 0 {
		known := json.NewDecoder(bytes.NewReader(b))
		known.DisallowUnknownFields() // whoever writes more keys writes a check
		return known.Decode(v)
	}
	line := b[begin:min(len(b), begin+len(checkLine(nil)))]
	rest := bytes.Join([][]byte{b[:begin], b[begin+len(line):]}, nil)
	if string(line) != checkLine(rest) {
		return errors.New("its check does not fit its other lines")
	}
	return json.Unmarshal(rest, v)
}
