package points

// File returns the bytes of a whole file that holds the batches, each as one block,
// for programs that write a project without a server.
func File(batches ...[]Point) ([]byte, error) {
	out := []byte(header)
	for _, list := range batches {
		b, flags, err := encode(list, false)
		if err != nil {
			return nil, err
		}
		seal(b, flags, int64(len(out)))
		out = append(out, b...)
	}
	return out, nil
}
