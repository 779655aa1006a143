// SPDX-License-Identifier: Apache-2.0

// Checks a log's publication with Google's golang.org/x/mod, which shares no line with Assay:
//
//	interop <publication> <verifier key> <earlier checkpoint> <folder of proofs>
//
// The folder of proofs has <name>.json with <name>.json.tlog-proof each. Prints what it found as JSON, with a note and
// proofs of its own for Assay to verify. Exit status 1 and a reason when anything does not hold.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) != 5 {
		fail(errors.New("expected publication, key, earlier checkpoint, folder of proofs"))
	}
	verifier := must(note.NewVerifier(os.Args[2]))
	log := publication{os.Args[1]}
	tree := open(verifier, must(os.ReadFile(filepath.Join(log.folder, "checkpoint"))))
	older := open(verifier, must(os.ReadFile(os.Args[3])))

	reader := tlog.TileHashReader(tree, log)
	growth := must(tlog.ProveTree(tree.N, older.N, reader))
	check(tlog.CheckTree(growth, tree.N, tree.Hash, older.N, older.Hash))

	proofs := must(filepath.Glob(filepath.Join(os.Args[4], "*.tlog-proof")))
	for _, path := range proofs {
		checkProof(verifier, tree, path)
	}
	index := tree.N / 3
	record := must(tlog.ProveRecord(tree.N, index, reader))

	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"size":      tree.N,
		"proofs":    len(proofs),
		"rehashed":  rehash(log, tree),
		"growth":    hashes(growth),
		"index":     index,
		"inclusion": hashes(record),
		"note":      ownNote(),
	})
}

// open verifies a signed checkpoint and gives the tree it names.
func open(verifier note.Verifier, signed []byte) tlog.Tree {
	opened := must(note.Open(signed, note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail(fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), opened.Text))
	}
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
}

// checkProof verifies one tlog-proof file and that a changed leaf does not pass.
func checkProof(verifier note.Verifier, tree tlog.Tree, path string) {
	head, checkpoint, found := strings.Cut(string(must(os.ReadFile(path))), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail(fmt.Errorf("%s is no tlog-proof", path))
	}
	under := open(verifier, []byte(checkpoint))
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64))
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		proof = append(proof, must(tlog.ParseHash(line)))
	}
	leaf := must(os.ReadFile(strings.TrimSuffix(path, ".tlog-proof")))
	check(tlog.CheckRecord(proof, under.N, under.Hash, index, tlog.RecordHash(leaf)))
	leaf[len(leaf)/2] ^= 1
	if tlog.CheckRecord(proof, under.N, under.Hash, index, tlog.RecordHash(leaf)) == nil {
		fail(fmt.Errorf("%s proves a changed leaf", path))
	}
	if under.N > tree.N {
		fail(fmt.Errorf("%s is of a tree that is not published", path))
	}
}

// rehash computes the whole tree from the entry bundles and compares every level-0 tile and the root.
func rehash(log publication, tree tlog.Tree) int64 {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	var count int64
	for n := int64(0); count < tree.N; n++ {
		tile := tlog.Tile{H: height, L: 0, N: n, W: int(min(256, tree.N-n*256))}
		leaves := must(log.ReadTiles([]tlog.Tile{tile}))[0]
		bundle := must(os.ReadFile(filepath.Join(log.folder, strings.Replace(path(tile), "tile/0/", "tile/entries/", 1))))
		for i := 0; i < tile.W; i++ {
			size := int(binary.BigEndian.Uint16(bundle))
			hash := tlog.RecordHash(bundle[2 : 2+size])
			bundle = bundle[2+size:]
			if !bytes.Equal(hash[:], leaves[i*32:(i+1)*32]) {
				fail(fmt.Errorf("entry %d is not the one of its tile", count))
			}
			stored = append(stored, must(tlog.StoredHashesForRecordHash(count, hash, read))...)
			count++
		}
		if len(bundle) > 0 {
			fail(fmt.Errorf("%d bytes too many after entry %d", len(bundle), count))
		}
	}
	if root := must(tlog.TreeHash(tree.N, read)); root != tree.Hash {
		fail(fmt.Errorf("the entries give the root %v, not %v", root, tree.Hash))
	}
	return count
}

// ownNote signs a note with a key that Go made.
func ownNote() map[string]string {
	private, public, err := note.GenerateKey(rand.Reader, "go.example/log")
	check(err)
	text := "go.example/log\n7\n" + tlog.RecordHash([]byte("root")).String() + "\n"
	signed := must(note.Sign(&note.Note{Text: text}, must(note.NewSigner(private))))
	return map[string]string{"key": public, "signed": string(signed)}
}

// publication reads tiles as C2SP tlog-tiles lays them out.
type publication struct{ folder string }

func (p publication) Height() int { return height }

func (p publication) SaveTiles([]tlog.Tile, [][]byte) {}

func (p publication) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(p.folder, path(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// path is tile/<level>/<n>: the height that sumdb writes before it is fixed in C2SP.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func hashes(proof []tlog.Hash) []string {
	var all []string
	for _, hash := range proof {
		all = append(all, hash.String())
	}
	return all
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
