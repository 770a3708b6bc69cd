import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes to a peer that has gone, and survives, in Java: Client HOST PORT */
class Client {
    public static void main(String[] arguments) throws IOException, InterruptedException {
        System.out.println("a peer that closed");
        try (Socket s = connected(arguments)) {
            s.getOutputStream().write("close".getBytes());
            receive(s);

            // Sending is still allowed: the end of the peer's stream says nothing about ours. Success means that the
            // kernel of this host has a copy of the bytes. It says nothing about the peer, whose kernel answers with a
            // reset.
            send(s, "first");

            // The reset takes a moment. java.net can't wait for it: the connection has gone from the kernel's table
            // when it has come.
            long deadline = System.nanoTime() + 5_000_000_000L;
            while (isInTable(s) && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
            send(s, "second");
        }

        System.out.println("a peer that reset");
        try (Socket s = connected(arguments)) {
            s.getOutputStream().write("reset".getBytes());
            receive(s);
            send(s, "third");
        }
        System.out.println("still running: no SIGPIPE");
    }

    private static Socket connected(String[] address) throws IOException {
        var s = new Socket(address[0], Integer.parseInt(address[1]));
        s.setSoTimeout(5_000);
        return s;
    }

    private static void receive(Socket s) {
        try {
            int n = s.getInputStream().read(new byte[1]);
            System.out.println("  recv: " + Math.max(n, 0) + " bytes"); // java.net returns -1 at the end of the stream
        } catch (IOException exception) {
            System.out.println("  recv: " + nameOf(exception));
        }
    }

    private static void send(Socket s, String text) {
        try {
            s.getOutputStream().write(text.getBytes());
            System.out.println("  send: " + text.length() + " bytes");
        } catch (IOException exception) {
            System.out.println("  send: " + nameOf(exception));
        }
    }

    /** java.net's exceptions have no error codes, only the system's texts and Java's. */
    private static String nameOf(IOException exception) {
        return switch (exception.getMessage()) {
            case "Connection reset" -> "ECONNRESET";
            case "Broken pipe" -> "EPIPE";
            default -> exception.getMessage();
        };
    }

    /** Whether the kernel still has the connection. java.net's sockets are IPv6 sockets that also carry IPv4. */
    private static boolean isInTable(Socket s) throws IOException {
        String ports = String.format(":%04X .*:%04X .*", s.getLocalPort(), s.getPort());
        return Files.readAllLines(Path.of("/proc/net/tcp6")).stream().anyMatch(line -> line.matches(".*" + ports));
    }
}
