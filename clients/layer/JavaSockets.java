import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Every kind of socket that Java has: blocking, with channels and selectors, asynchronous, HTTP. Prints what comes out. */
class JavaSockets {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();
    private static final int LIMIT = 20_000;

    private record Question(int number, List<String> words) implements Serializable {}

    private interface Part {
        String play() throws Exception;
    }

    public static void main(String[] arguments) {
        show("objects", JavaSockets::objects);
        show("eight clients at once", JavaSockets::manyClients);
        show("a close that ends an accept", JavaSockets::closedAccept);
        show("a close that ends a read", JavaSockets::closedRead);
        show("a read with a limit", JavaSockets::readLimit);
        show("nothing listens", JavaSockets::refused);
        show("a selector", JavaSockets::selector);
        show("a wakeup of a selector", JavaSockets::wakeup);
        show("a channel's thread interrupted", JavaSockets::interrupted);
        show("datagrams of a channel", JavaSockets::datagrams);
        show("a Unix socket", JavaSockets::unix);
        show("asynchronous", JavaSockets::asynchronous);
        show("a file sent", JavaSockets::fileSent);
        show("HTTP", JavaSockets::http);
    }

    private static void show(String title, Part part) {
        try {
            System.out.println(title + ": " + part.play());
        } catch (Exception exception) {
            System.out.println(title + ": " + exception);
        }
    }

    private static ServerSocket listening() throws IOException {
        var listener = new ServerSocket(0, 50, HERE);
        listener.setSoTimeout(LIMIT);
        return listener;
    }

    private static Socket connected(ServerSocket listener) throws IOException {
        var s = new Socket(HERE, listener.getLocalPort());
        s.setSoTimeout(LIMIT);
        return s;
    }

