import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.Socket;

/** Four clients in a chat room, in Java: Client HOST PORT */
class Client implements AutoCloseable {
    private final String name;
    private final Socket socket;
    private final BufferedReader fromRoom;
    private final PrintWriter toRoom;

    private Client(String[] address, String name) throws IOException {
        this.name = name;
        socket = new Socket(address[0], Integer.parseInt(address[1]));
        socket.setSoTimeout(5_000);
        fromRoom = new BufferedReader(new InputStreamReader(socket.getInputStream()));
        toRoom = new PrintWriter(socket.getOutputStream(), true); // true: println sends at once
        hears();
    }

    private void says(String text) {
        System.out.println(name + " says: " + text);
        toRoom.println(text);
    }

    private void hears() throws IOException {
        String line = fromRoom.readLine();
        System.out.println(name + " hears: " + (line == null ? "(the end)" : line));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static void hear(Client... clients) throws IOException {
        for (Client client : clients) {
            client.hears();
        }
    }

    public static void main(String[] address) throws IOException {
        var ann = new Client(address, "Ann");
        ann.says("Ann");
        ann.hears();

        var bob = new Client(address, "Bob");
        bob.says("Ann");
        bob.hears();
        bob.says("Bob");
        hear(bob, ann);

        var eve = new Client(address, "Eve");
        eve.says("Eve");
        hear(eve, ann, bob);

        ann.says("hello\nhow are you?"); // two messages in one segment
        hear(bob, bob, eve, eve);

        eve.says("bye");
        hear(eve, eve, ann, bob);

        System.out.println("Bob says a thousand letters");
        bob.toRoom.println("o".repeat(1000));
        hear(bob, ann);

        var nameless = new Client(address, "a fourth");
        nameless.says("R2-D2");
        hear(nameless, nameless);
        for (Client client : new Client[] {ann, bob, eve, nameless}) {
            client.close();
        }
    }
}
