// Package sample holds the projects that Rondo brings along to be tried: the daily
// weather of two cities, once with the built-in steps and once as scikit-learn
// scripts. What the loop does with them belongs to app/cli.
package sample

import (
	"embed"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

//go:embed weather weather-python
var files embed.FS

// Names lists the samples.
func Names() []string { return []string{"weather", "weather-python"} }

// source is the whole weather data: Seattle and New York, 2012–2015. It comes from
// the npm package vega-datasets (BSD-3-Clause), which took it from NOAA.
const source = "weather/data/all.csv"

// Write makes the sample in dir, with Seattle 2012–2014 as its data. A dir that
// holds a project already is kind Conflict; other files there are left alone.
func Write(name, dir string) error {
	if name != "weather" && name != "weather-python" {
		return errs.New(errs.NotFound, "there is no sample called %q", name).WithHint("choose one of: %s", strings.Join(Names(), ", "))
	}
	if _, err := os.Stat(filepath.Join(dir, "rondo.yaml")); err == nil {
		return errs.New(errs.Conflict, "%s holds a project already", dir).WithHint("choose an empty folder")
	}
	if err := copyFiles(name, dir); err != nil {
		return err
	}
	seattle, err := Days("Seattle", 2012, 2014)
	if err != nil {
		return err
	}
	return writeDays(filepath.Join(dir, "data", "weather.csv"), seattle)
}

// Code lists the sample's files that belong in git; its data is versioned apart.
func Code(name string) (paths []string, err error) {
	err = fs.WalkDir(files, name, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path != source {
			paths = append(paths, place(name, path))
		}
		return err
	})
	return paths, err
}

// place is where an embedded file lies in the project.
func place(name, path string) string {
	rel, _ := filepath.Rel(name, filepath.FromSlash(path)) // both are ours
	if rel == "gitignore" {
		return ".gitignore" // embed leaves out names that begin with a dot
	}
	return rel
}

func copyFiles(name, dir string) error {
	return fs.WalkDir(files, name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == source {
			return err
		}
		b, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		return atomicfile.WriteFile(filepath.Join(dir, place(name, path)), b, 0o644)
	})
}

// Day is one city's weather on one day.
type Day struct {
	Location      string
	Date          time.Time
	Precipitation float64 // mm
	TempMax       float64 // °C
	TempMin       float64 // °C
	Wind          float64 // m/s
	Weather       string  // drizzle, rain, sun, snow or fog
}

// Wet reports whether it rained or snowed at all.
func (d Day) Wet() bool { return d.Precipitation > 0 }

// Days returns a city's days of the years from first to last, both included.
func Days(location string, first, last int) ([]Day, error) {
	f, err := files.Open(source)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var days []Day
	for _, row := range rows[1:] {
		d, err := parseDay(row)
		if err != nil {
			return nil, err
		}
		if d.Location == location && d.Date.Year() >= first && d.Date.Year() <= last {
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		return nil, errs.New(errs.NotFound, "no days of %q in %d–%d", location, first, last).
			WithHint("the sample has Seattle and New York, 2012–2015")
	}
	return days, nil
}

func parseDay(row []string) (d Day, err error) {
	d.Location, d.Weather = row[0], row[6]
	if d.Date, err = time.Parse(time.DateOnly, row[1]); err != nil {
		return d, err
	}
	for i, v := range []*float64{&d.Precipitation, &d.TempMax, &d.TempMin, &d.Wind} {
		if *v, err = strconv.ParseFloat(row[2+i], 64); err != nil {
			return d, err
		}
	}
	return d, nil
}

func writeDays(path string, days []Day) error {
	f, err := atomicfile.Create(path, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	w.Write([]string{"location", "date", "precipitation", "temp_max", "temp_min", "wind", "weather"})
	for _, d := range days {
		w.Write([]string{
			d.Location, d.Date.Format(time.DateOnly), number(d.Precipitation), number(d.TempMax),
			number(d.TempMin), number(d.Wind), d.Weather,
		})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return f.Commit()
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
