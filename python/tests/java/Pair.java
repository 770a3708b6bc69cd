import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** Both ends of a connection. */
public class Pair implements AutoCloseable {
    final Socket client;
    final Socket server;

    Pair() throws IOException {
        try (ServerSocket listener = new ServerSocket(0)) {
            client = new Socket("127.0.0.1", listener.getLocalPort());
            server = listener.accept();
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
