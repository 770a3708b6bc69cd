import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.Socket;

/** Java's streams, the client: Client HOST PORT */
class Client {
    public static void main(String[] arguments) throws IOException {
        String[] lines = {"hello", "stressed", "", "the last one"};
        try (var s = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            s.setSoTimeout(5_000);
            var reader = new BufferedReader(new InputStreamReader(s.getInputStream()));
            var writer = new PrintWriter(s.getOutputStream()); // without autoflush: println only fills the buffer

            for (String line : lines) {
                writer.println(line);
            }
            writer.flush(); // now all are sent together
            s.shutdownOutput(); // "that was all"

            for (String line : lines) {
                System.out.printf("\"%s\" came back as \"%s\"%n", line, reader.readLine());
            }
            String end = reader.readLine();
            // None is what Python prints.
            System.out.println("and then the end of the stream: " + (end == null ? "None" : end));
        }
    }
}
