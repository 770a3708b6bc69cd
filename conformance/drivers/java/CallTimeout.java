import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;

/** `timeout=` for one call: java.net knows only the socket's, so set it and put it back. */
class CallTimeout implements AutoCloseable {
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
