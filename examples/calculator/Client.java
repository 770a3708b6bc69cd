import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** Uses the calculator, and tests its limits, in Java: Client HOST PORT */
class Client {
    private static final String[] REQUESTS = {
        "add 1 2",
        "subtract 5 8",
        "multiply 6 7",
        "divide 7 2",
        "divide -7 2",
        "divide 1 0",
        "add 9223372036854775807 1",
        "add one two",
        "cube 3 3"
    };

    public static void main(String[] arguments) throws IOException {
        var address = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        try (var first = new Socket();
                var second = new Socket();
                var third = new Socket()) {
            connect(first, address);
            var toFirst = new Messages(first);
            for (String request : REQUESTS) {
                ask(toFirst, request);
            }

            System.out.println("a second client");
            connect(second, address);
            var toSecond = new Messages(second);
            ask(toSecond, "add 20 22");

            System.out.println("a third client: the server has two at once");
            connect(third, address); // the kernel accepts it
            var toThird = new Messages(third);
            toThird.send("add 30 33"); // and keeps what we send, up to a limit
            third.setSoTimeout(300);
            try {
                toThird.receive();
            } catch (SocketTimeoutException exception) {
                System.out.println("no answer");
            }
            first.close();
            System.out.println("the first client leaves");
            third.setSoTimeout(5_000);
            System.out.println("add 30 33: " + toThird.receive());

            toSecond.output.writeInt(1_000_000); // "a million bytes follow"
            toSecond.output.flush();
            System.out.println("a million bytes: " + toSecond.receive());
            if (toSecond.receive() == null) {
                System.out.println("the second client: the end of the stream");
            }

            ask(toThird, "stop");
        }
    }

    private static void connect(Socket s, InetSocketAddress address) throws IOException {
        s.connect(address, 5_000);
        s.setSoTimeout(5_000);
    }

    private static void ask(Messages messages, String request) throws IOException {
        messages.send(request);
        System.out.println(request + ": " + messages.receive());
    }
}
