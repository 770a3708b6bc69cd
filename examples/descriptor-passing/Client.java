import java.io.IOException;
import java.net.Socket;

/** Reads a greeting to its end, in Java: Client HOST PORT */
class Client {
    public static void main(String[] arguments) throws IOException {
        try (var s = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            s.setSoTimeout(5_000);
            String greeting = new String(s.getInputStream().readAllBytes());
            System.out.println(greeting + ", and the end of the stream");
        }
    }
}
