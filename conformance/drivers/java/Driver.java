import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Conformance driver for the real java.net: the witness of the Java-style drivers. The protocol is in ../../README.md.
 *
 * <p>Needs Java 17. Nothing of polysock is in here; driver_net.py says the same in Python.
 */
public class Driver {
    static final String CAPABILITIES = "close_java,create_server,datagram,get_timeout,linger_range,mapped";
    static final String LACKS =
            "listen,backlog_zero,descriptor,nonblocking,send_timeout,peek,truncation,urgent_recv,raw_options,parallel_calls";
    static final int CHUNK = 64 * 1024;

    /** A whole answer line, from another command. */
    record Joined(String line) {}

    /** A command running in a thread of its own. */
    static class Task {
        final CountDownLatch began = new CountDownLatch(1);
        Thread thread;
        String tid = "";
        volatile String answer = "";
    }

    /** A request: arguments, `timeout=` in milliseconds (null: absent, 0: for ever), words such as `oob`. */
    record Request(String command, List<String> arguments, Integer timeout, boolean oob) {
        String word(int index) {
            if (index >= arguments.size()) {
                throw new Values.Malformed(command + " takes more arguments");
            }
            return arguments.get(index);
        }

        int number(int index) {
            return Integer.parseInt(word(index));
        }

        InetSocketAddress address(int index) throws IOException {
            return new InetSocketAddress(InetAddress.getByName(word(index)), number(index + 1));
        }
    }

