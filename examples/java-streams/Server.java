import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Java's streams, the server: Server [PORT [CLIENTS]]
 *
 * <p>The classic program: BufferedReader and PrintWriter over the streams of a Socket. Sends each line back reversed,
 * until the client has ended its stream.
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
                    System.out.println("client " + i + ": " + serve(client) + " lines");
                } catch (IOException exception) {
                    System.out.println("client " + i + ": " + exception.getMessage());
                }
            }
        }
    }

    private static int serve(Socket client) throws IOException {
        // The reader has no limit: an endless line fills the memory.
        var reader = new BufferedReader(new InputStreamReader(client.getInputStream()));
        var writer = new PrintWriter(client.getOutputStream(), true); // true: println sends at once
        int count = 0;
        String line;
        while ((line = reader.readLine()) != null) {
            writer.println(new StringBuilder(line).reverse());
            count++;
        }
        return count;
    }
}
