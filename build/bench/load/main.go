// Load asks one address the same question over and over and prints how long the
// answers took. It is the load generator of build/bench/bench.py.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

func main() {
	url := flag.String("url", "", "address to POST to")
	body := flag.String("body", "", "file that holds the question")
	token := flag.String("token", "", "bearer token")
	clients := flag.Int("clients", 4, "concurrent clients")
	requests := flag.Int("requests", 2000, "requests in all")
	flag.Parse()
	if err := run(*url, *body, *token, *clients, *requests); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(url, file, token string, clients, requests int) error {
	question, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	took := make([][]time.Duration, clients)
	fails := make([]error, clients)
	started := time.Now()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for range requests / clients {
				began := time.Now()
				if err := ask(client, url, token, question); err != nil {
					fails[c] = err
					return
				}
				took[c] = append(took[c], time.Since(began))
			}
		})
	}
	wg.Wait()
	return report(took, fails, time.Since(started))
}

func ask(client *http.Client, url, token string, question []byte) error {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(question))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, answer)
	}
	return err
}

func report(took [][]time.Duration, fails []error, wall time.Duration) error {
	for _, err := range fails {
		if err != nil {
			return err
		}
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"requests": len(all), "per_second": float64(len(all)) / wall.Seconds(),
		"p50_us": all[len(all)/2].Microseconds(), "p99_us": all[len(all)*99/100].Microseconds(),
	})
}
