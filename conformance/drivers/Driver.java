import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.zip.Adler32;

/**
 * Conformance driver for the real java.net: the witness of the Java-style drivers. The protocol is in ../README.md.
 *
 * <p>Needs Java 17. Nothing of polysock is in here; driver_net.py says the same in Python.
 */
public class Driver {
    static final String CAPABILITIES = "close_java,datagram,get_timeout,linger_range";
    static final String LACKS =
            "listen,backlog_zero,descriptor,nonblocking,send_timeout,peek,truncation,urgent_recv,raw_options,parallel_calls";
    static final int PERIOD = 64256;
    static final int CHUNK = 64 * 1024;

    /** The request makes no sense: an error of the scenario or the runner. */
    @SuppressWarnings("serial")
    static class Malformed extends RuntimeException {
        Malformed(String text) {
            super(text);
        }
    }

    /** This language lacks it. */
    @SuppressWarnings("serial")
    static class Unsupported extends RuntimeException {}

    /** An answer `error NAME …` decided here. */
    @SuppressWarnings("serial")
    static class Fail extends RuntimeException {
        Fail(String text) {
            super(text);
        }
    }

    /** A whole answer line, from another command. */
    record Joined(String line) {}

    /** A connection and its streams, taken as soon as there are any: later, java.net refuses them to some. */
    static class Connection implements AutoCloseable {
        final Socket socket;
        InputStream input;
        OutputStream output;

        Connection(Socket socket) {
            this.socket = socket;
        }

        Connection connected() throws IOException {
            input = socket.getInputStream();
            output = socket.getOutputStream();
            return this;
        }

        InputStream input() throws IOException {
            return input == null ? socket.getInputStream() : input;
        }

        OutputStream output() throws IOException {
            return output == null ? socket.getOutputStream() : output;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

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
                throw new Malformed(command + " takes more arguments");
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
        } catch (Unsupported e) {
            return "unsupported";
        } catch (Fail e) {
            text = "error " + e.getMessage();
        } catch (IOException | IllegalArgumentException e) {
            text = "error " + nameOf(e);
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
                timeout = milliseconds(word.substring(8));
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

    /** Java's own form: 0 is for ever. */
    static int milliseconds(String text) {
        if (text.equals("0")) {
            throw new Unsupported();
        }
        return text.equals("never") ? 0 : Integer.parseInt(text);
    }

    Object run(Request r) throws IOException {
        return switch (r.command()) {
            case "hello" -> "lang=java caps=" + CAPABILITIES + " lacks=" + LACKS;
            case "reset" -> reset();
            case "join" -> join(r.word(0), r.arguments().size() > 1 ? r.number(1) : 5000);
            case "socket" -> socket(r);
            case "server" -> server(r);
            case "accept" -> accept(r);
            case "bind" -> bind(r);
            case "connect" -> connect(r);
            case "shutdown" -> shutdown(r);
            case "close", "close_java" -> close(r);
            case "is_closed" -> "closed=" + onOff(isClosed(handle(r.word(0))));
            case "send", "sendall" -> send(r);
            case "recv" -> received(recv(r, r.word(0), r.number(1)));
            case "sendto" -> sendto(r);
            case "recvfrom" -> recvfrom(r);
            case "collect" -> collect(r);
            case "getsockname" -> name(localName(handle(r.word(0))), "0.0.0.0");
            case "getpeername" -> name(peerName(handle(r.word(0))), null);
            case "set" -> set(handle(r.word(0)), r.word(1), r.word(2));
            case "get" -> "value=" + get(handle(r.word(0)), r.word(1));
            default -> throw new Unsupported();
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
                throw new Malformed("no handle " + name);
            }
            return handles.get(name);
        }
    }

    /** The handle as what the command needs; java.net has a class for each kind, so nothing else can be meant. */
    <T> T handle(String name, Class<T> kind) {
        Object handle = handle(name);
        if (!kind.isInstance(handle)) {
            throw new Unsupported();
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
            throw new Malformed("interrupted");
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
            throw new Malformed("no label " + label);
        }
        long began = System.nanoTime();
        if (!ended(task, limit)) {
            throw new Fail("PENDING");
        }
        return new Joined(task.answer + " join_ms=" + (System.nanoTime() - began) / 1_000_000);
    }

    static boolean ended(Task task, long limit) {
        try {
            task.thread.join(Math.max(1, limit));
        } catch (InterruptedException e) {
            throw new Malformed("interrupted");
        }
        return !task.thread.isAlive();
    }

