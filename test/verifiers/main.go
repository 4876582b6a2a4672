// Reads what the product serves with code that it does not own. Usage:
//
//	verifiers proof KEYS FILE        a proof file: log line, cosignatures, inclusion
//	verifiers log KEYS URL           a whole log: fsck, and a consistency proof of every size up to it
//
// KEYS is a file of verifier keys: the log's first, then the witnesses'.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	tproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: verifiers proof|log KEYS FILE|URL")
		os.Exit(2)
	}
	check := map[string]func(string, string) error{"proof": checkProof, "log": checkLog}[os.Args[1]]
	if check == nil {
		os.Exit(2)
	}
	if err := check(os.Args[2], os.Args[3]); err != nil {
		// A tile that differs is printed whole.
		fmt.Printf("FAILS: %.200s\n", err.Error())
		os.Exit(1)
	}
	fmt.Println("HOLDS")
}

func readKeys(file string) (note.Verifier, []note.Verifier, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	lines := strings.Fields(string(text))
	logKey, err := note.NewVerifier(lines[0])
	if err != nil {
		return nil, nil, err
	}
	var witnesses []note.Verifier
	for _, line := range lines[1:] {
		witness, err := fnote.NewVerifierForCosignatureV1(line)
		if err != nil {
			return nil, nil, err
		}
		witnesses = append(witnesses, witness)
	}
	return logKey, witnesses, nil
}

func checkProof(keys, file string) error {
	logKey, witnesses, err := readKeys(keys)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var p tproof.TLogProof
	if err := p.Unmarshal(data); err != nil {
		return err
	}
	checkpoint, _, signed, err := log.ParseCheckpoint(p.Checkpoint, logKey.Name(), logKey, witnesses...)
	if err != nil {
		return err
	}
	if got, want := len(signed.Sigs), strings.Count(string(p.Checkpoint), "\n— "); got != want {
		return fmt.Errorf("%d of %d signature lines are by known keys", got, want)
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(p.ExtraData)
	hashes := make([][]byte, len(p.Hashes))
	record := make(tlog.RecordProof, len(p.Hashes))
	for i := range p.Hashes {
		hashes[i] = p.Hashes[i][:]
		record[i] = tlog.Hash(p.Hashes[i])
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, checkpoint.Size, leaf, hashes, checkpoint.Hash); err != nil {
		return fmt.Errorf("merkle: %w", err)
	}
	// The same by another author's code.
	if _, err := note.Open(p.Checkpoint, note.VerifierList(logKey)); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	tree, err := tlog.ParseTree([]byte(sumdbText(signed.Text)))
	if err != nil {
		return fmt.Errorf("tlog: %w", err)
	}
	if err := tlog.CheckRecord(record, tree.N, tree.Hash, int64(p.Index), tlog.RecordHash(p.ExtraData)); err != nil {
		return fmt.Errorf("tlog: %w", err)
	}
	fmt.Printf("entry %d of %d, %d witnesses\n", p.Index, checkpoint.Size, len(signed.Sigs)-1)
	return nil
}

// sumdb knows one origin line of its own.
func sumdbText(text string) string {
	_, rest, _ := strings.Cut(text, "\n")
	return "go.sum database tree\n" + rest
}

func checkLog(keys, address string) error {
	logKey, witnesses, err := readKeys(keys)
	if err != nil {
		return err
	}
	base, err := url.Parse(strings.TrimSuffix(address, "/") + "/")
	if err != nil {
		return err
	}
	fetcher, err := client.NewHTTPFetcher(base, http.DefaultClient)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	if err := fsck.New(logKey.Name(), logKey, fetcher, bundleHasher, fsck.Opts{N: 4}).Check(ctx); err != nil {
		return fmt.Errorf("fsck: %w", err)
	}
	raw, err := fetcher.ReadCheckpoint(ctx)
	if err != nil {
		return err
	}
	checkpoint, _, signed, err := log.ParseCheckpoint(raw, logKey.Name(), logKey, witnesses...)
	if err != nil {
		return err
	}
	tree, err := tlog.ParseTree([]byte(sumdbText(signed.Text)))
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, &tiles{base: base.String(), fetcher: fetcher})
	step := max(tree.N/50, 1)
	for size := step; size < tree.N; size += step {
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return fmt.Errorf("tlog: %w", err)
		}
		consistency, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return fmt.Errorf("tlog: %w", err)
		}
		if err := tlog.CheckTree(consistency, tree.N, tree.Hash, size, root); err != nil {
			return fmt.Errorf("tlog: consistency from %d: %w", size, err)
		}
	}
	fmt.Printf("%d entries, %d witnesses\n", checkpoint.Size, len(signed.Sigs)-1)
	return nil
}

func bundleHasher(data []byte) ([][]byte, error) {
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(data); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(bundle.Entries))
	for _, entry := range bundle.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

// tiles reads tiles of height 8 as the log serves them: its paths do not name the height.
type tiles struct {
	base    string
	fetcher *client.HTTPFetcher
}

func (t *tiles) Height() int { return 8 }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		response, err := http.Get(t.base + path)
		if err != nil {
			return nil, err
		}
		data[i], err = io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, errors.New(path + ": " + response.Status)
		}
	}
	return data, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}
