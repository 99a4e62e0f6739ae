package plots

import (
	"path"
	"slices"
	"unicode/utf8"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// images are the names' ends of images among plots.
var images = []string{".jpg", ".jpeg", ".gif", ".png", ".svg"}

var plotData = []string{".csv", ".tsv", ".json", ".yaml", ".yml", ".toml", ".py"}

// source reads the data of a plot: the []byte of an image, or a value, rows as a list of
// mappings whose texts know their place.
func (s defined) source(at string) (any, error) {
	read, ok := s.readers[at]
	if !ok && s.found(at) {
		read, ok = s.readers[at]
	}
	if !ok {
		return nil, errs.New(errs.NotFound, "%s is not there", at).WithHint("`rondo repro` makes what a stage makes, and `rondo data pull` brings what a remote has")
	}
	ext := path.Ext(at)
	if !slices.Contains(images, ext) && !slices.Contains(plotData, ext) {
		return nil, errs.New(errs.Invalid, "%s is no data for a plot by its name", at).WithHint("plots are made of .csv, .tsv, .json and .yaml files, and of images (.png, .jpg, .gif, .svg)")
	}
	b, err := read()
	if err != nil || slices.Contains(images, ext) {
		return b, err
	}
	if !utf8.Valid(b) {
		return nil, errs.New(errs.Invalid, "%s is no text in UTF-8", at).WithHint("write it again as UTF-8")
	}
	switch ext {
	case ".csv":
		return doc.ReadRows(at, b, ',', s.header(at))
	case ".tsv":
		return doc.ReadRows(at, b, '\t', s.header(at))
	}
	return doc.Read(at, b)
}

// header reports whether the first line of a table has the names of its columns.
func (s defined) header(at string) bool {
	for _, props := range []*doc.Map{s.call, s.headers[at]} {
		if v, ok := props.Get("header"); ok {
			return v != false
		}
	}
	return true
}