    final Map<String, Object> handles = new LinkedHashMap<>();
    final Map<String, Task> tasks = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        warmUp();
        var driver = new Driver();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.trim().split(" +");
            if (words[0].equals("quit")) {
                break;
            }
            System.out.println(driver.answer(List.of(words)));
        }
        System.out.println("ok ms=0");
        Runtime.getRuntime().halt(0); // a thread left inside a call must not keep the process
    }

    /** The first sockets of a process make it open descriptors that it keeps; the runner counts those left behind. */
    static void warmUp() throws IOException {
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = new Socket(listener.getInetAddress(), listener.getLocalPort());
                var server = listener.accept();
                var datagram = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            server.getOutputStream().write(1);
            client.getInputStream().read();
            datagram.setSoTimeout(1);
            try {
                datagram.receive(new DatagramPacket(new byte[1], 1));
            } catch (SocketTimeoutException expected) {
                // that was the point
            }
        }
    }

    // --- dispatch

    String answer(List<String> words) {
        long began = System.nanoTime();
        String text;
        try {
            Object fields = words.get(0).equals("start") ? start(words.get(1), words.subList(2, words.size())) : run(request(words));
            if (fields instanceof Joined joined) {
                return joined.line();
            }
            text = fields == null ? "ok" : "ok " + fields;
        } catch (Values.Unsupported e) {
            return "unsupported";
        } catch (Values.Fail e) {
            text = "error " + e.getMessage();
        } catch (IOException | IllegalArgumentException e) {
            text = "error " + Values.nameOf(e);
        } catch (RuntimeException e) {
            text = "error PROTOCOL " + String.valueOf(e).replaceAll("\\s+", " ");
        }
        return text + " ms=" + (System.nanoTime() - began) / 1_000_000;
    }

    static Request request(List<String> words) {
        var arguments = new ArrayList<String>();
        Integer timeout = null;
        boolean oob = false;
        for (String word : words.subList(1, words.size())) {
            if (word.startsWith("timeout=")) {
                timeout = Values.milliseconds(word.substring(8));
            } else if (word.startsWith("limit=")) {
                arguments.add(word.substring(6));
            } else if (word.equals("oob")) {
                oob = true;
            } else {
                arguments.add(word);
            }
        }
        return new Request(words.get(0), arguments, timeout, oob);
    }

    Object run(Request r) throws IOException {
        return switch (r.command()) {
            case "hello" -> "lang=java caps=" + CAPABILITIES + " lacks=" + LACKS;
            case "reset" -> reset();
            case "join" -> join(r.word(0), r.arguments().size() > 1 ? r.number(1) : 5000);
            case "socket" -> socket(r);
            case "server" -> server(r);
            case "create_server" -> createServer(r);
            case "accept" -> accept(r);
            case "bind" -> bind(r);
            case "connect" -> connect(r);
            case "shutdown" -> shutdown(r);
            case "close", "close_java" -> close(r);
            case "is_closed" -> "closed=" + Values.onOff(isClosed(handle(r.word(0))));
            case "send", "sendall" -> send(r);
            case "recv" -> Values.received(recv(r, r.word(0), r.number(1)));
            case "sendto" -> sendto(r);
            case "recvfrom" -> recvfrom(r);
            case "collect" -> collect(r);
            case "getsockname" -> Values.name(localName(handle(r.word(0))), "0.0.0.0");
            case "getpeername" -> Values.name(peerName(handle(r.word(0))), null);
            case "peer_ip" -> "ip=" + Values.host(peerName(handle(r.word(0))).getAddress());
            case "same_peer" -> "same=" + Values.onOff(peerName(handle(r.word(0))).equals(r.address(1)));
            case "set" -> Options.set(handle(r.word(0)), r.word(1), r.word(2));
            case "get" -> "value=" + Options.get(handle(r.word(0)), r.word(1));
            default -> throw new Values.Unsupported();
        };
    }

    void add(String name, Object handle) {
        synchronized (handles) {
            handles.put(name, handle);
        }
    }

    Object handle(String name) {
        synchronized (handles) {
            if (!handles.containsKey(name)) {
                throw new Values.Malformed("no handle " + name);
            }
            return handles.get(name);
        }
    }

    /** The handle as what the command needs; java.net has a class for each kind, so nothing else can be meant. */
    <T> T handle(String name, Class<T> kind) {
        Object handle = handle(name);
        if (!kind.isInstance(handle)) {
            throw new Values.Unsupported();
        }
        return kind.cast(handle);
    }

    // --- the process

    Object start(String label, List<String> words) {
        var task = new Task();
        task.thread = new Thread(() -> {
            task.tid = threadId();
            task.began.countDown();
            task.answer = answer(words);
        });
        task.thread.setDaemon(true);
        tasks.put(label, task);
        task.thread.start();
        try {
            task.began.await();
        } catch (InterruptedException e) {
            throw new Values.Malformed("interrupted");
        }
        return "tid=" + task.tid;
    }

    /** The kernel's number of this thread. */
    static String threadId() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
        } catch (IOException e) {
            return "";
        }
    }

    Object join(String label, int limit) {
        Task task = tasks.get(label);
        if (task == null) {
            throw new Values.Malformed("no label " + label);
        }
        long began = System.nanoTime();
        if (!ended(task, limit)) {
            throw new Values.Fail("PENDING");
        }
        return new Joined(task.answer + " join_ms=" + (System.nanoTime() - began) / 1_000_000);
    }

    static boolean ended(Task task, long limit) {
        try {
            task.thread.join(Math.max(1, limit));
        } catch (InterruptedException e) {
            throw new Values.Malformed("interrupted");
        }
        return !task.thread.isAlive();
    }

    Object reset() throws IOException {
        closeAll();
        long until = System.nanoTime() + 2_000_000_000L;
        for (Task task : tasks.values()) {
            if (!ended(task, (until - System.nanoTime()) / 1_000_000)) {
                throw new Values.Fail("PENDING");
            }
        }
        closeAll(); // one accepted while we were closing
        synchronized (handles) {
            handles.clear();
        }
        tasks.clear();
        return null;
    }

    void closeAll() {
        List<Object> all;
        synchronized (handles) {
            all = new ArrayList<>(handles.values());
        }
        for (Object handle : all) {
            try {
                ((AutoCloseable) handle).close();
            } catch (Exception e) {
                // closed is what counts
            }
        }
    }

    // --- making and unmaking

    Object socket(Request r) throws IOException {
        boolean datagram = r.arguments().size() > 2 && r.word(2).equals("dgram");
        if (r.word(1).equals("unix") || (r.arguments().size() > 2 && r.word(2).equals("seqpacket"))) {
            throw new Values.Unsupported();
        }
        add(r.word(0), datagram ? new DatagramSocket(null) : new Connection(new Socket()));
        return null;
    }

    Object server(Request r) throws IOException {
        var loopback = InetAddress.getByName(r.word(1).equals("inet6") ? "::1" : "127.0.0.1");
        var listener = new ServerSocket(0, r.number(2), loopback);
        add(r.word(0), listener);
        return "port=" + listener.getLocalPort();
    }

    Object createServer(Request r) throws IOException {
        var listener = new ServerSocket(0, r.number(1));
        add(r.word(0), listener);
        return "port=" + listener.getLocalPort();
    }

    Object accept(Request r) throws IOException {
        var listener = handle(r.word(0), ServerSocket.class);
        var limit = new CallTimeout(listener, r.timeout());
        Socket socket;
        try (limit) {
            socket = listener.accept();
        }
        add(r.word(1), new Connection(socket).connected());
        return Values.name((InetSocketAddress) socket.getRemoteSocketAddress(), null);
    }

    Object bind(Request r) throws IOException {
        if (handle(r.word(0)) instanceof DatagramSocket datagram) {
            datagram.bind(r.address(1));
        } else {
            handle(r.word(0), Connection.class).socket.bind(r.address(1));
        }
        return null;
    }

    Object connect(Request r) throws IOException {
        if (handle(r.word(0)) instanceof DatagramSocket datagram) {
            datagram.connect(r.address(1));
        } else {
            var connection = handle(r.word(0), Connection.class);
            connection.socket.connect(r.address(1), r.timeout() == null ? 0 : r.timeout());
            connection.connected();
        }
        return null;
    }

    Object shutdown(Request r) throws IOException {
        Socket socket = handle(r.word(0), Connection.class).socket;
        if (!r.word(1).equals("wr")) {
            socket.shutdownInput();
        }
        if (!r.word(1).equals("rd")) {
            socket.shutdownOutput();
        }
        return null;
    }

    Object close(Request r) throws IOException {
        try {
            handle(r.word(0), AutoCloseable.class).close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return null;
    }

    static boolean isClosed(Object handle) {
        if (handle instanceof Connection connection) {
            return connection.socket.isClosed();
        }
        return handle instanceof ServerSocket listener ? listener.isClosed() : ((DatagramSocket) handle).isClosed();
    }

    // --- data

    Object send(Request r) throws IOException {
        byte[] data = Values.payload(r.word(1));
        if (handle(r.word(0)) instanceof DatagramSocket datagram) {
            datagram.send(new DatagramPacket(data, data.length));
            return "n=" + data.length;
        }
        var connection = handle(r.word(0), Connection.class);
        int plain = r.oob() ? data.length - 1 : data.length; // only the last byte is urgent
        if (plain > 0 || !r.oob()) {
            connection.output().write(data, 0, plain);
        }
        if (r.oob()) {
            connection.socket.sendUrgentData(data[plain]);
        }
        return "n=" + data.length;
    }

    byte[] recv(Request r, String name, int count) throws IOException {
        var buffer = new byte[count];
        Object handle = handle(name);
        var limit = new CallTimeout(handle, r.timeout());
        try (limit) {
            if (handle instanceof DatagramSocket datagram) {
                var packet = new DatagramPacket(buffer, count);
                datagram.receive(packet);
                return Arrays.copyOf(buffer, packet.getLength());
            }
            int got = handle(name, Connection.class).input().read(buffer, 0, count);
            return Arrays.copyOf(buffer, Math.max(0, got)); // -1 is the end of the stream
        }
    }

    Object sendto(Request r) throws IOException {
        byte[] data = Values.payload(r.word(1));
        handle(r.word(0), DatagramSocket.class).send(new DatagramPacket(data, data.length, r.address(2)));
        return "n=" + data.length;
    }

    Object recvfrom(Request r) throws IOException {
        var datagram = handle(r.word(0), DatagramSocket.class);
        var packet = new DatagramPacket(new byte[r.number(1)], r.number(1));
        var limit = new CallTimeout(datagram, r.timeout());
        try (limit) {
            datagram.receive(packet);
        }
        byte[] data = Arrays.copyOf(packet.getData(), packet.getLength());
        return Values.received(data) + " " + Values.name((InetSocketAddress) packet.getSocketAddress(), null);
    }

    Object collect(Request r) throws IOException {
        InputStream input = handle(r.word(0), Connection.class).input();
        int limit = r.word(1).equals("all") ? 16 << 20 : r.number(1);
        var data = new ByteArrayOutputStream();
        var buffer = new byte[CHUNK];
        while (data.size() < limit) {
            int got;
            try {
                got = input.read(buffer, 0, Math.min(CHUNK, limit - data.size()));
            } catch (IOException e) {
                throw new Values.Fail(Values.nameOf(e) + " done=" + data.size());
            }
            if (got < 0) {
                break;
            }
            data.write(buffer, 0, got);
        }
        return Values.received(data.toByteArray());
    }

    // --- facts and options

    static InetSocketAddress localName(Object handle) throws IOException {
        if (isClosed(handle)) {
            throw new Values.Fail("CLOSED"); // java.net remembers the port, but not the address
        }
        if (handle instanceof Connection connection) {
            return (InetSocketAddress) connection.socket.getLocalSocketAddress();
        }
        return (InetSocketAddress)
                (handle instanceof ServerSocket listener ? listener.getLocalSocketAddress() : ((DatagramSocket) handle).getLocalSocketAddress());
    }

    static InetSocketAddress peerName(Object handle) {
        if (handle instanceof Connection connection) {
            return (InetSocketAddress) connection.socket.getRemoteSocketAddress();
        }
        return handle instanceof DatagramSocket datagram ? (InetSocketAddress) datagram.getRemoteSocketAddress() : null;
    }
}