    private static CompletableFuture<String> elsewhere(Part part) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return part.play();
                    } catch (Exception exception) {
                        return exception.toString();
                    }
                },
                command -> {
                    var thread = new Thread(command);
                    thread.setDaemon(true);
                    thread.start();
                });
    }

    private static String objects() throws Exception {
        try (var listener = listening()) {
            var server = elsewhere(() -> {
                try (Socket s = listener.accept()) {
                    var output = new ObjectOutputStream(s.getOutputStream());
                    var input = new ObjectInputStream(s.getInputStream());
                    var question = (Question) input.readObject();
                    output.writeObject(new Question(question.number() + 1, new ArrayList<>(question.words().subList(1, 2))));
                    output.flush();
                    return "served";
                }
            });
            try (Socket s = connected(listener)) {
                var output = new ObjectOutputStream(s.getOutputStream());
                output.writeObject(new Question(1, new ArrayList<>(List.of("one", "two"))));
                output.flush();
                return new ObjectInputStream(s.getInputStream()).readObject() + ", " + server.get();
            }
        }
    }

    private static String manyClients() throws Exception {
        int clients = 8;
        int bytes = 300_000;
        try (var listener = listening()) {
            var threads = Executors.newFixedThreadPool(2 * clients);
            for (int i = 0; i < clients; i++) {
                threads.submit(() -> {
                    try (Socket s = listener.accept()) {
                        s.getInputStream().transferTo(s.getOutputStream());
                    }
                    return null;
                });
            }
            var results = new ArrayList<CompletableFuture<String>>();
            for (int i = 0; i < clients; i++) {
                byte value = (byte) i;
                results.add(elsewhere(() -> {
                    try (Socket s = connected(listener)) {
                        var sender = elsewhere(() -> {
                            for (int sent = 0; sent < bytes; sent += 1000) {
                                var data = new byte[1000];
                                java.util.Arrays.fill(data, value);
                                s.getOutputStream().write(data);
                            }
                            s.shutdownOutput();
                            return "";
                        });
                        int right = 0;
                        for (byte b : s.getInputStream().readAllBytes()) {
                            right += b == value ? 1 : 0;
                        }
                        return sender.get() + right;
                    }
                }));
            }
            var text = new StringBuilder();
            for (var result : results) {
                text.append(result.get()).append(' ');
            }
            threads.shutdown();
            return text.toString() + threads.awaitTermination(LIMIT, TimeUnit.MILLISECONDS);
        }
    }

    private static String closedAccept() throws Exception {
        var listener = listening();
        var waiting = elsewhere(() -> "accepted " + listener.accept());
        awaitBlocked("accept");
        listener.close();
        return waiting.get();
    }

    private static String closedRead() throws Exception {
        try (var listener = listening();
                Socket s = connected(listener);
                Socket peer = listener.accept()) {
            var waiting = elsewhere(() -> "read " + s.getInputStream().read());
            awaitBlocked("read");
            s.close();
            return waiting.get() + ", the peer reads " + peer.getInputStream().read();
        }
    }

    /** Waits until a thread is in a native method that waits for a socket. */
    private static void awaitBlocked(String method) throws InterruptedException {
        for (int i = 0; i < LIMIT / 10; i++) {
            for (StackTraceElement[] stack : Thread.getAllStackTraces().values()) {
                boolean isPolling = stack.length > 0 && stack[0].getMethodName().matches("poll|accept0?|read0");
                for (StackTraceElement element : stack) {
                    if (isPolling && element.getMethodName().contains(method)) {
                        return;
                    }
                }
            }
            Thread.sleep(10);
        }
        throw new IllegalStateException("no thread waits");
    }

    private static String readLimit() throws Exception {
        try (var listener = listening();
                Socket s = connected(listener)) {
            s.setSoTimeout(100);
            s.getInputStream().read();
            return "read";
        } catch (SocketTimeoutException exception) {
            return exception.getMessage();
        }
    }

    private static String refused() throws Exception {
        try (var bound = new Socket()) {
            bound.bind(new InetSocketAddress(HERE, 0)); // does not listen
            new Socket(HERE, bound.getLocalPort()).close();
            return "connected";
        } catch (ConnectException exception) {
            return exception.getMessage();
        }
    }

    private static String selector() throws Exception {
        int clients = 20;
        try (var selector = Selector.open();
                var listener = ServerSocketChannel.open().bind(new InetSocketAddress(HERE, 0))) {
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
            var server = elsewhere(() -> echo(selector, listener, clients));
            int right = 0;
            for (int i = 0; i < clients; i++) {
                try (Socket s = new Socket(HERE, port)) {
                    s.setSoTimeout(LIMIT);
                    s.getOutputStream().write(("client " + i).getBytes());
                    s.shutdownOutput();
                    right += new String(s.getInputStream().readAllBytes()).equals("client " + i) ? 1 : 0;
                }
            }
            return right + " answers, " + server.get();
        }
    }

    private static String echo(Selector selector, ServerSocketChannel listener, int clients) throws IOException {
        var buffer = ByteBuffer.allocateDirect(4096);
        int left = clients;
        while (left > 0) {
            selector.select(LIMIT);
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.channel() == listener) {
                    SocketChannel accepted = listener.accept();
                    accepted.configureBlocking(false);
                    accepted.register(selector, SelectionKey.OP_READ);
                    continue;
                }
                var channel = (SocketChannel) key.channel();
                if (channel.read(buffer.clear()) == -1) {
                    channel.close();
                    left--;
                    continue;
                }
                channel.write(buffer.flip());
            }
            selector.selectedKeys().clear();
        }
        return "all served";
    }

    private static String wakeup() throws Exception {
        try (var selector = Selector.open()) {
            var waiting = elsewhere(() -> selector.select() + " ready");
            selector.wakeup();
            return waiting.get();
        }
    }

    private static String interrupted() throws Exception {
        try (var listener = ServerSocketChannel.open().bind(new InetSocketAddress(HERE, 0));
                var channel = SocketChannel.open(listener.getLocalAddress());
                var peer = listener.accept()) {
            var result = new CompletableFuture<String>();
            var reader = new Thread(() -> {
                try {
                    result.complete("read " + channel.read(ByteBuffer.allocate(1)));
                } catch (ClosedByInterruptException exception) {
                    result.complete("interrupted, " + (channel.isOpen() ? "open" : "closed"));
                } catch (IOException exception) {
                    result.complete(exception.toString());
                }
            });
            reader.start();
            reader.interrupt();
            return result.get() + ", the peer reads " + peer.read(ByteBuffer.allocate(1));
        }
    }

    private static String datagrams() throws Exception {
        try (var one = DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(HERE, 0));
                var two = DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(HERE, 0))) {
            one.send(ByteBuffer.wrap(new byte[1000]), two.getLocalAddress());
            var buffer = ByteBuffer.allocate(2000);
            boolean known = two.receive(buffer).equals(one.getLocalAddress());
            two.connect(one.getLocalAddress());
            two.write(new ByteBuffer[] {ByteBuffer.wrap(new byte[10]), ByteBuffer.wrap(new byte[20])});
            var second = ByteBuffer.allocate(2000);
            one.receive(second);
            return buffer.position() + " bytes from " + (known ? "the sender" : "another") + ", " + second.position() + " back";
        }
    }

    private static String unix() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "j");
        var address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                var channel = SocketChannel.open(address);
                var peer = listener.accept()) {
            channel.write(ByteBuffer.wrap("over a path".getBytes()));
            channel.shutdownOutput();
            var buffer = ByteBuffer.allocate(100);
            while (peer.read(buffer) != -1) {}
            return new String(buffer.array(), 0, buffer.position());
        } finally {
            Files.deleteIfExists(address.getPath());
            Files.delete(folder);
        }
    }

    private static String asynchronous() throws Exception {
        try (var listener = AsynchronousServerSocketChannel.open().bind(new InetSocketAddress(HERE, 0));
                var channel = AsynchronousSocketChannel.open()) {
            var accepted = listener.accept();
            channel.connect(listener.getLocalAddress()).get(LIMIT, TimeUnit.MILLISECONDS);
            try (AsynchronousSocketChannel peer = accepted.get(LIMIT, TimeUnit.MILLISECONDS)) {
                var buffer = ByteBuffer.allocate(100);
                var reading = peer.read(buffer);
                channel.write(ByteBuffer.wrap("later".getBytes())).get(LIMIT, TimeUnit.MILLISECONDS);
                int n = reading.get(LIMIT, TimeUnit.MILLISECONDS);
                return n + " bytes, " + new String(buffer.array(), 0, n);
            }
        }
    }

    private static String fileSent() throws Exception {
        Path file = Files.createTempFile("java", "");
        Files.write(file, new byte[500_000]);
        try (var listener = listening();
                var input = java.nio.channels.FileChannel.open(file);
                var channel = SocketChannel.open(listener.getLocalSocketAddress());
                Socket peer = listener.accept()) {
            var received = elsewhere(() -> String.valueOf(peer.getInputStream().readAllBytes().length));
            long sent = 0;
            while (sent < input.size()) {
                sent += input.transferTo(sent, input.size() - sent, channel);
            }
            channel.shutdownOutput();
            return sent + " sent, " + received.get() + " received";
        } finally {
            Files.delete(file);
        }
    }

    private static String http() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(HERE, 0), 10);
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            var uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            var text = new StringBuilder();
            for (int size : new int[] {1, 100_000}) {
                var request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofByteArray(new byte[size])).build();
                HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                text.append(response.statusCode()).append(' ').append(response.body().length).append(' ');
            }
            return text.toString().strip();
        } finally {
            server.stop(0);
        }
    }
}
