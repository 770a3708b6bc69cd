import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Half close, the server in Java: Server [PORT [CLIENTS]]
 *
 * <p>Sends back in capitals what a client sends. When the client has ended its stream, it sends the sum of all bytes,
 * which the client gets because it still receives.
 */
class Server {
    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;

        try (var listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            for (int i = 1; i <= clients; i++) {
                try (Socket client = listener.accept()) {
                    client.setSoTimeout(5_000);
                    System.out.println("client " + i + ": " + serve(client));
                } catch (IOException exception) {
                    System.out.println("client " + i + ": " + exception.getMessage());
                }
            }
        }
    }

    private static String serve(Socket client) throws IOException {
        var fromClient = client.getInputStream();
        var toClient = client.getOutputStream();
        var buffer = new byte[4096];
        int lines = 0;
        int size = 0;
        int n;
        while ((n = fromClient.read(buffer)) != -1) {
            for (int i = 0; i < n; i++) {
                lines += buffer[i] == '\n' ? 1 : 0;
                if (buffer[i] >= 'a' && buffer[i] <= 'z') {
                    buffer[i] -= 'a' - 'A';
                }
            }
            size += n;
            toClient.write(buffer, 0, n);
        }
        String total = lines + " lines, " + size + " bytes";
        toClient.write((total + "\n").getBytes());
        return total;
    }
}
