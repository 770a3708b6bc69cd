import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What close does with data that are not delivered yet: with linger off, zero, and on; in Java. */
class Linger {
    private static final int TIMEOUT = 5_000;

    public static void main(String[] arguments) throws IOException, InterruptedException {
        // The kernel goes on in the background and waits for the peer as long as it takes; close does not.
        demonstrate("linger off, the default", false, 0, 100_000);
        // Undelivered data are discarded, and the peer gets a reset.
        demonstrate("linger 0", true, 0, 100_000);
        // Close waits until the peer's kernel has acknowledged everything. Time is up here: the kernel goes on in the
        // background.
        demonstrate("linger 1 s", true, 1, 100_000);
        // It does not wait for the peer's program, which has read nothing here either.
        demonstrate("linger 1 s, little data", true, 1, 1_000);
    }

    private static void demonstrate(String title, boolean on, int linger, int size)
            throws IOException, InterruptedException {
        System.out.println(title);
        var client = new Socket();
        try (Socket peer = connect(client)) {
            int port = client.getLocalPort();
            int peerPort = client.getPort();
            client.setSoLinger(on, linger);
            // Our kernel has it all; the peer's program has read nothing.
            client.getOutputStream().write(new byte[size]);

            long start = System.nanoTime();
            client.close();
            boolean atOnce = System.nanoTime() - start < 1_000_000_000L;
            System.out.println("  close: " + (atOnce ? "at once" : "after its second"));
            System.out.println("  our end: " + state(port, peerPort, "gone"));

            int received = 0;
            String end = "the end";
            var buffer = new byte[65536];
            try {
                for (int n; (n = peer.getInputStream().read(buffer)) != -1; received += n) {}
            } catch (SocketException exception) {
                end = exception.getMessage().equals("Connection reset") ? "ECONNRESET" : exception.getMessage();
            }
            System.out.println("  the peer: " + (received == size ? "all" : "a part") + " and " + end);
            System.out.println("  the peer's end: " + state(peerPort, port, "CLOSED"));
            peer.close();

            long deadline = System.nanoTime() + TIMEOUT * 1_000_000L;
            while (state(port, peerPort, "gone").startsWith("FIN_WAIT") && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
            System.out.println("  both closed: " + state(port, peerPort, "gone"));
        }
    }

    /** Gives a client large buffers; returns the server's end of its connection, with small ones. */
    private static Socket connect(Socket client) throws IOException {
        client.setSendBufferSize(200_000);
        try (var listener = new ServerSocket()) {
            listener.setReceiveBufferSize(4096); // inherited by accepted connections
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            listener.setSoTimeout(TIMEOUT);
            client.connect(listener.getLocalSocketAddress(), TIMEOUT);
            Socket peer = listener.accept();
            peer.setSoTimeout(TIMEOUT);
            return peer;
        }
    }

    /** java.net does not report states. This is the kernel's table, which `ss -tan` shows too; closed ones are not in it. */
    private static String state(int port, int peerPort, String closed) throws IOException {
        String ports = String.format(".*:%04X .*:%04X (..) .*", port, peerPort);
        // java.net's sockets are IPv6 sockets that also carry IPv4.
        for (String line : Files.readAllLines(Path.of("/proc/net/tcp6"))) {
            if (line.matches(ports)) {
                return switch (line.replaceFirst(ports, "$1")) {
                    case "04" -> "FIN_WAIT1";
                    case "05" -> "FIN_WAIT2";
                    case "06" -> "TIME_WAIT";
                    case "08" -> "CLOSE_WAIT";
                    default -> line;
                };
            }
        }
        return closed;
    }
}
