import java.io.IOException;
import java.net.Socket;

/** Echo over TCP, the client in Java: Client HOST PORT */
class Client {
    public static void main(String[] arguments) throws IOException {
        try (var s = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            s.setSoTimeout(5_000);
            System.out.println("connected");
            for (String line : new String[] {"hello", "TCP carries a stream of bytes", "good bye"}) {
                s.getOutputStream().write(line.getBytes()); // all of it, always
                byte[] answer = s.getInputStream().readNBytes(line.length()); // a plain read may return only a part
                System.out.printf("sent \"%s\", received \"%s\"%n", line, new String(answer));
            }
        } // closes: the server reads the end of the stream
    }
}
