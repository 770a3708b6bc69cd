// Messages by encoding/binary: reads lines of a framing and messages in hex, prints the bytes on the wire in hex.
// `go run frames.go`
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		var wire bytes.Buffer
		for _, word := range words[1:] {
			message, err := hex.DecodeString(strings.TrimPrefix(word, "-"))
			if err == nil {
				err = write(&wire, words[0], message)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		fmt.Println(hex.EncodeToString(wire.Bytes()))
	}
}

func write(wire *bytes.Buffer, framing string, message []byte) error {
	var err error
	length := len(message)
	switch framing {
	case "u16be":
		err = binary.Write(wire, binary.BigEndian, uint16(length))
	case "u16le":
		err = binary.Write(wire, binary.LittleEndian, uint16(length))
	case "u32be":
		err = binary.Write(wire, binary.BigEndian, uint32(length))
	case "u32le":
		err = binary.Write(wire, binary.LittleEndian, uint32(length))
	case "u64be":
		err = binary.Write(wire, binary.BigEndian, uint64(length))
	case "u64le":
		err = binary.Write(wire, binary.LittleEndian, uint64(length))
	case "varint":
		prefix := make([]byte, binary.MaxVarintLen64)
		wire.Write(prefix[:binary.PutUvarint(prefix, uint64(length))])
	default:
		err = fmt.Errorf("Go has no %s", framing)
	}
	wire.Write(message)
	return err
}
