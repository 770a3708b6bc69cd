import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The messages of a connection: a length in four bytes, which readInt reads, and a text. */
class Messages {
    private static final int LONGEST = 100;

    /** A message is longer than the protocol allows, so the beginning of the next one is unknown. */
    @SuppressWarnings("serial")
    static class TooLong extends IOException {
        TooLong() {
            super("too long");
        }
    }

    final DataOutputStream output;
    private final DataInputStream input;

    Messages(Socket s) throws IOException {
        input = new DataInputStream(s.getInputStream());
        // Collects the length and the text, which would otherwise be sent separately and wait for each other.
        output = new DataOutputStream(new BufferedOutputStream(s.getOutputStream()));
    }

    /** The next message; null when the peer has ended its stream. */
    String receive() throws IOException {
        int length;
        try {
            length = input.readInt();
        } catch (EOFException exception) {
            return null;
        }
        if (length < 0 || length > LONGEST) { // never trust a length that came over the network
            throw new TooLong();
        }
        var text = new byte[length];
        input.readFully(text);
        return new String(text, StandardCharsets.US_ASCII);
    }

    void send(String text) throws IOException {
        byte[] data = text.getBytes();
        output.writeInt(data.length);
        output.write(data);
        output.flush();
    }
}
