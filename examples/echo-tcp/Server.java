import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Echo over TCP, the server in Java: Server [PORT [CLIENTS]]
 *
 * <p>Sends back whatever a client sends, until the client ends its stream. It serves CLIENTS clients (default 1), one
 * after the other, and ends. A failing client costs only its own connection.
 */
class Server {
    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;

        try (var listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            for (int i = 1; i <= clients; i++) {
                try (Socket client = listener.accept()) { // closes it at the end
                    client.setSoTimeout(5_000); // for reads; a write has no time limit in java.net
                    System.out.println("client " + i + ": " + echo(client) + " bytes sent back");
                } catch (IOException exception) {
                    System.out.println("client " + i + ": " + exception.getMessage());
                }
            }
        }
    }

    private static int echo(Socket client) throws IOException {
        var fromClient = client.getInputStream();
        var toClient = client.getOutputStream();
        var buffer = new byte[4096];
        int total = 0;
        int n;
        while ((n = fromClient.read(buffer)) != -1) { // -1: the client has ended its stream
            toClient.write(buffer, 0, n);
            total += n;
        }
        return total;
    }
}
