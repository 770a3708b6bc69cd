import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A calculator with two threads, in Java: two clients at once, further ones wait: Server [PORT]
 *
 * <p>It ends when a client asks it to, with "stop".
 */
class Server {
    // --- the calculator: knows nothing about sockets

    private static final Pattern REQUEST = Pattern.compile("\\s*(\\S+)\\s+([+-]?[0-9]+)\\s+([+-]?[0-9]+)\\s*");

    private static String calculate(String request) {
        Matcher match = REQUEST.matcher(request);
        if (!match.matches()) {
            return "error bad request";
        }
        var a = new BigInteger(match.group(2));
        var b = new BigInteger(match.group(3));
        if (!isLong(a) || !isLong(b)) {
            return "error bad request";
        }
        BigInteger result;
        switch (match.group(1)) {
            case "add" -> result = a.add(b);
            case "subtract" -> result = a.subtract(b);
            case "multiply" -> result = a.multiply(b);
            case "divide" -> {
                if (b.signum() == 0) {
                    return "error division by zero";
                }
                result = a.divide(b); // towards zero
            }
            default -> {
                return "error no such operation";
            }
        }
        return isLong(result) ? "ok " + result : "error overflow";
    }

    private static boolean isLong(BigInteger number) {
        return number.bitLength() < Long.SIZE;
    }

    // --- the connections: know nothing about accepting, threads and limits

    /** Returns whether the client asked the server to stop. */
    private static boolean serve(Socket connection) throws IOException {
        connection.setSoTimeout(5_000);
        var messages = new Messages(connection);
        String request;
        try {
            while ((request = messages.receive()) != null) {
                if (request.equals("stop")) {
                    messages.send("ok stopping");
                    return true;
                }
                messages.send(calculate(request));
            }
        } catch (Messages.TooLong exception) {
            messages.send("error too long");
            throw exception;
        }
        return false;
    }

    // --- the server: knows nothing about either

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        // Those that neither thread can serve yet wait in a queue.
        var threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(2);
        try (var listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            listener.setSoTimeout(60_000);
            while (true) {
                Socket connection = listener.accept();
                threads.execute(() -> handle(connection, listener));
            }
        } catch (SocketException exception) {
            // The thread that was asked to stop has closed the listener, which ends the accept.
        }
        threads.shutdown();
        threads.awaitTermination(60, TimeUnit.SECONDS);
        System.out.println("stopped, " + threads.getActiveCount() + " still run");
    }

    private static void handle(Socket connection, ServerSocket listener) {
        try (connection) {
            if (serve(connection)) {
                listener.close();
            }
        } catch (IOException exception) {
            System.out.println("a connection failed: " + exception.getMessage());
        }
    }
}
