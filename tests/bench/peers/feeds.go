// SPDX-License-Identifier: MIT

// feeds PORT FEEDS HOSTS: fetches and parses the feeds of feeds_site.h, a round for each line
// on its standard input: net/http with validators, 256 at once and 2 a host, gofeed. Nothing is kept
// but the validators.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mmcdole/gofeed"
)

const atOnce = 256

func cpu() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	port := os.Args[1]
	feeds, _ := strconv.Atoi(os.Args[2])
	hosts, _ := strconv.Atoi(os.Args[3])
	etags := make([]string, feeds)
	dialer := &net.Dialer{}
	client := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{
		// the names are of the loopback, as libcurl takes them by itself
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
		},
		MaxConnsPerHost: 2, MaxIdleConnsPerHost: 2, MaxIdleConns: 1024,
	}}
	round := func(name string) {
		var items, failed atomic.Int64
		var wait sync.WaitGroup
		work := make(chan int, feeds)
		for i := 0; i < feeds; i++ {
			work <- i
		}
		close(work)
		begin, used := time.Now(), cpu()
		for w := 0; w < atOnce; w++ {
			wait.Add(1)
			go func() {
				defer wait.Done()
				parser := gofeed.NewParser()
				for i := range work {
					request, _ := http.NewRequest("GET", fmt.Sprintf("http://h%d.localhost:%s/%d", i%hosts, port, i), nil)
					if etags[i] != "" {
						request.Header.Set("If-None-Match", etags[i])
					}
					answer, err := client.Do(request)
					if err != nil {
						failed.Add(1)
						continue
					}
					if answer.StatusCode == 200 {
						feed, err := parser.Parse(answer.Body)
						if err != nil {
							failed.Add(1)
						} else {
							items.Add(int64(len(feed.Items)))
							etags[i] = answer.Header.Get("ETag")
						}
					}
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}()
		}
		wait.Wait()
		fmt.Printf("%-34s %7.0f feeds/s   %7.0f a CPU second\n", "Go net/http, gofeed, "+name,
			float64(feeds)/time.Since(begin).Seconds(), float64(feeds)/(cpu()-used))
		if failed.Load() > 0 {
			fmt.Printf("# %d failed\n", failed.Load())
			os.Exit(1)
		}
	}
	names := []string{"all new", "1 in 15 has news", "all 304"}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		n, _ := strconv.Atoi(strings.TrimSpace(lines.Text()))
		round(names[n])
	}
}
