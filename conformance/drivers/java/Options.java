import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;

/** Options by their name in the protocol; each class of java.net has its own setters. */
final class Options {
    private Options() {}

    static Object set(Object handle, String option, String value) throws IOException {
        if (handle instanceof ServerSocket listener) {
            switch (option) {
                case "rcvbuf" -> listener.setReceiveBufferSize(Integer.parseInt(value));
                case "reuseaddr" -> listener.setReuseAddress(Values.isOn(value));
                case "timeout" -> listener.setSoTimeout(Values.milliseconds(value));
                default -> throw new Values.Unsupported();
            }
        } else if (handle instanceof DatagramSocket datagram) {
            switch (option) {
                case "rcvbuf" -> datagram.setReceiveBufferSize(Integer.parseInt(value));
                case "sndbuf" -> datagram.setSendBufferSize(Integer.parseInt(value));
                case "reuseaddr" -> datagram.setReuseAddress(Values.isOn(value));
                case "timeout" -> datagram.setSoTimeout(Values.milliseconds(value));
                default -> throw new Values.Unsupported();
            }
        } else {
            var socket = ((Connection) handle).socket;
            switch (option) {
                case "nodelay" -> socket.setTcpNoDelay(Values.isOn(value));
                case "keepalive" -> socket.setKeepAlive(Values.isOn(value));
                case "reuseaddr" -> socket.setReuseAddress(Values.isOn(value));
                case "oobinline" -> socket.setOOBInline(Values.isOn(value));
                case "linger" -> socket.setSoLinger(!value.equals("off"), value.equals("off") ? 0 : Integer.parseInt(value));
                case "sndbuf" -> socket.setSendBufferSize(Integer.parseInt(value));
                case "rcvbuf" -> socket.setReceiveBufferSize(Integer.parseInt(value));
                case "timeout" -> socket.setSoTimeout(Values.milliseconds(value));
                default -> throw new Values.Malformed("no option " + option);
            }
        }
        return null;
    }

    static Object get(Object handle, String option) throws IOException {
        if (handle instanceof ServerSocket listener) {
            return switch (option) {
                case "rcvbuf" -> listener.getReceiveBufferSize();
                case "reuseaddr" -> Values.onOff(listener.getReuseAddress());
                case "timeout" -> Values.never(listener.getSoTimeout());
                default -> throw new Values.Unsupported();
            };
        }
        if (handle instanceof DatagramSocket datagram) {
            return switch (option) {
                case "rcvbuf" -> datagram.getReceiveBufferSize();
                case "sndbuf" -> datagram.getSendBufferSize();
                case "reuseaddr" -> Values.onOff(datagram.getReuseAddress());
                case "timeout" -> Values.never(datagram.getSoTimeout());
                default -> throw new Values.Unsupported();
            };
        }
        var socket = ((Connection) handle).socket;
        return switch (option) {
            case "nodelay" -> Values.onOff(socket.getTcpNoDelay());
            case "keepalive" -> Values.onOff(socket.getKeepAlive());
            case "reuseaddr" -> Values.onOff(socket.getReuseAddress());
            case "oobinline" -> Values.onOff(socket.getOOBInline());
            case "linger" -> socket.getSoLinger() < 0 ? "off" : socket.getSoLinger();
            case "sndbuf" -> socket.getSendBufferSize();
            case "rcvbuf" -> socket.getReceiveBufferSize();
            case "timeout" -> Values.never(socket.getSoTimeout());
            default -> throw new Values.Malformed("no option " + option);
        };
    }
}
