import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.zip.Adler32;

/**
 * Sticky packets, the server in Java: Server [PORT [CLIENTS]]
 *
 * <p>Receives three words without boundaries, a message with a length by hand, and a file in messages with readInt.
 */
class Server {
    private static final int NAME_LIMIT = 255;
    private static final int LINE_LIMIT = 1000;

    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;

        try (var listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            for (int i = 1; i <= clients; i++) {
                try (Socket client = listener.accept()) {
                    client.setSoTimeout(5_000);
                    serve(client, i);
                } catch (EOFException exception) {
                    System.out.println("client " + i + ": the stream ended");
                } catch (IOException exception) {
                    System.out.println("client " + i + ": " + exception.getMessage());
                }
            }
        }
    }

    private static void serve(Socket client, int number) throws IOException {
        // The buffer takes from the system what has arrived, for many reads.
        var fromClient = new DataInputStream(new BufferedInputStream(client.getInputStream()));
        var toClient = new DataOutputStream(client.getOutputStream());

        // 1. Nothing. The client sent "one", "two" and "three". Where do they end? A read returns what is there: a part
        // of one, or all three. That they are 11 bytes together is all we know.
        var words = new byte[11];
        int receives = 0;
        for (int got = 0, n; got < words.length; got += n, receives++) {
            n = fromClient.read(words, got, words.length - got);
            if (n == -1) {
                throw new EOFException();
            }
        }
        System.out.printf("client %d: \"%s\" in %d receives%n", number, ascii(words), receives);

        // 2. A length before the message, by hand, with a limit that must not be forgotten.
        int length = 0;
        for (int i = 0; i < 4; i++) {
            length = length << 8 | fromClient.readUnsignedByte();
        }
        System.out.printf("client %d: %s, by hand%n", number, ascii(readMessage(fromClient, length, NAME_LIMIT)));

        // 3. The streams of java.io: the same bytes.
        int lines = 0;
        int size = 0;
        var sum = new Adler32();
        byte[] line; // an empty one ends the file
        while ((line = readMessage(fromClient, fromClient.readInt(), LINE_LIMIT)).length > 0) {
            lines++;
            size += line.length;
            sum.update(line);
        }
        String checksum = String.format("%08x", sum.getValue());
        System.out.printf("client %d: %d bytes in %d messages, checksum %s%n", number, size, lines, checksum);
        toClient.writeInt(checksum.length());
        toClient.writeBytes(checksum);
    }

    private static byte[] readMessage(DataInputStream stream, int length, int limit) throws IOException {
        if (length < 0 || length > limit) { // anyone may claim to send four gigabytes; Java's int is signed
            throw new IOException("a message of " + Integer.toUnsignedString(length) + " bytes is refused");
        }
        var message = new byte[length];
        stream.readFully(message);
        return message;
    }

    /** What is printed of bytes that anyone may have sent. */
    private static String ascii(byte[] text) {
        return new String(text, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?");
    }
}
