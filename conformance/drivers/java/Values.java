import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.Adler32;

/** The words of the protocol and what they mean here. */
final class Values {
    static final int PERIOD = 64256;

    private Values() {}

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

    /** Java's own form: 0 is for ever. */
    static int milliseconds(String text) {
        if (text.equals("0")) {
            throw new Unsupported();
        }
        return text.equals("never") ? 0 : Integer.parseInt(text);
    }

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
        TEXTS.put("connection timed out", "CONNTIMEDOUT");
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
