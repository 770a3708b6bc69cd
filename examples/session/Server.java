import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A session, the server in Java: Server [PORT [CLIENTS [SECONDS]]]
 *
 * <p>accept, then read and answer in turns until the client says "bye". A client that sends nothing for SECONDS (60 if
 * not told) is disconnected.
 */
class Server {
    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        int seconds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 60;

        try (var listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            for (int i = 1; i <= clients; i++) {
                try (Socket client = listener.accept()) {
                    client.setSoTimeout(seconds * 1000);
                    System.out.println("client " + i + ": " + serve(client, i));
                } catch (IOException exception) {
                    System.out.println("client " + i + ": " + exception.getMessage());
                }
            }
        }
    }

    private static String serve(Socket client, int number) throws IOException {
        // The reader has a buffer, so a line may arrive in parts. It has no limit: an endless line fills the memory.
        var fromClient = new BufferedReader(new InputStreamReader(client.getInputStream()));
        var toClient = new PrintWriter(client.getOutputStream(), true); // true: println sends at once
        int lines = 0;
        String line;
        while ((line = fromClient.readLine()) != null) {
            lines++;
            System.out.println("client " + number + " says: " + line);
            if (line.equals("bye")) {
                toClient.println("good bye after " + lines + " lines");
                return "done";
            }
            toClient.println("line " + lines + " has " + line.getBytes().length + " bytes");
        }
        return "left without a word";
    }
}
