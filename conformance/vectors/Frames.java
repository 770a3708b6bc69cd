// Messages by java.io.DataOutputStream and DataInputStream. `java Frames.java WORD`:
//
//   encode      reads lines of a framing and messages in hex, prints the bytes on the wire in hex
//   echo PORT   connects to this machine, and sends each message back that it receives, until the stream ends

import java.io.ByteArrayOutputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;

class Frames {
    public static void main(String[] words) throws IOException {
        if (words[0].equals("encode"))
            encode();
        else
            echo(Integer.parseInt(words[1]));
    }

    static void encode() throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            DataOutputStream to = new DataOutputStream(wire);
            for (int at = 1; at < words.length; at++)
                write(to, words[0], bytes(words[at]));
            StringBuilder hex = new StringBuilder();
            for (byte each : wire.toByteArray())
                hex.append(String.format("%02x", each));
            System.out.println(hex);
        }
    }

    static void write(DataOutputStream to, String framing, byte[] message) throws IOException {
        switch (framing) {
            case "u8": to.writeByte(message.length); break;
            case "u16be": to.writeShort(message.length); break;
            case "u32be": to.writeInt(message.length); break;
            case "u64be": to.writeLong(message.length); break;
            default: throw new IOException("Java has no " + framing);
        }
        to.write(message);
    }

    static byte[] bytes(String hex) {
        byte[] bytes = new byte[hex.equals("-") ? 0 : hex.length() / 2];
        for (int at = 0; at < bytes.length; at++)
            bytes[at] = (byte) Integer.parseInt(hex.substring(2 * at, 2 * at + 2), 16);
        return bytes;
    }

    static void echo(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            DataInputStream from = new DataInputStream(socket.getInputStream());
            DataOutputStream to = new DataOutputStream(socket.getOutputStream());
            while (true) {
                int length;
                try {
                    length = from.readInt();
                } catch (EOFException end) {
                    return;
                }
                byte[] message = new byte[length];
                from.readFully(message);
                to.writeInt(length);
                to.write(message);
            }
        }
    }
}
