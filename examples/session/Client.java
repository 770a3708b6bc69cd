import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.Socket;

/**
 * A session, the client in Java: Client HOST PORT
 *
 * <p>Sends the lines of its standard input one by one, each after the previous answer. "bye" ends the session, and so
 * does the end of the input.
 */
class Client {
    public static void main(String[] arguments) throws IOException {
        var typed = new BufferedReader(new InputStreamReader(System.in));
        try (var s = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            s.setSoTimeout(5_000);
            var fromServer = new BufferedReader(new InputStreamReader(s.getInputStream()));
            var toServer = new PrintWriter(s.getOutputStream(), true); // true: println sends at once
            System.out.println("connected; type lines, and bye");
            String line = "";
            while (!line.equals("bye")) {
                line = typed.readLine();
                if (line == null) { // the end of the input
                    line = "bye";
                }
                toServer.println(line);
                String answer = fromServer.readLine();
                if (answer == null) {
                    throw new IOException("the server ended the session");
                }
                System.out.println("server: " + answer);
            }
        }
    }
}
