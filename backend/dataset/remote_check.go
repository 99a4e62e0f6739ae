package dataset

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

// encodeRecord writes a snapshot as a remote keeps it.
func encodeRecord(snap Snapshot) ([]byte, error) {
	snap.Fetched = nil // what is here of it is no matter of the remote
	b, err := json.MarshalIndent(snap, "", "  ")
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	return append([]byte("{"+checkLine(b)), b[1:]...), nil
}

func checkLine(rest []byte) string {
	return fmt.Sprintf("%s%08x\",", recordCheck, crc32.Checksum(rest, crc32.MakeTable(crc32.Castagnoli)))
}

// decodeRecord reads one, and refuses what is not as it was written.
func decodeRecord(b []byte) (snap Snapshot, err error) {
	begin := bytes.Index(b, []byte(recordCheck))
	if begin < 0 {
		known := json.NewDecoder(bytes.NewReader(b))
		known.DisallowUnknownFields() // whoever writes more keys writes a check
		return snap, known.Decode(&snap)
	}
	line := b[begin:min(len(b), begin+len(checkLine(nil)))]
	rest := bytes.Join([][]byte{b[:begin], b[begin+len(line):]}, nil)
	if string(line) != checkLine(rest) {
		return snap, errors.New("its check does not fit its other lines")
	}
	return snap, json.Unmarshal(rest, &snap)
}
