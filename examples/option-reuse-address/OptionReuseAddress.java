import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;

/** Restarting a server on its port: SO_REUSEADDR and TIME_WAIT, in Java. */
class OptionReuseAddress {
    private static final int TIMEOUT = 5_000;

    public static void main(String[] arguments) throws IOException {
        // A server serves a client and closes first: the port then stays in TIME_WAIT for a minute, because of late
        // segments.
        var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        SocketAddress address = listener.getLocalSocketAddress();
        var client = new Socket();
        client.connect(address, TIMEOUT);
        client.setSoTimeout(TIMEOUT);
        listener.setSoTimeout(TIMEOUT);
        Socket server = listener.accept(); // inherits reuse-address

        attempt("while it listens, with reuse-address", address, true);
        listener.close();
        attempt("while it serves, without", address, false);
        attempt("while it serves, with", address, true);
        server.close();
        client.getInputStream().read();
        client.close();
        attempt("in TIME_WAIT, without", address, false);
        attempt("in TIME_WAIT, with", address, true);
    }

    private static void attempt(String title, SocketAddress address, boolean reuse) throws IOException {
        try (var listener = new ServerSocket()) { // unbound; reuse-address is on in a new one
            listener.setReuseAddress(reuse);
            listener.bind(address);
            System.out.println(title + ": ok");
        } catch (BindException exception) { // has no error code; its text is the system's
            boolean inUse = exception.getMessage().startsWith("Address already in use");
            System.out.println(title + ": " + (inUse ? "EADDRINUSE" : exception.getMessage()));
        }
    }
}