    Object reset() throws IOException {
        closeAll();
        long until = System.nanoTime() + 2_000_000_000L;
        for (Task task : tasks.values()) {
            if (!ended(task, (until - System.nanoTime()) / 1_000_000)) {
                throw new Fail("PENDING");
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
            throw new Unsupported();
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

    Object accept(Request r) throws IOException {
        var listener = handle(r.word(0), ServerSocket.class);
        var limit = new CallTimeout(listener, r.timeout());
        Socket socket;
        try (limit) {
            socket = listener.accept();
        }
        add(r.word(1), new Connection(socket).connected());
        return name((InetSocketAddress) socket.getRemoteSocketAddress(), null);
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

    /** `timeout=` for one call: java.net knows only the socket's, so set it and put it back. */
    static class CallTimeout implements AutoCloseable {
        private final Object handle;
        private final int before;

        CallTimeout(Object handle, Integer timeout) throws IOException {
            this.handle = timeout == null ? null : handle;
            before = timeout == null ? 0 : get();
            if (timeout != null) {
                put(timeout);
            }
        }

        private int get() throws IOException {
            if (handle instanceof Connection connection) {
                return connection.socket.getSoTimeout();
            }
            return handle instanceof ServerSocket listener ? listener.getSoTimeout() : ((DatagramSocket) handle).getSoTimeout();
        }

        private void put(int timeout) throws IOException {
            if (handle instanceof Connection connection) {
                connection.socket.setSoTimeout(timeout);
            } else if (handle instanceof ServerSocket listener) {
                listener.setSoTimeout(timeout);
            } else {
                ((DatagramSocket) handle).setSoTimeout(timeout);
            }
        }

        @Override
        public void close() {
            try {
                if (handle != null) {
                    put(before);
                }
            } catch (IOException e) {
                // closed by another thread just now
            }
        }
    }

    Object send(Request r) throws IOException {
        byte[] data = payload(r.word(1));
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
                return java.util.Arrays.copyOf(buffer, packet.getLength());
            }
            int got = handle(name, Connection.class).input().read(buffer, 0, count);
            return java.util.Arrays.copyOf(buffer, Math.max(0, got)); // -1 is the end of the stream
        }
    }

    Object sendto(Request r) throws IOException {
        byte[] data = payload(r.word(1));
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
        byte[] data = java.util.Arrays.copyOf(packet.getData(), packet.getLength());
        return received(data) + " " + name((InetSocketAddress) packet.getSocketAddress(), null);
    }

    Object collect(Request r) throws IOException {
        InputStream input = handle(r.word(0), Connection.class).input();
        int limit = r.word(1).equals("all") ? 16 << 20 : r.number(1);
        var data = new java.io.ByteArrayOutputStream();
        var buffer = new byte[CHUNK];
        while (data.size() < limit) {
            int got;
            try {
                got = input.read(buffer, 0, Math.min(CHUNK, limit - data.size()));
            } catch (IOException e) {
                throw new Fail(nameOf(e) + " done=" + data.size());
            }
            if (got < 0) {
                break;
            }
            data.write(buffer, 0, got);
        }
        return received(data.toByteArray());
    }

    // --- facts and options

    static InetSocketAddress localName(Object handle) throws IOException {
        if (isClosed(handle)) {
            throw new Fail("CLOSED"); // java.net remembers the port, but not the address
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

    /** `unbound`: what BSD says where java.net has no address, or null where that is an error. */
    static String name(InetSocketAddress address, String unbound) {
        if (address == null && unbound == null) {
            throw new Fail("NOTCONN");
        }
        return address == null ? "host=" + unbound + " port=0" : "host=" + host(address.getAddress()) + " port=" + address.getPort();
    }

    /** Java writes IPv6 addresses without `::`. */
    static String host(InetAddress address) {
        String text = address.getHostAddress();
        return text.equals("0:0:0:0:0:0:0:1") ? "::1" : text.equals("0:0:0:0:0:0:0:0") ? "::" : text;
    }

    Object set(Object handle, String option, String value) throws IOException {
        if (handle instanceof ServerSocket listener) {
            switch (option) {
                case "rcvbuf" -> listener.setReceiveBufferSize(Integer.parseInt(value));
                case "reuseaddr" -> listener.setReuseAddress(isOn(value));
                case "timeout" -> listener.setSoTimeout(milliseconds(value));
                default -> throw new Unsupported();
            }
        } else if (handle instanceof DatagramSocket datagram) {
            switch (option) {
                case "rcvbuf" -> datagram.setReceiveBufferSize(Integer.parseInt(value));
                case "sndbuf" -> datagram.setSendBufferSize(Integer.parseInt(value));
                case "reuseaddr" -> datagram.setReuseAddress(isOn(value));
                case "timeout" -> datagram.setSoTimeout(milliseconds(value));
                default -> throw new Unsupported();
            }
        } else {
            var socket = ((Connection) handle).socket;
            switch (option) {
                case "nodelay" -> socket.setTcpNoDelay(isOn(value));
                case "keepalive" -> socket.setKeepAlive(isOn(value));
                case "reuseaddr" -> socket.setReuseAddress(isOn(value));
                case "oobinline" -> socket.setOOBInline(isOn(value));
                case "linger" -> socket.setSoLinger(!value.equals("off"), value.equals("off") ? 0 : Integer.parseInt(value));
                case "sndbuf" -> socket.setSendBufferSize(Integer.parseInt(value));
                case "rcvbuf" -> socket.setReceiveBufferSize(Integer.parseInt(value));
                case "timeout" -> socket.setSoTimeout(milliseconds(value));
                default -> throw new Malformed("no option " + option);
            }
        }
        return null;
    }

    Object get(Object handle, String option) throws IOException {
        if (handle instanceof ServerSocket listener) {
            return switch (option) {
                case "rcvbuf" -> listener.getReceiveBufferSize();
                case "reuseaddr" -> onOff(listener.getReuseAddress());
                case "timeout" -> never(listener.getSoTimeout());
                default -> throw new Unsupported();
            };
        }
        if (handle instanceof DatagramSocket datagram) {
            return switch (option) {
                case "rcvbuf" -> datagram.getReceiveBufferSize();
                case "sndbuf" -> datagram.getSendBufferSize();
                case "reuseaddr" -> onOff(datagram.getReuseAddress());
                case "timeout" -> never(datagram.getSoTimeout());
                default -> throw new Unsupported();
            };
        }
        var socket = ((Connection) handle).socket;
        return switch (option) {
            case "nodelay" -> onOff(socket.getTcpNoDelay());
            case "keepalive" -> onOff(socket.getKeepAlive());
            case "reuseaddr" -> onOff(socket.getReuseAddress());
            case "oobinline" -> onOff(socket.getOOBInline());
            case "linger" -> socket.getSoLinger() < 0 ? "off" : socket.getSoLinger();
            case "sndbuf" -> socket.getSendBufferSize();
            case "rcvbuf" -> socket.getReceiveBufferSize();
            case "timeout" -> never(socket.getSoTimeout());
            default -> throw new Malformed("no option " + option);
        };
    }

    // --- values

    static Object never(int timeout) {
        return timeout == 0 ? "never" : timeout;
    }

    static String onOff(boolean value) {
        return value ? "on" : "off";
    }

    static boolean isOn(String text) {
        if (!text.equals("on") && !text.equals("off")) {
            throw new Malformed("on or off, not " + text);
        }
        return text.equals("on");
    }

    static byte[] payload(String text) {
        if (text.equals("-")) {
            return new byte[0];
        }
        if (!text.startsWith("pattern:")) {
            return HexFormat.of().parseHex(text);
        }
        String[] parts = text.substring(8).split("@");
        var data = new byte[Integer.parseInt(parts[0])];
        int offset = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
        for (int i = 0; i < data.length; i++) {
            int at = (offset + i) % PERIOD;
            data[i] = (byte) (at + at / 251);
        }
        return data;
    }

    static String received(byte[] data) {
        if (data.length <= 64) {
            return "n=" + data.length + " data=" + (data.length == 0 ? "-" : HexFormat.of().formatHex(data));
        }
        var sum = new Adler32();
        sum.update(data);
        return String.format("n=%d hash=%08x", data.length, sum.getValue());
    }

    /** The class and the text are all that a Java program can see of an error. */
    static String nameOf(Exception e) {
        if (e instanceof SocketTimeoutException) {
            return "TIMEDOUT";
        }
        if (e instanceof IllegalArgumentException) {
            return "INVAL";
        }
        if (e instanceof PortUnreachableException) {
            return "CONNREFUSED";
        }
        String text = String.valueOf(e.getMessage()).toLowerCase();
        for (var entry : TEXTS.entrySet()) {
            if (text.contains(entry.getKey())) {
                return entry.getValue();
            }
        }
        return e instanceof BindException ? "ADDRINUSE"
                : e instanceof ConnectException ? "CONNREFUSED"
                : e instanceof NoRouteToHostException ? "HOSTUNREACH"
                : "UNKNOWN " + e.getClass().getSimpleName();
    }

    static final Map<String, String> TEXTS = new LinkedHashMap<>();

    static {
        TEXTS.put("socket closed", "CLOSED");
        TEXTS.put("socket is closed", "CLOSED");
        TEXTS.put("connection refused", "CONNREFUSED");
        TEXTS.put("timed out", "TIMEDOUT");
        TEXTS.put("connection reset", "CONNRESET");
        TEXTS.put("broken pipe", "PIPE");
        TEXTS.put("output is shutdown", "PIPE");
        TEXTS.put("not connected", "NOTCONN");
        TEXTS.put("already connected", "ISCONN");
        TEXTS.put("already in use", "ADDRINUSE");
        TEXTS.put("cannot assign", "ADDRNOTAVAIL");
        TEXTS.put("already bound", "INVAL");
        TEXTS.put("invalid argument", "INVAL");
        TEXTS.put("permission denied", "ACCES");
        TEXTS.put("network is unreachable", "NETUNREACH");
        TEXTS.put("no route to host", "HOSTUNREACH");
        TEXTS.put("message too long", "MSGSIZE");
        TEXTS.put("too many open files", "MFILE");
    }
}
